#include "engine/losses/check.h"

#include "absl/strings/str_cat.h"

namespace trainyard::losses {

absl::Status NeedsClasses(const std::string& loss, const DataInfo& data) {
  if (data.task != Task::kClassification) {
    return absl::InvalidArgumentError(
        absl::StrCat(loss, " needs classes, the data has numeric targets; use mean_squared_error"));
  }
  if (data.classes < 2) {
    return absl::InvalidArgumentError(
        absl::StrCat(loss, " needs at least 2 classes, the data has ", data.classes));
  }
  return absl::OkStatus();
}

absl::Status NeedsTargets(const std::string& loss, const DataInfo& data) {
  if (data.task != Task::kRegression) {
    return absl::InvalidArgumentError(absl::StrCat(
        loss, " needs numeric targets, the data has classes; use softmax_cross_entropy"));
  }
  return absl::OkStatus();
}

}  // namespace trainyard::losses
