#include "server/api/catalog_service.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "engine/base/violations.h"
#include "server/rpc/status_mapping.h"

namespace trainyard {
namespace {

v1::ComponentDescription Describe(const CatalogServiceHandler::Item& item) {
  v1::ComponentDescription description;
  description.set_kind(item.kind);
  description.set_type(item.schema->type());
  description.set_doc(item.schema->doc());
  description.set_example(item.schema->example());
  for (const ParamSpec& param : item.schema->params()) {
    v1::ComponentDescription::Parameter& parameter = *description.add_parameters();
    parameter.set_name(param.name);
    parameter.set_type(ParamTypeName(param.type));
    parameter.set_doc(param.doc);
    parameter.set_required(param.required);
    parameter.set_default_value(param.DefaultText());
    parameter.set_accepts(param.Accepts());
  }
  return description;
}

}  // namespace

grpc::ServerUnaryReactor* CatalogServiceHandler::ListComponents(
    grpc::CallbackServerContext* context, const v1::ListComponentsRequest* request,
    v1::ListComponentsResponse* response) {
  return calls_.Run(context, [=, this] { return List(*request, *response); });
}

grpc::ServerUnaryReactor* CatalogServiceHandler::GetComponent(
    grpc::CallbackServerContext* context, const v1::GetComponentRequest* request,
    v1::ComponentDescription* response) {
  return calls_.Run(context, [=, this] { return Get(*request, *response); });
}

absl::Status CatalogServiceHandler::List(const v1::ListComponentsRequest& request,
                                         v1::ListComponentsResponse& response) const {
  RETURN_IF_ERROR(CheckKind(request.kind()));
  for (const Item& item : items_) {
    if (request.kind().empty() || item.kind == request.kind())
      *response.add_components() = Describe(item);
  }
  return absl::OkStatus();
}

absl::Status CatalogServiceHandler::Get(const v1::GetComponentRequest& request,
                                        v1::ComponentDescription& response) const {
  RETURN_IF_ERROR(CheckKind(request.kind()));
  std::vector<const Item*> found;
  std::vector<std::string> types;
  for (const Item& item : items_) {
    if (!request.kind().empty() && item.kind != request.kind()) continue;
    types.push_back(item.schema->type());
    if (item.schema->type() == request.type()) found.push_back(&item);
  }
  if (found.empty())
    return NotFoundError(request.kind().empty() ? "component" : request.kind(), request.type(),
                         Suggestion(request.type(), types));
  if (found.size() > 1) {
    std::vector<std::string> kinds;
    for (const Item* item : found) kinds.push_back(item->kind);
    return FieldError("kind", absl::StrCat("there are several components '", request.type(),
                                           "'; say which: ", absl::StrJoin(kinds, ", ")));
  }
  response = Describe(*found.front());
  return absl::OkStatus();
}

absl::Status CatalogServiceHandler::CheckKind(const std::string& kind) const {
  std::set<std::string> kinds;
  for (const Item& item : items_) kinds.insert(item.kind);
  if (kind.empty() || kinds.count(kind) != 0) return absl::OkStatus();
  return NotFoundError("kind", kind, Suggestion(kind, {kinds.begin(), kinds.end()}));
}

}  // namespace trainyard
