#include "engine/base/violations.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace trainyard {
namespace {

// Levenshtein distance.
size_t EditDistance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row[b.size()];
}

constexpr size_t kLongestNameCompared = 64;

}  // namespace

absl::Status Violations::ToStatus() const {
  if (list_.empty()) return absl::OkStatus();
  std::vector<std::string> lines;
  for (size_t i = 0; i < list_.size() && i < kMostTexts; ++i) {
    const Violation& violation = list_[i];
    lines.push_back(violation.path.empty() ? violation.message
                                           : violation.path + ": " + violation.message);
  }
  if (lines.size() < list_.size())
    lines.push_back(absl::StrCat("... and ", list_.size() - lines.size(), " more"));
  return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

std::string JoinPath(const std::string& base, const std::string& field) {
  return base.empty() ? field : base + "." + field;
}

std::string Nearest(const std::string& name, const std::vector<std::string>& candidates) {
  if (name.size() > kLongestNameCompared) return "";
  std::string best;
  // Beyond half the name it is no typo; of two letters one may be wrong.
  size_t best_distance = name.size() <= 2 ? name.size() / 2 : std::max<size_t>(2, name.size() / 2);
  for (const std::string& candidate : candidates) {
    const size_t distance = EditDistance(name, candidate);
    if (distance < best_distance || (distance == best_distance && best.empty())) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string Suggestion(const std::string& name, const std::vector<std::string>& candidates) {
  const std::string nearest = Nearest(name, candidates);
  if (!nearest.empty()) return absl::StrCat("; did you mean '", nearest, "'?");
  if (candidates.empty()) return "; none is known here";
  return absl::StrCat("; known: ", absl::StrJoin(candidates, ", "));
}

}  // namespace trainyard
