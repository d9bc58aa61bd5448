// The model file of a finished job: safetensors with the parameters by name, and what the model
// must know of its data (shapes, columns, classes, fitted transforms), so that it is enough by
// itself. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/data/load.h"
#include "engine/export/safetensors.h"

namespace trainyard {

inline constexpr char kModelFileName[] = "model.safetensors";

struct ModelFile {
  std::vector<NamedTensor> parameters;
  FittedData data;
};

absl::StatusOr<std::string> WriteModel(std::vector<NamedTensor> parameters, const FittedData& data);
// DATA_LOSS where the bytes are no model file.
absl::StatusOr<ModelFile> ReadModel(const std::string& bytes);

// ModelFile::data.source of a file, of which it reads the header only. NOT_FOUND, DATA_LOSS.
absl::StatusOr<DataInfo> ReadModelDataInfo(const std::string& path);

}  // namespace trainyard
