#include "server/studies/study_points.h"

#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <google/protobuf/util/time_util.h>

#include "engine/studies/comparison.h"
#include "server/studies/study_plan.h"

namespace trainyard {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct RunErrors {
  double test = kNone;
  double validation = kNone;
  double validation_loss = kNone;
};

double ErrorOf(const std::map<std::string, double>& results, const std::string& part) {
  if (const auto accuracy = results.find(part + "/accuracy"); accuracy != results.end())
    return 1 - accuracy->second;
  const auto mse = results.find(part + "/mse");
  return mse == results.end() ? kNone : mse->second;
}

RunErrors ErrorsOf(const v1::Job& job, int index) {
  for (const v1::RunResult& run : job.runs()) {
    if (static_cast<int>(run.run()) != index || run.state() != v1::SUCCEEDED) continue;
    std::map<std::string, double> results;
    for (const v1::MetricValue& value : run.results()) results[value.series()] = value.value();
    const auto loss = results.find("validation/loss");
    return {ErrorOf(results, "test"), ErrorOf(results, "validation"),
            loss == results.end() ? kNone : loss->second};
  }
  return {};
}

// By validation alone. A candidate of which a run failed loses against one that always works.
struct Standing {
  int failed = 0;
  double error = kInfinity;
  double loss = kInfinity;

  bool operator<(const Standing& other) const {
    if (failed != other.failed) return failed < other.failed;
    if (error != other.error) return error < other.error;
    return loss < other.loss;
  }
};

Standing StandingOf(const std::vector<RunErrors>& seeds) {
  Standing standing;
  double error = 0;
  double loss = 0;
  int judged = 0;
  for (const RunErrors& seed : seeds) {
    if (std::isnan(seed.test)) ++standing.failed;
    if (std::isnan(seed.validation)) continue;
    ++judged;
    error += seed.validation;
    loss += seed.validation_loss;
  }
  if (judged == 0) return standing;
  standing.error = error / judged;
  standing.loss = std::isnan(loss) ? kInfinity : loss / judged;
  return standing;
}

void FillSeeds(const std::vector<RunErrors>& seeds, v1::StudyPoint& point) {
  std::vector<double> good;
  point.clear_seeds();
  point.clear_mean();
  for (size_t i = 0; i < seeds.size(); ++i) {
    v1::StudyPoint::Seed& out = *point.add_seeds();
    out.set_seed(SeedOf(static_cast<int>(i)));
    out.set_error(seeds[i].test);
    out.set_validation_error(seeds[i].validation);
    if (std::isfinite(seeds[i].test)) good.push_back(seeds[i].test);
  }
  if (good.empty()) return;
  const studies::Estimate mean = studies::Summarize(good).mean;
  point.mutable_mean()->set_value(mean.value);
  point.mutable_mean()->set_low(mean.interval.low);
  point.mutable_mean()->set_high(mean.interval.high);
}

std::vector<RunErrors> ErrorsOfCandidate(const v1::StudySpecification& study, const v1::Job& job,
                                         int candidate) {
  std::vector<RunErrors> seeds;
  for (int seed = 0; seed < static_cast<int>(study.seeds()); ++seed)
    seeds.push_back(ErrorsOf(job, RunIndex(study, candidate, seed)));
  return seeds;
}

}  // namespace

void FillCandidate(const v1::StudySpecification& study, const v1::Job& job, int candidate,
                   v1::StudyPoint& point) {
  point.set_candidate(static_cast<uint32_t>(candidate));
  FillSeeds(ErrorsOfCandidate(study, job, candidate), point);
}

void FillPoint(const v1::StudySpecification& study, const v1::Job& job, v1::StudyPoint& point) {
  using google::protobuf::util::TimeUtil;
  point.set_job(job.name());
  point.set_state(job.state());
  point.set_message(job.message());
  point.set_parameters(job.model().parameters());
  if (!job.has_end_time()) return;
  if (job.has_start_time()) {
    const double seconds =
        static_cast<double>(TimeUtil::DurationToMilliseconds(job.end_time() - job.start_time())) *
        1e-3;
    point.set_core_seconds(seconds * job.specification().resources().cores());
  }
  double steps = 0;
  for (const v1::RunResult& run : job.runs()) steps += static_cast<double>(run.steps());
  point.set_flops(steps * static_cast<double>(job.model().flops_per_step()));
  if (job.state() != v1::SUCCEEDED) return;
  int chosen = -1;
  Standing best;
  const int candidates = job.specification().runs_size() / static_cast<int>(study.seeds());
  for (int candidate = 0; candidate < candidates; ++candidate) {
    const Standing standing = StandingOf(ErrorsOfCandidate(study, job, candidate));
    if (chosen >= 0 && !(standing < best)) continue;
    best = standing;
    chosen = candidate;
  }
  if (chosen >= 0) FillCandidate(study, job, chosen, point);
}

}  // namespace trainyard
