// What several learners check and write in the same way. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/data/dataset.h"
#include "engine/export/safetensors.h"
#include "engine/learners/learner.h"

namespace trainyard::learners {

// INVALID_ARGUMENT for a regression or for sequences; names learners that do.
absl::Status NeedsClasses(const std::string& learner, const DataInfo& info);
// INVALID_ARGUMENT for classes or for sequences.
absl::Status NeedsTargets(const std::string& learner, const DataInfo& info);
// INVALID_ARGUMENT for sequences, whose ids are no numbers.
absl::Status NeedsNumbers(const std::string& learner, const DataInfo& info);

absl::Status Stopped();
// DATA_LOSS: the model file has no such tensor, or one of another shape. -1 stands for any length.
absl::StatusOr<const NamedTensor*> TensorOf(const std::vector<NamedTensor>& tensors,
                                            const std::string& name,
                                            const std::vector<int64_t>& shape);
absl::Status BrokenModel(const std::string& what);

// log of a probability, which stays finite where that is 0: a class that no neighbour has is
// unlikely, and not impossible.
float LogProbability(double probability);

}  // namespace trainyard::learners
