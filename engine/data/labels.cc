#include "engine/data/labels.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace trainyard {
namespace {
// A label beyond it is taken for an error in the file, unless `classes` says otherwise.
constexpr int64_t kMostGuessedClasses = 1 << 16;
}  // namespace

absl::StatusOr<int64_t> CountClasses(const std::vector<LabelledFile>& files, int64_t given) {
  int64_t classes = given;
  if (given == 0) {
    for (int32_t label : files.front().labels)
      classes = std::max<int64_t>(classes, int64_t{label} + 1);
  }
  for (const LabelledFile& file : files) {
    for (size_t i = 0; i < file.labels.size(); ++i) {
      const int32_t label = file.labels[i];
      if (label >= 0 && label < classes && (given > 0 || label < kMostGuessedClasses)) continue;
      const int64_t bound = given > 0 ? classes : std::min(classes, kMostGuessedClasses);
      return absl::InvalidArgumentError(absl::StrCat(
          file.name, ": label ", label, " of sample ", i, " is not in [0, ", bound, "); ",
          given > 0 ? "correct the file or `classes`"
                    : "labels must be numbered from 0; set `classes` for more"));
    }
  }
  const auto [low, high] =
      std::minmax_element(files.front().labels.begin(), files.front().labels.end());
  if (low == files.front().labels.end() || *low == *high) {
    return absl::InvalidArgumentError(
        absl::StrCat(files.front().name, ": all ", files.front().labels.size(),
                     " samples are of one class", "; classification needs two at least"));
  }
  return classes;
}

absl::Status CheckLabels(const std::vector<LabelledFile>& files, int64_t classes) {
  for (const LabelledFile& file : files) {
    for (size_t i = 0; i < file.labels.size(); ++i) {
      if (file.labels[i] >= 0 && file.labels[i] < classes) continue;
      return absl::InvalidArgumentError(absl::StrCat(file.name, ": label ", file.labels[i],
                                                     " of sample ", i, " is not in [0, ", classes,
                                                     "), the classes that the model knows"));
    }
  }
  return absl::OkStatus();
}

}  // namespace trainyard
