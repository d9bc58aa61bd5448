#include "server/studies/ladder_plan.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/field_path.h"
#include "server/studies/contender_checks.h"
#include "server/studies/variants.h"

namespace trainyard {
namespace {

constexpr size_t kMostBytes = 1 << 20;

// 0.5 becomes "0-5".
std::string AsLabel(const std::string& text) {
  std::string label;
  for (const char c : absl::AsciiStrToLower(text)) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c))) {
      label.push_back(c);
    } else if (!label.empty() && label.back() != '-') {
      label.push_back('-');
    }
  }
  return label;
}

std::string StepName(const v1::Variant& step, int index) {
  if (!step.name().empty()) return step.name();
  std::vector<std::string> words;
  const std::map<std::string, google::protobuf::Value> sorted(step.values().begin(),
                                                              step.values().end());
  for (const auto& [name, value] : sorted) {
    if (value.has_number_value()) words.push_back(AsLabel(absl::StrCat(value.number_value())));
    if (value.has_string_value()) words.push_back(AsLabel(value.string_value()));
  }
  const std::string name = absl::StrJoin(words, "-");
  return name.empty() ? absl::StrCat(index + 1) : name;
}

std::string StepPath(const ContenderPlace& place) {
  return absl::StrCat("contenders[", place.contender, "].ladder[", place.step, "]");
}

// Without its ladder, which may be long.
v1::Contender Bare(const v1::Contender& contender) {
  v1::Contender bare;
  bare.set_family(contender.family());
  *bare.mutable_specification() = contender.specification();
  *bare.mutable_transforms() = contender.transforms();
  *bare.mutable_candidates() = contender.candidates();
  bare.set_least_steps(contender.least_steps());
  return bare;
}

v1::Contender MakeStep(const v1::Contender& contender, const ContenderPlace& place,
                       Violations& violations) {
  const v1::Variant& step = contender.ladder(place.step);
  v1::Contender made = Bare(contender);
  made.set_ladder_of(contender.name());
  made.set_name(absl::StrCat(contender.name(), "-", StepName(step, place.step)));
  CheckLabel(StepPath(place) + ".name", made.name(), /*required=*/true, violations);
  LayOver(step.specification(), *made.mutable_specification());
  if (!step.candidates().empty()) *made.mutable_candidates() = step.candidates();
  std::set<std::string> used;
  Violations of_values;
  FillPlaceholders(step.values(), *made.mutable_specification(), used, of_values);
  for (const Violation& violation : of_values.list()) {
    violations.Add(absl::StrCat("contenders[", place.contender, "].",
                                PathInLadder(step, place.step, violation.path)),
                   violation.message);
  }
  for (const auto& [name, value] : step.values()) {
    if (used.count(name) > 0) continue;
    violations.Add(absl::StrCat(StepPath(place), ".values.", name),
                   absl::StrCat("the specification has no $", name, " as a type or a parameter"));
  }
  return made;
}

}  // namespace

std::vector<ContenderPlace> ExpandLadders(v1::StudySpecification& study, Violations& violations) {
  std::vector<ContenderPlace> places;
  v1::StudySpecification expanded;
  for (int i = 0; i < study.contenders_size(); ++i) {
    const v1::Contender& contender = study.contenders(i);
    if (contender.ladder().empty()) {
      places.push_back({i, -1});
      *expanded.add_contenders() = contender;
    }
    for (int step = 0; step < contender.ladder_size(); ++step) {
      places.push_back({i, step});
      *expanded.add_contenders() = MakeStep(contender, places.back(), violations);
      if (expanded.ByteSizeLong() <= kMostBytes) continue;
      violations.Add(absl::StrCat("contenders[", i, "].ladder"),
                     "its contenders are more than a MiB of specifications");
      return places;
    }
  }
  *study.mutable_contenders() = std::move(*expanded.mutable_contenders());
  return places;
}

void CheckLadder(const v1::Contender& contender, const std::string& path, const v1::Data& data,
                 Violations& violations) {
  for (int i = 0; i < contender.ladder_size(); ++i) {
    const v1::Variant& step = contender.ladder(i);
    const std::string below = absl::StrCat(path, ".ladder[", i, "]");
    CheckJobFields(step.specification(), below + ".specification", violations);
    CheckCandidates(step.candidates(), below, data, violations);
    if (ChangedPaths(step.specification()).empty() && step.values().empty())
      violations.Add(below, "changes nothing: give it values or a part of a specification");
  }
}

std::string PathInLadder(const v1::Variant& step, int index, const std::string& path) {
  const std::string own = absl::StrCat("ladder[", index, "].");
  if (absl::StartsWith(path, "candidates["))
    return absl::StrCat(step.candidates().empty() ? "" : own, path);
  for (const std::string& changed : ChangedPaths(step.specification())) {
    if (IsWithin(path, changed)) return absl::StrCat(own, "specification.", path);
  }
  return absl::StrCat("specification.", path);
}

}  // namespace trainyard
