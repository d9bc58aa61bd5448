#include "server/studies/study_extension.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace trainyard {
namespace {

// What one request may have at most; additions do not get around it.
constexpr size_t kMostBytes = 1 << 20;

void CheckAddition(const v1::StudySpecification& study, const v1::StudySpecification& addition,
                   Violations& violations) {
  const auto refuse = [&](bool present, const char* field) {
    if (!present) return;
    violations.Add(field,
                   "not allowed: it would change points that have been trained; only sizes and "
                   "contenders are added, for anything else start another study");
  };
  refuse(!addition.name().empty(), "name");
  refuse(addition.has_data(), "data");
  refuse(addition.seeds() != 0, "seeds");
  refuse(addition.has_resources(), "resources");
  refuse(addition.has_takeaway(), "takeaway");
  refuse(addition.has_activation(), "activation");
  if (study.has_takeaway() || study.has_activation()) {
    return violations.Add("specification",
                          absl::StrCat(study.has_takeaway() ? "a takeaway" : "an activation",
                                       " study has all combinations that it asks about, and "
                                       "cannot be extended: start another one"));
  }
  if (addition.sizes().empty() && addition.contenders().empty())
    violations.Add("sizes", "nothing is added: give sizes, contenders or both");
  std::set<uint64_t> known(study.sizes().begin(), study.sizes().end());
  for (int i = 0; i < addition.sizes_size(); ++i) {
    const uint64_t size = addition.sizes(i);
    if (size == 0) {
      violations.Add(absl::StrCat("sizes[", i, "]"), "must be above 0");
    } else if (!known.insert(size).second) {
      violations.Add(absl::StrCat("sizes[", i, "]"), absl::StrCat(size, " is there already"));
    }
  }
  for (int i = 0; i < addition.contenders_size(); ++i) {
    for (const v1::Contender& old : study.contenders()) {
      if (addition.contenders(i).name() != old.name()) continue;
      violations.Add(absl::StrCat("contenders[", i, "].name"),
                     absl::StrCat("'", old.name(),
                                  "' is there already, and what was trained stays as it is: give "
                                  "the new one another name"));
    }
  }
}

v1::StudySpecification Merge(const v1::StudySpecification& study,
                             const v1::StudySpecification& addition) {
  v1::StudySpecification merged = study;
  merged.mutable_sizes()->MergeFrom(addition.sizes());
  std::sort(merged.mutable_sizes()->begin(), merged.mutable_sizes()->end());
  merged.mutable_contenders()->MergeFrom(addition.contenders());
  merged.mutable_operating_points()->MergeFrom(addition.operating_points());
  merged.mutable_forecast_sizes()->MergeFrom(addition.forecast_sizes());
  // What is measured now is no forecast; without any left the default is made anew.
  const uint64_t largest = merged.sizes(merged.sizes_size() - 1);
  auto& forecasts = *merged.mutable_forecast_sizes();
  std::sort(forecasts.begin(), forecasts.end());
  const auto end = std::unique(forecasts.begin(), forecasts.end());
  const auto first = std::find_if(forecasts.begin(), end, [&](uint64_t size) {
    return size > largest ||
           std::count(addition.forecast_sizes().begin(), addition.forecast_sizes().end(), size) > 0;
  });
  const google::protobuf::RepeatedField<uint64_t> kept(first, end);
  forecasts = kept;
  return merged;
}

bool IsOld(const v1::StudySpecification& study, const v1::StudyPoint& point) {
  return std::count(study.sizes().begin(), study.sizes().end(), point.size()) > 0 &&
         std::any_of(study.contenders().begin(), study.contenders().end(),
                     [&](const auto& one) { return one.name() == point.contender(); });
}

// "contenders[7]..." of the whole study is "contenders[2]..." of an addition to five.
std::string Shifted(const std::string& path, int by) {
  int index = 0;
  if (std::sscanf(path.c_str(), "contenders[%d]", &index) != 1 || index < by) return path;
  return absl::StrCat("contenders[", index - by, path.substr(path.find(']')));
}

}  // namespace

StudyPlan PlanExtension(const v1::StudySpecification& study, const v1::StudySpecification& addition,
                        Violations& violations) {
  CheckAddition(study, addition, violations);
  if (!violations.empty()) return {};
  const v1::StudySpecification merged = Merge(study, addition);
  if (merged.ByteSizeLong() > kMostBytes) {
    violations.Add("contenders", "the study would have more than a MiB of specifications");
    return {};
  }
  Violations of_whole;
  StudyPlan plan = PlanStudy(merged, of_whole);
  for (const Violation& violation : of_whole.list())
    violations.Add(Shifted(violation.path, study.contenders_size()), violation.message);
  if (!of_whole.empty()) return plan;
  StudyPlan added = plan;
  added.jobs.clear();
  added.study.clear_points();
  added.study.set_total_runs(0);
  for (int i = 0; i < plan.study.points_size(); ++i) {
    if (IsOld(study, plan.study.points(i))) continue;
    *added.study.add_points() = plan.study.points(i);
    added.jobs.push_back(std::move(plan.jobs[static_cast<size_t>(i)]));
    added.study.set_total_runs(added.study.total_runs() +
                               static_cast<uint64_t>(added.jobs.back().runs_size()));
  }
  return added;
}

Violation InAddition(const v1::StudySpecification& study, const v1::StudySpecification& addition,
                     const StudyPlan& plan, int point, const Violation& violation) {
  const v1::StudyPoint& at = plan.study.points(point);
  const auto& sizes = addition.sizes();
  const auto size = std::find(sizes.begin(), sizes.end(), at.size()) - sizes.begin();
  const bool old_contender =
      std::any_of(study.contenders().begin(), study.contenders().end(),
                  [&](const auto& one) { return one.name() == at.contender(); });
  // It is right at other sizes.
  if (old_contender) {
    const bool of_all = absl::StartsWith(violation.path, "data");
    return {absl::StrCat("sizes[", size, "]"),
            absl::StrCat(of_all ? "" : at.contender() + ": ", violation.message)};
  }
  const std::string path = PathInStudy(plan, point, violation.path);
  if (absl::StartsWith(path, "sizes[") && size < sizes.size())
    return {absl::StrCat("sizes[", size, "]"), violation.message};
  return {Shifted(path, study.contenders_size()), violation.message};
}

}  // namespace trainyard
