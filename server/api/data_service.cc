#include "server/api/data_service.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/api/dataset_scan.h"
#include "server/rpc/opaque_token.h"
#include "server/rpc/status_mapping.h"

namespace trainyard {
namespace {

constexpr int32_t kDefaultPage = 50;
constexpr int32_t kLargestPage = 1000;
constexpr char kTokenScope[] = "datasets";

}  // namespace

grpc::ServerUnaryReactor* DataServiceHandler::ListDatasets(grpc::CallbackServerContext* context,
                                                           const v1::ListDatasetsRequest* request,
                                                           v1::ListDatasetsResponse* response) {
  return calls_.Run(context, [=, this] { return List(*request, *response); });
}

absl::Status DataServiceHandler::List(const v1::ListDatasetsRequest& request,
                                      v1::ListDatasetsResponse& response) const {
  if (request.page_size() < 0 || request.page_size() > kLargestPage) {
    return FieldError("page_size", absl::StrCat("between 0 and ", kLargestPage));
  }
  uint64_t first = 0;
  if (!request.page_token().empty()) {
    const std::optional<uint64_t> position = ReadToken(kTokenScope, request.page_token());
    if (!position.has_value()) return FieldError("page_token", "not a token of this list");
    first = *position;
  }
  const std::vector<v1::Dataset> datasets = ScanDatasets(roots_);
  const uint64_t page_size = request.page_size() == 0 ? kDefaultPage : request.page_size();
  for (uint64_t i = first; i < datasets.size(); ++i) {
    if (i - first == page_size) {
      response.set_next_page_token(MakeToken(kTokenScope, i));
      break;
    }
    *response.add_datasets() = datasets[i];
  }
  return absl::OkStatus();
}

}  // namespace trainyard
