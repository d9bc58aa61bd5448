#include "engine/spec/canonical.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <variant>

#include "absl/strings/str_cat.h"
#include "engine/base/sha256.h"

namespace trainyard {
namespace {

google::protobuf::Value ToValue(const RawValue& raw) {
  google::protobuf::Value value;
  if (const auto* flag = std::get_if<bool>(&raw.data)) value.set_bool_value(*flag);
  if (const auto* number = std::get_if<double>(&raw.data)) value.set_number_value(*number);
  if (const auto* text = std::get_if<std::string>(&raw.data)) value.set_string_value(*text);
  if (const auto* list = std::get_if<RawList>(&raw.data)) {
    value.mutable_list_value();
    for (const RawValue& item : *list) *value.mutable_list_value()->add_values() = ToValue(item);
  }
  return value;
}

// `component`: v1::Component or v1::Layer.
template <typename Entry, typename Message>
void Fill(const Catalog<Entry>& catalog, Message& component) {
  const auto found = catalog.entries().find(component.type());
  if (found == catalog.entries().end()) return;
  for (const ParamSpec& param : found->second.schema.params()) {
    if (!param.default_value.has_value() || component.params().count(param.name) > 0) continue;
    (*component.mutable_params())[param.name] = ToValue(*param.default_value);
  }
}

template <typename Entry>
void FillAll(const Catalog<Entry>& catalog,
             google::protobuf::RepeatedPtrField<v1::Component>& components) {
  for (v1::Component& component : components) Fill(catalog, component);
}

void FillData(const Catalogs& catalogs, v1::Data& data) {
  if (data.has_source()) Fill(catalogs.data_sources, *data.mutable_source());
  FillAll(catalogs.transforms, *data.mutable_transforms());
  FillAll(catalogs.augmentations, *data.mutable_augment());
}

// Equal for equal messages: maps have no order of their own.
std::string Bytes(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

}  // namespace

void FillParameterDefaults(const Catalogs& catalogs, v1::Specification& specification) {
  if (specification.has_data()) FillData(catalogs, *specification.mutable_data());
  if (specification.has_predict() && specification.predict().has_data())
    FillData(catalogs, *specification.mutable_predict()->mutable_data());
  if (specification.has_model()) {
    v1::Model& model = *specification.mutable_model();
    for (v1::Layer& layer : *model.mutable_layers()) Fill(catalogs.layers, layer);
    if (model.has_initializer()) Fill(catalogs.initializers, *model.mutable_initializer());
  }
  if (specification.has_loss()) Fill(catalogs.losses, *specification.mutable_loss());
  if (specification.has_optimizer()) Fill(catalogs.optimizers, *specification.mutable_optimizer());
  if (specification.has_schedule()) Fill(catalogs.schedules, *specification.mutable_schedule());
  if (specification.has_learner()) Fill(catalogs.learners, *specification.mutable_learner());
  FillAll(catalogs.metrics, *specification.mutable_metrics());
}

std::string ResultKey(const v1::Specification& checked, const std::string& data_version,
                      const std::string& software, const Catalogs& catalogs) {
  if (checked.has_predict() || checked.has_benchmark() || checked.budget().has_wall_time())
    return "";
  v1::Specification canonical = checked;
  FillParameterDefaults(catalogs, canonical);
  canonical.clear_name();
  canonical.clear_resources();
  canonical.clear_monitoring();
  canonical.clear_checkpoint();
  // Lengths keep the parts apart.
  return Sha256Hex(absl::StrCat(software.size(), " ", software, data_version.size(), " ",
                                data_version, Bytes(canonical)));
}

}  // namespace trainyard
