#include "server/studies/study_forecast.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "engine/studies/back_test.h"
#include "engine/studies/comparison.h"
#include "engine/studies/cost_law.h"
#include "engine/studies/curve.h"
#include "engine/studies/curve_fit.h"
#include "engine/studies/forecast.h"
#include "engine/studies/guards.h"
#include "engine/studies/joint_fit.h"
#include "engine/studies/plateau.h"
#include "server/studies/job_runs.h"

namespace trainyard {
namespace {

using studies::LearningCurve;
using studies::Readable;

absl::Status Insufficient(const std::string& why) {
  return WithReason(absl::FailedPreconditionError(why), "INSUFFICIENT_DATA");
}

// A contender's curve, what its points cost, and what they scatter by.
struct Line {
  std::string name;
  LearningCurve curve;
  double parameters = 0;
  std::vector<studies::RunCost> costs;
};

absl::StatusOr<Line> LineOf(const v1::Study& study, const v1::Contender& contender,
                            double test_samples) {
  Line line;
  line.name = contender.name();
  const double runs = static_cast<double>(std::max(1, contender.candidates_size())) *
                      std::max(1u, study.specification().seeds());
  std::vector<studies::MeasuredRun> measured;
  for (const v1::StudyPoint& point : study.points()) {
    if (point.contender() != contender.name() || point.seeds().empty()) continue;
    const auto size = static_cast<double>(point.size());
    line.parameters = static_cast<double>(point.parameters());
    line.costs.push_back({size, line.parameters, point.core_seconds() / runs});
    for (const v1::StudyPoint::Seed& seed : point.seeds())
      measured.push_back({size, seed.seed(), seed.seed(), seed.error()});
  }
  ASSIGN_OR_RETURN(line.curve,
                   LearningCurve::Create(contender.name(), std::move(measured), test_samples));
  return line;
}

void Fill(const studies::Forecast& found, v1::Forecast& out) {
  out.set_value(found.value);
  out.set_low80(found.interval80.low);
  out.set_high80(found.interval80.high);
  out.set_low95(found.interval95.low);
  out.set_high95(found.interval95.high);
  for (const double quantile : found.quantiles) out.add_quantiles(quantile);
}

void FillLaw(const studies::Law& law, v1::Forecast& out) {
  out.set_formula(studies::LawFormula(law.kind));
  for (int i = 0; i < studies::Coefficients(law.kind); ++i)
    out.add_coefficients(law.coefficients[static_cast<size_t>(i)]);
  for (int i = 0; i < studies::Exponents(law.kind); ++i)
    out.add_exponents(law.exponents[static_cast<size_t>(i)]);
}

void FillLargest(const LearningCurve& curve, v1::Forecast& out) {
  const studies::CurvePoint& last = curve.points.back();
  const studies::Estimate mean = studies::Summarize(last.unit_means).mean;
  out.set_largest(last.size);
  out.mutable_error_at_largest()->set_value(mean.value);
  out.mutable_error_at_largest()->set_low(mean.interval.low);
  out.mutable_error_at_largest()->set_high(mean.interval.high);
}

void FillCost(const std::vector<studies::RunCost>& costs, v1::Forecast& out) {
  const absl::StatusOr<studies::Estimate> cost =
      studies::PredictCost(costs, out.samples(), out.parameters());
  if (!cost.ok()) return;
  out.mutable_core_seconds()->set_value(cost->value);
  out.mutable_core_seconds()->set_low(cost->interval.low);
  out.mutable_core_seconds()->set_high(cost->interval.high);
}

// Whether what is gained is more than what one seed differs from another by.
void AdviseGain(const LearningCurve& curve, v1::Forecast& out) {
  const double gain = out.error_at_largest().value() - out.value();
  const double deviation = std::sqrt(curve.points.back().RunVariance());
  const std::string numbers =
      absl::StrCat("the error is expected to go from ", Readable(out.error_at_largest().value()),
                   " at ", Readable(out.largest()), " samples to ", Readable(out.value()), " (",
                   Readable(out.low95()), " to ", Readable(out.high95()), " with 95 %)");
  if (gain <= deviation) {
    out.add_advice(absl::StrCat("stop: ", numbers, ", which is no more than the ",
                                Readable(deviation), " that one seed differs from another by"));
  } else if (out.high95() >= out.error_at_largest().value()) {
    out.add_advice(absl::StrCat("not sure to help: ", numbers,
                                ", and the interval has room for no gain at all"));
  } else {
    out.add_advice(absl::StrCat("worth it: ", numbers));
  }
}

void AdviseData(const LearningCurve& curve, v1::Forecast& out) {
  const studies::Plateau plateau = studies::TestPlateau(curve);
  if (plateau.finding.verdict == studies::Verdict::kInsufficientData ||
      plateau.finding.verdict == studies::Verdict::kIllBehaved)
    return;
  const std::string what =
      plateau.trend == studies::Trend::kPlateaued        ? "more data will not help this model"
      : plateau.trend == studies::Trend::kKeepsImproving ? "collect data"
                                                         : "whether more data helps is not decided";
  out.add_advice(absl::StrCat(what, ": ", plateau.finding.sentence));
}

void AdviseModel(const studies::JointFit& fit, double samples, double parameters,
                 v1::Forecast& out) {
  const studies::LimitVerdict limits = studies::JudgeLimits(fit, samples, parameters);
  const std::string what = limits.limit == studies::Limit::kData    ? "collect data"
                           : limits.limit == studies::Limit::kModel ? "take a larger model"
                           : limits.limit == studies::Limit::kNoise
                               ? "stop: neither data nor a larger model take away what is left"
                               : "data or model: not decided";
  out.add_advice(absl::StrCat(what, ": ", limits.finding.sentence));
}

absl::StatusOr<v1::Forecast> ByCurve(const Line& line, v1::Forecast out) {
  const studies::Finding sound = studies::CheckCurve(line.curve);
  if (sound.verdict == studies::Verdict::kInsufficientData)
    return Insufficient(absl::StrCat(line.name, ": ", sound.sentence));
  if (sound.verdict == studies::Verdict::kIllBehaved) {
    return WithReason(absl::FailedPreconditionError(absl::StrCat(line.name, ": ", sound.sentence)),
                      "ILL_BEHAVED");
  }
  ASSIGN_OR_RETURN(
      const studies::Forecast found,
      studies::MakeForecast(line.curve, out.samples(), {.seeds = static_cast<int>(out.seeds())}));
  const LearningCurve usable = studies::UsablePart(line.curve);
  Fill(found, out);
  FillLaw(studies::FitCurve(usable, studies::ChooseLaw(usable).kind).law.law(), out);
  FillLargest(usable, out);
  FillCost(line.costs, out);
  AdviseGain(usable, out);
  AdviseData(line.curve, out);
  return out;
}

absl::StatusOr<v1::Forecast> ByLadder(const std::vector<Line>& lines, v1::Forecast out) {
  std::vector<studies::ModelCurve> curves;
  std::vector<studies::RunCost> costs;
  const Line* largest = nullptr;
  for (const Line& line : lines) {
    if (line.parameters <= 0 || line.curve.points.empty()) continue;
    curves.push_back({line.parameters, line.curve});
    costs.insert(costs.end(), line.costs.begin(), line.costs.end());
    if (largest == nullptr || line.parameters > largest->parameters) largest = &line;
  }
  const absl::StatusOr<studies::JointFit> fit = studies::FitJoint(curves);
  if (!fit.ok()) return Insufficient(Message(fit.status()));
  ASSIGN_OR_RETURN(const studies::Forecast found,
                   studies::MakeForecast(*fit, out.samples(), out.parameters(),
                                         {.seeds = static_cast<int>(out.seeds())}));
  Fill(found, out);
  FillLaw(fit->law.law(), out);
  FillLargest(largest->curve, out);
  FillCost(costs, out);
  AdviseGain(largest->curve, out);
  AdviseModel(*fit, out.samples(), out.parameters(), out);
  return out;
}

}  // namespace

absl::StatusOr<v1::Forecast> ForecastStudy(const v1::Study& study, const v1::Forecast& wanted,
                                           double test_samples) {
  v1::Forecast out = wanted;
  out.set_study(study.name());
  out.set_seeds(study.specification().seeds());
  std::vector<Line> networks;
  for (const v1::Contender& contender : study.specification().contenders()) {
    const bool this_one = wanted.parameters() == 0 && contender.name() == wanted.contender();
    const bool of_ladder = wanted.parameters() > 0 && contender.family() == v1::NETWORK;
    if (!this_one && !of_ladder) continue;
    ASSIGN_OR_RETURN(Line line, LineOf(study, contender, test_samples));
    if (this_one) return ByCurve(line, std::move(out));
    networks.push_back(std::move(line));
  }
  return ByLadder(networks, std::move(out));
}

absl::StatusOr<v1::ForecastScore> ScoreBy(const v1::Forecast& forecast, const v1::Job& job) {
  const std::set<std::string> known = MetricsOf(job);
  const bool accuracy = known.count("test/accuracy") > 0;
  const std::string series = accuracy ? "test/accuracy" : "test/mse";
  if (known.count(series) == 0 || job.state() != v1::SUCCEEDED) {
    return WithReason(absl::FailedPreconditionError(absl::StrCat(
                          job.name(),
                          " measured no test error that a forecast could be scored by: "
                          "a job that has SUCCEEDED, with test/accuracy or test/mse")),
                      "NO_RESULTS", {{"job", job.name()}});
  }
  ASSIGN_OR_RETURN(const JobRuns runs, RunsOf(job, series));
  std::vector<double> errors;
  for (const RunValue& run : runs.runs)
    if (std::isfinite(run.value)) errors.push_back(accuracy ? 1 - run.value : run.value);
  const double measured = studies::Summarize(errors).mean.value;
  studies::Forecast made;
  made.quantiles.assign(forecast.quantiles().begin(), forecast.quantiles().end());
  v1::ForecastScore score;
  score.set_job(job.name());
  score.set_measured(measured);
  score.set_seeds(static_cast<uint32_t>(errors.size()));
  score.set_inside80(forecast.low80() <= measured && measured <= forecast.high80());
  score.set_inside95(forecast.low95() <= measured && measured <= forecast.high95());
  score.set_crps(studies::Crps(made, measured));
  return score;
}

v1::ForecastRecord RecordOf(const std::vector<v1::Forecast>& scored) {
  std::vector<std::pair<studies::Forecast, double>> pairs;
  for (const v1::Forecast& forecast : scored) {
    studies::Forecast made;
    made.value = forecast.value();
    made.interval80 = {forecast.low80(), forecast.high80()};
    made.interval95 = {forecast.low95(), forecast.high95()};
    made.quantiles.assign(forecast.quantiles().begin(), forecast.quantiles().end());
    pairs.emplace_back(std::move(made), forecast.score().measured());
  }
  const studies::ForecastScore score = studies::ScoreForecasts(pairs);
  v1::ForecastRecord record;
  record.set_scored(static_cast<uint32_t>(score.count));
  record.set_coverage80(score.coverage80);
  record.set_coverage95(score.coverage95);
  record.set_crps(score.crps);
  record.set_log_error(score.log_error);
  return record;
}

}  // namespace trainyard
