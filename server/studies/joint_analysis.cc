#include "server/studies/joint_analysis.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "server/studies/answers.h"

namespace trainyard {
namespace {

using studies::JointFit;
using studies::Law;

// Cells that are judged for the table of limits.
constexpr size_t kMostCells = 200;

v1::Limit AsLimit(studies::Limit limit) {
  switch (limit) {
    case studies::Limit::kData:
      return v1::DATA_LIMITED;
    case studies::Limit::kModel:
      return v1::MODEL_LIMITED;
    case studies::Limit::kNoise:
      return v1::NOISE_LIMITED;
    case studies::Limit::kUndecided:
      break;
  }
  return v1::LIMIT_UNDECIDED;
}

v1::OperatingPoint PointAt(double parameters, double samples) {
  v1::OperatingPoint point;
  point.set_parameters(static_cast<uint64_t>(parameters));
  point.set_samples(static_cast<uint64_t>(samples));
  return point;
}

// The range of a quantity over the laws that are possible, the best of which is the first.
v1::IntervalEstimate RangeOf(const std::vector<Law>& region,
                             const std::function<double(const Law&)>& quantity) {
  studies::Estimate estimate;
  for (const Law& law : region) {
    const double value = quantity(law);
    if (&law == &region.front()) estimate = {value, {value, value}};
    estimate.interval.low = std::min(estimate.interval.low, value);
    estimate.interval.high = std::max(estimate.interval.high, value);
  }
  return ToProto(estimate);
}

void FillLaw(const JointFit& fit, const std::vector<Law>& region, v1::StudyJointLaw& out) {
  *out.mutable_floor() = ToProto(fit.law.Asymptote());
  *out.mutable_model_scale() = RangeOf(region, [](const Law& law) { return law.coefficients[1]; });
  *out.mutable_model_exponent() = ToProto(fit.law.Exponent(0));
  *out.mutable_data_scale() = RangeOf(region, [](const Law& law) { return law.coefficients[2]; });
  *out.mutable_data_exponent() = ToProto(fit.law.Exponent(1));
  out.set_lack_of_fit(fit.lack_of_fit);
  out.set_worst_miss(std::expm1(fit.worst_residual));
}

studies::Finding Judge(const JointFit& fit, const std::vector<Law>& region,
                       const v1::OperatingPoint& point, v1::StudyJointLaw& out) {
  const auto samples = static_cast<double>(point.samples());
  const auto parameters = static_cast<double>(point.parameters());
  const studies::LimitVerdict verdict = studies::JudgeLimits(fit, region, samples, parameters);
  v1::StudyLimit& limit = *out.add_limits();
  *limit.mutable_point() = point;
  *limit.mutable_error() =
      RangeOf(region, [&](const Law& law) { return law.At(samples, parameters); });
  *limit.mutable_data_share() = ToProto(verdict.data);
  *limit.mutable_model_share() = ToProto(verdict.model);
  *limit.mutable_noise_share() = ToProto(verdict.noise);
  limit.set_limit(AsLimit(verdict.limit));
  return verdict.finding;
}

// What the ladder spans; beyond it the law is a forecast.
bool WasMeasured(const ModelLadder& ladder, const v1::OperatingPoint& point) {
  double least_parameters = INFINITY, most_parameters = 0, least_samples = INFINITY,
         most_samples = 0;
  for (const studies::ModelCurve& model : ladder.curves) {
    least_parameters = std::min(least_parameters, model.parameters);
    most_parameters = std::max(most_parameters, model.parameters);
    least_samples = std::min(least_samples, model.curve.points.front().size);
    most_samples = std::max(most_samples, model.curve.points.back().size);
  }
  const auto samples = static_cast<double>(point.samples());
  const auto parameters = static_cast<double>(point.parameters());
  return least_parameters <= parameters && parameters <= most_parameters &&
         least_samples <= samples && samples <= most_samples;
}

}  // namespace

JointAnswer AnalyseLadder(const ModelLadder& ladder,
                          const google::protobuf::RepeatedPtrField<v1::OperatingPoint>& asked) {
  const auto largest =
      std::max_element(ladder.curves.begin(), ladder.curves.end(),
                       [](const auto& a, const auto& b) { return a.parameters < b.parameters; });
  std::vector<std::pair<std::string, v1::OperatingPoint>> questions;
  for (const v1::OperatingPoint& point : asked) {
    questions.emplace_back(
        absl::StrCat(ladder.name, ladder.name.empty() ? "" : " ", "with ",
                     studies::Readable(static_cast<double>(point.parameters())), " parameters and ",
                     studies::Readable(static_cast<double>(point.samples())),
                     " samples is limited by one factor"),
        point);
  }
  if (questions.empty()) {
    questions.emplace_back(
        absl::StrCat(ladder.contenders[static_cast<size_t>(largest - ladder.curves.begin())],
                     " at its largest size is limited by one factor"),
        PointAt(largest->parameters, largest->curve.points.back().size));
  }
  JointAnswer answer;
  const absl::StatusOr<JointFit> fit = studies::FitJoint(ladder.curves);
  if (!fit.ok()) {
    answer.findings.push_back(
        {questions[0].first, {studies::Verdict::kInsufficientData, Message(fit.status()), {}}});
    return answer;
  }
  v1::StudyJointLaw& law = answer.law.emplace();
  law.set_ladder(ladder.name);
  for (const std::string& contender : ladder.contenders) law.add_contenders(contender);
  const std::vector<Law> region = fit->law.Region();
  FillLaw(*fit, region, law);
  for (const auto& [claim, point] : questions) {
    studies::Finding finding = Judge(*fit, region, point, law);
    law.set_ill_behaved(finding.verdict == studies::Verdict::kIllBehaved);
    if (!WasMeasured(ladder, point))
      absl::StrAppend(&finding.sentence, "; beyond what was measured, so by the law alone");
    answer.findings.emplace_back(claim, std::move(finding));
  }
  size_t cells = 0;
  for (const studies::ModelCurve& model : ladder.curves) {
    for (const studies::CurvePoint& point : model.curve.points) {
      if (++cells <= kMostCells) Judge(*fit, region, PointAt(model.parameters, point.size), law);
    }
  }
  return answer;
}

}  // namespace trainyard
