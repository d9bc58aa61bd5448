#include "server/studies/job_runs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "server/studies/specification_text.h"

namespace trainyard {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Results = google::protobuf::RepeatedPtrField<v1::MetricValue>;

double ValueOf(const Results& results, const std::string& series) {
  for (const v1::MetricValue& value : results)
    if (value.series() == series) return value.value();
  return kNone;
}

RunValue Place(const v1::Specification& specification, const v1::Run& own) {
  const v1::Subset& subset = specification.data().subset();
  RunValue run;
  run.seed = own.has_seed() ? own.seed() : specification.seed();
  const uint64_t size = own.has_train_size() ? own.train_size() : subset.train_size();
  if (size > 0) run.subset_seed = own.has_subset_seed() ? own.subset_seed() : subset.seed();
  return run;
}

// "learning_rate: 0.01", without the seeds.
std::string CandidateOf(v1::Run run) {
  run.clear_seed();
  run.clear_subset_seed();
  const std::string text = MessageText(run);
  return text.substr(1, text.size() - 2);
}

struct Candidate {
  JobRuns runs;
  int failed = 0;
  int judged = 0;
  double error = 0;  // sums over the judged
  double loss = 0;

  double MeanError() const { return judged > 0 ? error / judged : kInfinity; }
  double MeanLoss() const { return judged > 0 && !std::isnan(loss) ? loss / judged : kInfinity; }
  bool operator<(const Candidate& other) const {
    if (failed != other.failed) return failed < other.failed;
    if (MeanError() != other.MeanError()) return MeanError() < other.MeanError();
    return MeanLoss() < other.MeanLoss();
  }
};

}  // namespace

bool MoreIsBetter(const std::string& metric) {
  for (const char* name : {"accuracy", "auc", "f1", "precision", "recall", "r2"})
    if (metric == name) return true;
  return absl::StartsWith(metric, "top_");
}

std::set<std::string> MetricsOf(const v1::Job& job) {
  std::set<std::string> names;
  const auto add = [&](const Results& results) {
    for (const v1::MetricValue& value : results) {
      const std::string& name = value.series();
      if (std::count(name.begin(), name.end(), '/') == 1) names.insert(name);
    }
  };
  if (job.specification().runs().empty()) add(job.results());
  for (const v1::RunResult& run : job.runs()) add(run.results());
  return names;
}

absl::StatusOr<JobRuns> RunsOf(const v1::Job& job, const std::string& series) {
  const v1::Specification& specification = job.specification();
  if (specification.runs().empty()) {
    JobRuns one;
    RunValue& run = one.runs.emplace_back(Place(specification, v1::Run()));
    run.value = ValueOf(job.results(), series);
    return one;
  }
  const std::string metric = series.substr(series.find('/') + 1);
  std::vector<Candidate> candidates;
  std::map<std::string, size_t> index_of;
  for (const v1::RunResult& result : job.runs()) {
    if (static_cast<int>(result.run()) >= specification.runs_size()) continue;
    const v1::Run& own = specification.runs(static_cast<int>(result.run()));
    const std::string text = CandidateOf(own);
    const auto [known, is_new] = index_of.emplace(text, candidates.size());
    if (is_new) candidates.emplace_back().runs.candidate = text;
    Candidate& candidate = candidates[known->second];
    RunValue& run = candidate.runs.runs.emplace_back(Place(specification, own));
    run.index = result.run();
    const bool good = result.state() == v1::SUCCEEDED;
    run.value = good ? ValueOf(result.results(), series) : kNone;
    if (!std::isfinite(run.value)) ++candidate.failed;
    const double validation = ValueOf(result.results(), "validation/" + metric);
    if (!good || std::isnan(validation)) continue;
    ++candidate.judged;
    candidate.error += MoreIsBetter(metric) ? 1 - validation : validation;
    candidate.loss += ValueOf(result.results(), "validation/loss");
  }
  if (candidates.empty()) return JobRuns();
  if (candidates.size() == 1) {
    candidates[0].runs.candidate.clear();
    return candidates[0].runs;
  }
  const bool judged = std::any_of(candidates.begin(), candidates.end(),
                                  [](const Candidate& one) { return one.judged > 0; });
  if (!judged) {
    return WithReason(
        absl::FailedPreconditionError(absl::StrCat(
            job.name(), " has runs that differ in more than their seeds (",
            candidates[0].runs.candidate, "; ", candidates[1].runs.candidate,
            ") and no validation part to choose by; set data.split.validation, for example 0.1")),
        "NO_VALIDATION", {{"job", job.name()}});
  }
  return std::min_element(candidates.begin(), candidates.end())->runs;
}

}  // namespace trainyard
