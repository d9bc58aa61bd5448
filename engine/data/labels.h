// Checks on class labels that every source shares.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace trainyard {

struct LabelledFile {
  std::string name;  // for messages
  absl::Span<const int32_t> labels;
};

// The number of classes: `given`, or the largest label plus one where given is 0. INVALID_ARGUMENT
// for a label outside [0, classes), and where the first file holds one class only.
absl::StatusOr<int64_t> CountClasses(const std::vector<LabelledFile>& files, int64_t given);

// INVALID_ARGUMENT for a label outside [0, classes), where a model knows so many classes.
absl::Status CheckLabels(const std::vector<LabelledFile>& files, int64_t classes);

}  // namespace trainyard
