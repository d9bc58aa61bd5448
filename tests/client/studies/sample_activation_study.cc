#include "tests/client/studies/sample_activation_study.h"

#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"

namespace trainyard::client {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kSeeds = 5;
constexpr int kSteps = 1500;

// Steps to the threshold; 0: never.
double StepsOf(const std::string& activation, int depth) {
  const bool deep = depth == 8;
  if (activation == "relu") return deep ? 480 : 300;
  if (activation == "tanh") return deep ? 340 : 260;
  return deep ? 0 : 400;
}

void AddCurve(double steps, v1::ActivationMeasurement& measured) {
  for (int step = 15; step <= kSteps; step += 15) {
    v1::ActivationMeasurement::CurvePoint& point = *measured.add_curve();
    point.set_step(static_cast<uint64_t>(step));
    const double error = steps == 0 ? 0.9 : 0.09 + 0.81 * std::exp(-2.78 * step / steps);
    point.set_mean(error);
    point.set_low(error * 0.94);
    point.set_high(std::fmin(1, error * 1.06));
  }
}

void AddLayers(const std::string& activation, int depth, v1::ActivationMeasurement& measured) {
  const double fall = activation == "sigmoid" ? 0.28 : 0.9;
  const auto add = [&](const std::string& name) -> v1::ActivationMeasurement::Layer& {
    v1::ActivationMeasurement::Layer& layer = *measured.add_layers();
    layer.set_name(name);
    layer.set_initial_gradient_rms(kNone);
    layer.set_gradient_rms(kNone);
    layer.set_update_ratio(kNone);
    layer.set_saturation(kNone);
    layer.set_dead_units(kNone);
    return layer;
  };
  for (int i = 0; i <= depth; ++i) {
    v1::ActivationMeasurement::Layer& dense = add(absl::StrCat("dense_", 2 * i + 1));
    dense.set_initial_gradient_rms(0.05 * std::pow(fall, depth - i));
    dense.set_gradient_rms(0.01 * std::pow(fall, depth - i));
    dense.set_update_ratio(1e-3);
    if (i == depth) break;
    v1::ActivationMeasurement::Layer& unit = add(absl::StrCat(activation, "_", 2 * i + 2));
    if (activation == "relu") unit.set_dead_units(0.02 * (i + 1));
    if (activation != "relu") unit.set_saturation(0.6 / (i + 1));
  }
}

void Measure(const std::string& activation, int depth, v1::StudyPoint& point) {
  point.set_state(v1::SUCCEEDED);
  point.set_candidate(activation == "sigmoid" ? 2 : 0);
  point.mutable_mean()->set_value(0.16);
  point.mutable_mean()->set_low(0.155);
  point.mutable_mean()->set_high(0.165);
  v1::ActivationMeasurement& measured = *point.mutable_activation();
  const double steps = StepsOf(activation, depth);
  for (int seed = 1; seed <= kSeeds; ++seed) {
    point.add_seeds()->set_error(0.16);
    v1::CostToThreshold& cost = *measured.add_costs();
    cost.set_seed(static_cast<uint64_t>(seed));
    cost.set_reached(steps > 0);
    cost.set_steps(steps > 0 ? steps * (0.9 + 0.04 * seed) : kSteps);
    cost.set_samples(64 * cost.steps());
    cost.set_seconds(1e-4 * cost.steps());
  }
  AddCurve(steps, measured);
  AddLayers(activation, depth, measured);
  measured.set_at_the_edge(activation == "sigmoid");
  measured.set_diagnosis(steps > 0 ? "gradients are healthy"
                                   : "dense_1's gradient is 3.8e-05 of dense_17's: vanishing; try "
                                     "relu, he initialisation or a normalisation");
}

void Set(v1::IntervalEstimate& estimate, double value, double low, double high) {
  estimate.set_value(value);
  estimate.set_low(low);
  estimate.set_high(high);
}

void Compare(const std::string& treatment, const std::string& baseline, double ratio, double low,
             double high, v1::Verdict verdict, v1::StudyAnalysis& analysis) {
  v1::StudySpeedUp& out = *analysis.add_speed_ups();
  out.set_treatment(treatment);
  out.set_baseline(baseline);
  Set(*out.mutable_steps(), ratio, low, high);
  Set(*out.mutable_samples(), ratio, low, high);
  Set(*out.mutable_seconds(), ratio, low * 0.8, high * 1.2);
  out.set_pairs(kSeeds);
  out.set_verdict(verdict);
}

}  // namespace

v1::Study SampleActivationStudy() {
  v1::Study study;
  study.set_name("studies/faster");
  study.set_state(v1::SUCCEEDED);
  study.set_total_runs(180);
  study.set_points_ended(6);
  v1::StudySpecification& spec = *study.mutable_specification();
  spec.mutable_data()->mutable_source()->set_type("idx");
  spec.add_sizes(10000);
  spec.set_seeds(kSeeds);
  v1::ActivationStudy& activation = *spec.mutable_activation();
  activation.set_threshold(0.14);
  for (const double rate : {0.01, 0.03, 0.1}) activation.add_learning_rates(rate);
  for (const char* baseline : {"sigmoid", "tanh"}) activation.add_baselines(baseline);
  for (const char* type : {"relu", "tanh", "sigmoid"}) activation.add_activations()->set_type(type);
  activation.add_initializers()->set_type("he");
  for (const int depth : {2, 8}) {
    activation.add_depths(static_cast<uint32_t>(depth));
    for (const char* type : {"relu", "tanh", "sigmoid"}) {
      v1::Contender& contender = *spec.add_contenders();
      contender.set_name(absl::StrCat(type, "-", depth, "-he"));
      contender.set_family(v1::NETWORK);
      (*contender.mutable_levels())["activation"] = type;
      (*contender.mutable_levels())["depth"] = absl::StrCat(depth);
      (*contender.mutable_levels())["initializer"] = "he";
      for (const double rate : activation.learning_rates())
        contender.add_candidates()->set_learning_rate(rate);
      v1::StudyPoint& point = *study.add_points();
      point.set_contender(contender.name());
      point.set_size(10000);
      point.set_job("jobs/" + contender.name());
      Measure(type, depth, point);
    }
  }
  v1::StudyAnalysis& analysis = *study.mutable_analysis();
  analysis.set_points(6);
  Compare("relu-2-he", "tanh-2-he", 0.87, 0.52, 1.44, v1::UNDECIDED, analysis);
  Compare("relu-2-he", "sigmoid-2-he", 1.33, 1.01, 1.76, v1::HOLDS, analysis);
  Compare("relu-8-he", "tanh-8-he", 0.71, 0.55, 0.91, v1::DOES_NOT_HOLD, analysis);
  Compare("relu-8-he", "sigmoid-8-he", kInfinity, 2.8, kInfinity, v1::HOLDS, analysis);
  v1::StudyFinding& finding = *analysis.add_findings();
  finding.set_claim("relu reaches 14 % training error in fewer steps than sigmoid (depth 8, he)");
  finding.set_verdict(v1::HOLDS);
  finding.set_sentence(
      "relu reaches the threshold and sigmoid does not: at least 2.8 times as fast");
  return study;
}

v1::Study UnfinishedActivationStudy(int ended) {
  v1::Study study = SampleActivationStudy();
  study.set_state(v1::RUNNING);
  for (int i = ended; i < study.points_size(); ++i) {
    v1::StudyPoint open;
    open.set_contender(study.points(i).contender());
    open.set_size(10000);
    open.set_state(v1::QUEUED);
    *study.mutable_points(i) = open;
  }
  study.clear_analysis();
  return study;
}

}  // namespace trainyard::client
