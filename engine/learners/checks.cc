#include "engine/learners/checks.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace trainyard::learners {
namespace {

constexpr double kLeastProbability = 1e-7;

}  // namespace

absl::Status NeedsNumbers(const std::string& learner, const DataInfo& info) {
  if (info.vocabulary == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      learner, " reads numbers, the data are sequences of ids; train a net with an embedding"));
}

absl::Status NeedsClasses(const std::string& learner, const DataInfo& info) {
  RETURN_IF_ERROR(NeedsNumbers(learner, info));
  if (info.task == Task::kClassification) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(learner,
                   " needs classes, the data has numeric targets; use linear_regression, "
                   "gradient_boosted_trees or nearest_neighbors"));
}

absl::Status NeedsTargets(const std::string& learner, const DataInfo& info) {
  RETURN_IF_ERROR(NeedsNumbers(learner, info));
  if (info.task == Task::kRegression) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(learner,
                   " needs numeric targets, the data has classes; use "
                   "logistic_regression, linear_svm or gradient_boosted_trees"));
}

absl::Status Stopped() { return absl::CancelledError("stopped"); }

absl::Status BrokenModel(const std::string& what) {
  return absl::DataLossError(absl::StrCat("the model is not one of this learner: ", what));
}

absl::StatusOr<const NamedTensor*> TensorOf(const std::vector<NamedTensor>& tensors,
                                            const std::string& name,
                                            const std::vector<int64_t>& shape) {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const NamedTensor& tensor) { return tensor.name == name; });
  if (found == tensors.end()) return BrokenModel(absl::StrCat("tensor '", name, "' is missing"));
  bool fits = found->shape.size() == shape.size();
  int64_t elements = 1;
  for (size_t i = 0; fits && i < shape.size(); ++i) {
    fits = shape[i] < 0 || shape[i] == found->shape[i];
    elements *= found->shape[i];
  }
  if (!fits || elements != static_cast<int64_t>(found->values.size()))
    return BrokenModel(absl::StrCat("tensor '", name, "' has another shape"));
  return &*found;
}

float LogProbability(double probability) {
  return static_cast<float>(std::log(std::max(probability, kLeastProbability)));
}

}  // namespace trainyard::learners
