#include "engine/training/prepare.h"

#include <filesystem>
#include <fstream>
#include <limits>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/export/safetensors.h"

namespace trainyard {

absl::StatusOr<CompiledSpecification> CompileForRun(const v1::Specification& specification,
                                                    const RunOptions& options) {
  CompileLimits limits;  // the scheduler has granted memory and cores: only what can never be right
                         // is refused
  limits.memory_bytes = std::numeric_limits<int64_t>::max();
  limits.cores = std::numeric_limits<int64_t>::max();
  Violations violations;
  CompiledSpecification compiled =
      Compile(specification, *options.catalogs, options.roots, limits, violations);
  if (!violations.empty()) return violations.ToStatus();
  return compiled;
}

absl::StatusOr<LoadedData> LoadForRun(CompiledSpecification& compiled, const RunOptions& options) {
  return LoadData(std::move(compiled.data), options.roots);
}

absl::Status ImportInitialWeights(const v1::Model& model, const DataRoots& roots,
                                  Network& network) {
  if (model.initial_weights().empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string path, roots.Resolve(model.initial_weights()));
  // Weights take 4 bytes a parameter and models are limited: a larger file cannot be one.
  constexpr uintmax_t kLargestFile = uintmax_t{16} << 30;
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file || size > kLargestFile) {
    return absl::InvalidArgumentError(
        absl::StrCat("model.initial_weights: cannot read ", model.initial_weights()));
  }
  std::string bytes(size, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  const auto weights = ReadSafetensors(bytes);
  absl::Status status =
      weights.ok() ? network.Import(weights->tensors, /*slots=*/false) : weights.status();
  if (status.ok()) return status;
  return absl::InvalidArgumentError(
      absl::StrCat("model.initial_weights: ", model.initial_weights(), ": ", Message(status)));
}

}  // namespace trainyard
