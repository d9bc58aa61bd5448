#include "engine/spec/model_file.h"

#include <map>
#include <utility>

#include <google/protobuf/util/json_util.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "trainyard/v1/model.pb.h"

namespace trainyard {
namespace {

constexpr char kFormatKey[] = "format";
constexpr char kFormat[] = "trainyard-model-1";
constexpr char kDataKey[] = "data";
// No layer's parameter begins so: it would be the layer's name, a dot, and one of few words.
constexpr char kFill[] = "data.fill";
constexpr char kTransforms[] = "data.transforms[";

std::string TransformPrefix(size_t index) { return absl::StrCat(kTransforms, index, "]."); }

v1::ModelData ToMessage(const DataInfo& info, size_t transforms) {
  v1::ModelData data;
  data.set_task(info.task == Task::kClassification ? v1::ModelData::CLASSIFICATION
                                                   : v1::ModelData::REGRESSION);
  for (int64_t dim : info.input_shape.dims()) data.add_input_shape(dim);
  data.set_classes(info.classes);
  data.mutable_class_names()->Add(info.class_names.begin(), info.class_names.end());
  data.set_targets(info.targets);
  if (info.vocabulary > 0) {
    data.set_positions(info.positions);
    data.set_vocabulary(info.vocabulary);
  }
  for (const FeatureColumn& column : info.columns) {
    v1::ModelData::Column& out = *data.add_columns();
    out.set_name(column.name);
    out.mutable_categories()->Add(column.categories.begin(), column.categories.end());
  }
  data.mutable_target_columns()->Add(info.target_columns.begin(), info.target_columns.end());
  data.set_transforms(static_cast<uint32_t>(transforms));
  return data;
}

DataInfo FromMessage(const v1::ModelData& data) {
  DataInfo info;
  info.task = data.task() == v1::ModelData::REGRESSION ? Task::kRegression : Task::kClassification;
  info.input_shape =
      Shape(std::vector<int64_t>(data.input_shape().begin(), data.input_shape().end()));
  info.classes = data.classes();
  info.class_names.assign(data.class_names().begin(), data.class_names().end());
  info.targets = data.targets();
  info.vocabulary = data.vocabulary();
  if (info.vocabulary > 0) info.positions = data.positions();
  for (const v1::ModelData::Column& column : data.columns())
    info.columns.push_back(
        {column.name(), {column.categories().begin(), column.categories().end()}});
  info.target_columns.assign(data.target_columns().begin(), data.target_columns().end());
  return info;
}

absl::Status NoModel(const std::string& why) {
  return absl::DataLossError(absl::StrCat("this is no model file of Trainyard: ", why));
}

absl::StatusOr<v1::ModelData> ReadMessage(const std::map<std::string, std::string>& metadata) {
  const auto format = metadata.find(kFormatKey);
  const auto data = metadata.find(kDataKey);
  if (format == metadata.end() || format->second != kFormat || data == metadata.end())
    return NoModel("its metadata do not say so");
  v1::ModelData message;
  if (!google::protobuf::util::JsonStringToMessage(data->second, &message).ok())
    return NoModel("its description of the data cannot be read");
  return message;
}

NamedTensor Vector(std::string name, const std::vector<float>& values) {
  return {std::move(name), {static_cast<int64_t>(values.size())}, values};
}

}  // namespace

absl::StatusOr<std::string> WriteModel(std::vector<NamedTensor> parameters,
                                       const FittedData& data) {
  std::vector<NamedTensor> tensors = std::move(parameters);
  if (!data.fill.empty()) tensors.push_back(Vector(kFill, data.fill));
  for (size_t i = 0; i < data.transforms.size(); ++i) {
    for (const auto& [name, values] : data.transforms[i])
      tensors.push_back(Vector(TransformPrefix(i) + name, values));
  }
  std::string json;
  const auto written = google::protobuf::util::MessageToJsonString(
      ToMessage(data.source, data.transforms.size()), &json);
  if (!written.ok()) return absl::InternalError(written.ToString());
  return WriteSafetensors(tensors, {{kFormatKey, kFormat}, {kDataKey, json}});
}

absl::StatusOr<ModelFile> ReadModel(const std::string& bytes) {
  absl::StatusOr<SafetensorsFile> file = ReadSafetensors(bytes);
  if (!file.ok()) return NoModel(Message(file.status()));
  ASSIGN_OR_RETURN(const v1::ModelData message, ReadMessage(file->metadata));
  ModelFile model;
  model.data.source = FromMessage(message);
  model.data.transforms.resize(message.transforms());
  for (NamedTensor& tensor : file->tensors) {
    if (tensor.name == kFill) {
      model.data.fill = std::move(tensor.values);
      continue;
    }
    if (!absl::StartsWith(tensor.name, kTransforms)) {
      model.parameters.push_back(std::move(tensor));
      continue;
    }
    for (size_t i = 0; i < model.data.transforms.size(); ++i) {
      const std::string prefix = TransformPrefix(i);
      if (absl::StartsWith(tensor.name, prefix))
        model.data.transforms[i][tensor.name.substr(prefix.size())] = tensor.values;
    }
  }
  return model;
}

absl::StatusOr<DataInfo> ReadModelDataInfo(const std::string& path) {
  ASSIGN_OR_RETURN(const SafetensorsHeader header, ReadSafetensorsHeader(path));
  ASSIGN_OR_RETURN(const v1::ModelData message, ReadMessage(header.metadata));
  return FromMessage(message);
}

}  // namespace trainyard
