#include "tests/client/studies/sample_study.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "tests/client/figures/sample_figures.h"

namespace trainyard::client {
namespace {

using figures::Noise;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kT95 = 2.776;  // Student's t of 4 degrees of freedom
constexpr int kSeeds = 5;
const uint64_t kSizes[] = {100, 300, 1000, 3000, 10000, 20000, 40000, 54000};

// E + A n^-b.
struct Recipe {
  const char* name;
  v1::Family family;
  double floor;
  double scale;
  double power;
  uint64_t parameters;
  double seconds_of_a_sample;
};
const Recipe kRecipes[] = {{"logistic-regression", v1::TRADITIONAL, 0.148, 1.05, 0.42, 7850, 2e-5},
                           {"linear-svm", v1::TRADITIONAL, 0.153, 1.2, 0.43, 7850, 2e-5},
                           {"kernel-svm", v1::TRADITIONAL, 0.078, 1.3, 0.34, 0, 2e-3},
                           {"hog-svm", v1::TRADITIONAL, 0.070, 0.92, 0.33, 0, 1e-3},
                           {"random-forest", v1::TRADITIONAL, 0.102, 1.15, 0.36, 0, 3e-4},
                           {"mlp-large", v1::NETWORK, 0.082, 2.1, 0.40, 1863690, 4e-3},
                           {"cnn", v1::NETWORK, 0.047, 3.4, 0.43, 93322, 1e-2}};

double At(const Recipe& recipe, double n) {
  return recipe.floor + recipe.scale * std::pow(n, -recipe.power);
}

void Set(v1::IntervalEstimate& estimate, double value, double low, double high) {
  estimate.set_value(value);
  estimate.set_low(low);
  estimate.set_high(high);
}

void Measure(const Recipe& recipe, Noise& noise, v1::StudyPoint& point) {
  const double n = static_cast<double>(point.size());
  const double error = At(recipe, n);
  const double spread = error * (0.008 + 0.7 / std::sqrt(n));
  double mean = 0;
  for (int seed = 0; seed < kSeeds; ++seed) {
    v1::StudyPoint::Seed& one = *point.add_seeds();
    one.set_seed(static_cast<uint64_t>(seed) + 1);
    one.set_error(error + spread * noise.Normal());
    one.set_validation_error(one.error());
    mean += one.error() / kSeeds;
  }
  double squares = 0;
  for (const auto& seed : point.seeds()) squares += std::pow(seed.error() - mean, 2);
  const double half = kT95 * std::sqrt(squares / (kSeeds - 1) / kSeeds);
  Set(*point.mutable_mean(), mean, mean - half, mean + half);
  point.set_candidate(point.size() < 1000 ? 1 : 0);
  point.set_state(v1::SUCCEEDED);
  point.set_parameters(recipe.parameters);
  const double runs = 2.0 * kSeeds;
  point.set_core_seconds(runs * recipe.seconds_of_a_sample *
                         (recipe.parameters == 0 ? n * std::sqrt(n) / 50 : std::max(n, 2000.0)));
  point.set_flops(recipe.parameters == 0 ? 0
                                         : runs * n * 60 * static_cast<double>(recipe.parameters));
}

void Fit(const Recipe& recipe, v1::StudyAnalysis& analysis) {
  v1::StudyLaw& law = *analysis.add_laws();
  law.set_contender(recipe.name);
  law.set_formula("E + A n^-b");
  law.add_coefficients(recipe.floor);
  law.add_coefficients(recipe.scale);
  law.add_exponents(recipe.power);
  Set(*law.mutable_asymptote(), recipe.floor, recipe.floor * 0.9, recipe.floor * 1.06);
  Set(*law.mutable_exponent(), recipe.power, recipe.power - 0.03, recipe.power + 0.03);
  for (double n = 100; n < 545000; n *= 1.24) {
    const double width = 0.012 + 0.03 * std::fmax(0, std::log10(n / 54000));
    v1::StudyLaw::Point& point = *law.add_curve();
    point.set_size(n);
    Set(*point.mutable_mean(), At(recipe, n), At(recipe, n) * (1 - width),
        At(recipe, n) * (1 + width));
  }
  v1::StudyLaw::Forecast& forecast = *law.add_forecasts();
  const double value = At(recipe, 540000);
  forecast.set_size(540000);
  forecast.set_value(value);
  forecast.set_low80(value * 0.97);
  forecast.set_high80(value * 1.03);
  forecast.set_low95(value * 0.95);
  forecast.set_high95(value * 1.06);
}

void Find(v1::StudyAnalysis& analysis, const std::string& claim, v1::Verdict verdict,
          const std::string& sentence, const std::vector<std::string>& jobs) {
  v1::StudyFinding& finding = *analysis.add_findings();
  finding.set_claim(claim);
  finding.set_verdict(verdict);
  finding.set_sentence(sentence);
  for (const std::string& job : jobs) finding.add_jobs("jobs/" + job);
}

void Cross(v1::StudyAnalysis& analysis, const std::string& below, const std::string& above,
           double at, double low, double high) {
  v1::StudyCrossing& crossing = *analysis.add_crossings();
  crossing.set_below(below);
  crossing.set_above(above);
  Set(*crossing.mutable_size(), at, low, high);
}

std::vector<std::string> JobsOf(const std::string& contender) {
  std::vector<std::string> jobs;
  for (const uint64_t size : kSizes) jobs.push_back(absl::StrCat("scaling-", contender, "-", size));
  return jobs;
}

void Judge(v1::StudyAnalysis& analysis) {
  Find(
      analysis, "logistic-regression plateaus as data grows", v1::HOLDS,
      "Doubling 54,000 samples would lower its error by 0.23 points [0.11, 0.35]; asymptote 14.8 % "
      "[13.3, 15.7].",
      JobsOf("logistic-regression"));
  Find(analysis, "linear-svm plateaus as data grows", v1::HOLDS,
       "Doubling 54,000 samples would lower its error by 0.24 points [0.10, 0.37].",
       JobsOf("linear-svm"));
  Find(
      analysis, "kernel-svm plateaus as data grows", v1::DOES_NOT_HOLD,
      "Doubling 54,000 samples would lower its error by 0.66 points [0.52, 0.80]: it still learns.",
      JobsOf("kernel-svm"));
  Find(analysis, "cnn keeps improving with data", v1::HOLDS,
       "Doubling 54,000 samples would lower its error by 0.81 points [0.69, 0.93].", JobsOf("cnn"));
  Find(analysis, "the best network beats the best traditional learner at 54,000 samples", v1::HOLDS,
       "cnn 7.8 % against hog-svm 9.5 %: 1.7 points [1.3, 2.1], in 5 of 5 seeds.",
       {"scaling-cnn-54000", "scaling-hog-svm-54000"});
  Find(analysis, "networks are better at every size", v1::DOES_NOT_HOLD,
       "Below 17,000 samples hog-svm is better than every network.",
       {"scaling-cnn-1000", "scaling-hog-svm-1000"});
  Find(analysis, "performance is less predictable with little data", v1::HOLDS,
       "The deviation over seeds falls from 1.9 points at 100 samples to 0.1 at 54,000.", {});
  Find(analysis, "mlp-large is ahead of kernel-svm with ten times the data", v1::UNDECIDED,
       "Forecast of the difference at 540,000 samples: -0.1 points [-0.9, 0.7].",
       {"scaling-mlp-large-54000", "scaling-kernel-svm-54000"});
  Find(analysis, "random-forest follows a law", v1::ILL_BEHAVED,
       "Its error rises from 20,000 to 40,000 samples by more than chance.",
       JobsOf("random-forest"));
  Find(analysis, "features matter less with big data", v1::INSUFFICIENT_DATA,
       "Only one pair of contenders differs in its features alone.", {});
}

void Describe(v1::Study& study) {
  v1::StudySpecification& spec = *study.mutable_specification();
  spec.set_name("scaling");
  spec.mutable_data()->mutable_source()->set_type("idx");
  (*spec.mutable_data()->mutable_source()->mutable_params())["path"].set_string_value(
      "fashion-mnist");
  spec.mutable_data()->mutable_split()->set_validation(0.1);
  for (const uint64_t size : kSizes) spec.add_sizes(size);
  spec.set_seeds(kSeeds);
  spec.add_forecast_sizes(540000);
  spec.mutable_resources()->set_cores(1);
  for (const Recipe& recipe : kRecipes) {
    v1::Contender& contender = *spec.add_contenders();
    contender.set_name(recipe.name);
    contender.set_family(recipe.family);
    v1::Specification& trained = *contender.mutable_specification();
    trained.mutable_loss()->set_type("softmax_cross_entropy");
    trained.add_metrics()->set_type("accuracy");
    trained.mutable_model()->add_layers()->set_type("flatten");
    v1::Layer& dense = *trained.mutable_model()->add_layers();
    dense.set_type("dense");
    (*dense.mutable_params())["units"].set_number_value(10);
    trained.mutable_optimizer()->set_type("adam");
    if (recipe.family == v1::NETWORK) {
      contender.add_candidates()->set_learning_rate(0.003);
      contender.add_candidates()->set_learning_rate(0.01);
    } else {
      (*contender.add_candidates()->mutable_learner())["c"] = 1;
      (*contender.add_candidates()->mutable_learner())["c"] = 10;
    }
  }
}

}  // namespace

v1::Study SampleStudy() {
  v1::Study study;
  study.set_name("studies/scaling");
  study.set_state(v1::SUCCEEDED);
  study.mutable_create_time()->set_seconds(1'790'000'000);
  Describe(study);
  unsigned long salt = 7;
  for (const Recipe& recipe : kRecipes) {
    Noise noise(salt++);
    for (const uint64_t size : kSizes) {
      v1::StudyPoint& point = *study.add_points();
      point.set_contender(recipe.name);
      point.set_size(size);
      point.set_job(absl::StrCat("jobs/scaling-", recipe.name, "-", size));
      Measure(recipe, noise, point);
    }
    Fit(recipe, *study.mutable_analysis());
  }
  v1::StudyAnalysis& analysis = *study.mutable_analysis();
  analysis.set_points(static_cast<uint32_t>(study.points_size()));
  Judge(analysis);
  Cross(analysis, "hog-svm", "cnn", 17100, 13900, 21400);
  Cross(analysis, "kernel-svm", "cnn", 8200, 6900, 9900);
  Cross(analysis, "random-forest", "mlp-large", 5400, 3600, 8100);
  Cross(analysis, "kernel-svm", "mlp-large", 410000, 120000, kInfinity);
  study.set_total_runs(560);
  study.set_total_flops(1.9e15);
  study.set_points_ended(56);
  return study;
}

v1::Study UnfinishedStudy(int ended) {
  v1::Study study = SampleStudy();
  study.set_state(v1::RUNNING);
  study.set_points_ended(static_cast<uint32_t>(ended));
  for (int i = ended; i < study.points_size(); ++i) {
    v1::StudyPoint& point = *study.mutable_points(i);
    v1::StudyPoint open;
    open.set_contender(point.contender());
    open.set_size(point.size());
    open.set_job(point.job());
    open.set_state(i == ended ? v1::RUNNING : v1::QUEUED);
    point = open;
  }
  v1::StudyAnalysis& analysis = *study.mutable_analysis();
  const int whole = ended / static_cast<int>(std::size(kSizes));
  analysis.mutable_laws()->DeleteSubrange(whole, analysis.laws_size() - whole);
  analysis.clear_crossings();
  analysis.clear_findings();
  return study;
}

v1::Study FlawedStudy() {
  v1::Study study = SampleStudy();
  v1::StudyPoint& failed = *study.mutable_points(18);
  failed.set_state(v1::FAILED);
  failed.set_message("OUT_OF_MEMORY: the kernel matrix of 1,000 samples needs 8 MB");
  failed.clear_mean();
  failed.clear_seeds();
  study.mutable_points(29)->set_state(v1::CANCELLED);
  study.mutable_points(40)->mutable_seeds(2)->set_error(std::numeric_limits<double>::quiet_NaN());
  return study;
}

v1::Study RegressionStudy() {
  v1::Study study = SampleStudy();
  for (v1::Contender& contender : *study.mutable_specification()->mutable_contenders()) {
    contender.mutable_specification()->mutable_loss()->set_type("mean_squared_error");
    contender.mutable_specification()->mutable_metrics(0)->set_type("mse");
  }
  study.mutable_specification()->mutable_contenders()->DeleteSubrange(2, 5);
  study.mutable_points()->DeleteSubrange(16, 40);
  study.mutable_analysis()->mutable_laws()->DeleteSubrange(2, 5);
  study.mutable_analysis()->clear_crossings();
  return study;
}

v1::Study TakeawayStudy() {
  constexpr const char* kFactors[] = {"model", "compute", "algorithm"};
  constexpr double kEffects[] = {0.84, 0.71, 0.9};
  v1::Study study;
  study.set_name("studies/takeaway");
  study.set_state(v1::SUCCEEDED);
  v1::StudySpecification& spec = *study.mutable_specification();
  for (const uint64_t size : {1000, 54000}) spec.add_sizes(size);
  spec.set_seeds(3);
  v1::Specification& base = *spec.mutable_takeaway()->mutable_base();
  base.mutable_loss()->set_type("softmax_cross_entropy");
  for (const char* factor : kFactors) spec.mutable_takeaway()->add_factors()->set_name(factor);
  for (int on = 0; on < 8; ++on) {
    v1::Contender& contender = *spec.add_contenders();
    *contender.mutable_specification() = base;
    double ratio = 1;
    for (int i = 0; i < 3; ++i) {
      if ((on >> i & 1) == 0) continue;
      contender.add_factors_on(kFactors[i]);
      contender.set_name(
          absl::StrCat(contender.name(), contender.name().empty() ? "" : "-", kFactors[i]));
      ratio *= kEffects[i];
    }
    if (on == 0) contender.set_name("none");
    for (const uint64_t size : spec.sizes()) {
      v1::StudyPoint& point = *study.add_points();
      point.set_contender(contender.name());
      point.set_size(size);
      point.set_job(absl::StrCat("jobs/", contender.name(), "-", size));
      point.set_state(v1::SUCCEEDED);
      const double error = 0.3 * ratio * (size == 1000 ? 1 : 0.66);
      Set(*point.mutable_mean(), error, error * 0.95, error * 1.05);
      for (uint64_t seed = 1; seed <= 3; ++seed) {
        point.add_seeds()->set_seed(seed);
        point.mutable_seeds(static_cast<int>(seed) - 1)->set_error(error);
      }
      point.set_core_seconds(6);
      point.set_flops(3e11);
      point.set_parameters((on & 1) != 0 ? 535818 : 12730);
    }
  }
  v1::TakeawayAnalysis& takeaway = *study.mutable_analysis()->mutable_takeaway();
  takeaway.set_seeds(3);
  const auto fill = [](v1::TakeawayEffect& effect, double ratio, double width) {
    Set(*effect.mutable_ratio(), ratio, ratio / width, ratio * width);
    effect.set_p_value(0.0004);
  };
  const std::vector<std::string> names = {"data", "model", "compute", "algorithm"};
  const double ratios[] = {0.66, 0.84, 0.71, 0.9};
  for (size_t i = 0; i < names.size(); ++i) {
    takeaway.add_factors(names[i]);
    v1::TakeawayEffect& alone = *takeaway.add_alone();
    alone.add_factors(names[i]);
    fill(alone, ratios[i] * 1.1, 1.1);
  }
  for (uint32_t chosen = 1; chosen < 16; ++chosen) {
    v1::TakeawayEffect& effect = *takeaway.add_effects();
    for (size_t i = 0; i < names.size(); ++i) {
      if ((chosen >> i & 1) != 0) effect.add_factors(names[i]);
    }
    fill(effect, effect.factors_size() == 1 ? 0.8 : 0.98, 1.04);
  }
  for (const std::string& name : names) takeaway.mutable_together()->add_factors(name);
  fill(*takeaway.mutable_together(), 0.31, 1.08);
  Set(*takeaway.mutable_product(), 0.39, 0.33, 0.46);
  Set(*takeaway.mutable_beyond_product(), 0.79, 0.7, 0.9);
  Find(*study.mutable_analysis(), "together they beat each alone", v1::HOLDS,
       "together data, model, compute and algorithm take the error to 0.31x (0.29 to 0.33)",
       {"none-1000", "model-compute-algorithm-54000"});
  study.set_total_runs(48);
  study.set_points_ended(16);
  return study;
}

v1::Study LadderStudy() {
  v1::Study study;
  study.set_name("studies/ladder");
  study.set_state(v1::SUCCEEDED);
  v1::StudySpecification& spec = *study.mutable_specification();
  for (const uint64_t size : {100, 1000, 10000}) spec.add_sizes(size);
  spec.set_seeds(3);
  for (const uint64_t parameters : {1000, 10000, 100000, 1000000}) {
    v1::Contender& contender = *spec.add_contenders();
    contender.set_name(absl::StrCat("mlp-", parameters));
    contender.set_ladder_of("mlp");
    contender.set_family(v1::NETWORK);
    contender.mutable_specification()->mutable_loss()->set_type("softmax_cross_entropy");
    for (const uint64_t size : spec.sizes()) {
      v1::StudyPoint& point = *study.add_points();
      point.set_contender(contender.name());
      point.set_size(size);
      point.set_job(absl::StrCat("jobs/", contender.name(), "-", size));
      point.set_state(v1::SUCCEEDED);
      point.set_parameters(parameters);
      const double error = 0.05 + 2 * std::pow(static_cast<double>(parameters), -1.0 / 3) +
                           5 / std::sqrt(static_cast<double>(size));
      Set(*point.mutable_mean(), error, error * 0.97, error * 1.03);
      for (uint64_t seed = 1; seed <= 3; ++seed) point.add_seeds()->set_error(error);
      point.set_flops(3 * 6.0 * 8 * static_cast<double>(parameters * size));
      point.set_core_seconds(3 * (0.2 + point.flops() * 1e-11));
    }
  }
  v1::StudyJointLaw& law = *study.mutable_analysis()->add_joint_laws();
  law.set_ladder("mlp");
  for (const v1::Contender& contender : spec.contenders()) law.add_contenders(contender.name());
  Set(*law.mutable_floor(), 0.05, 0.04, 0.06);
  Set(*law.mutable_model_scale(), 2, 1.8, 2.2);
  Set(*law.mutable_model_exponent(), 1.0 / 3, 0.31, 0.36);
  Set(*law.mutable_data_scale(), 5, 4.5, 5.6);
  Set(*law.mutable_data_exponent(), 0.5, 0.47, 0.53);
  law.set_worst_miss(0.02);
  v1::StudyLimit& limit = *law.add_limits();
  limit.mutable_point()->set_parameters(1000000);
  limit.mutable_point()->set_samples(10000);
  Set(*limit.mutable_error(), 0.12, 0.115, 0.125);
  Set(*limit.mutable_data_share(), 0.42, 0.38, 0.46);
  Set(*limit.mutable_model_share(), 0.17, 0.15, 0.2);
  Set(*limit.mutable_noise_share(), 0.41, 0.36, 0.45);
  limit.set_limit(v1::DATA_LIMITED);
  study.set_total_runs(36);
  study.set_points_ended(12);
  return study;
}

v1::Study WideStudy(int contenders, const std::string& name) {
  v1::Study study;
  study.set_name("studies/wide");
  study.set_state(v1::SUCCEEDED);
  v1::StudySpecification& spec = *study.mutable_specification();
  spec.set_seeds(3);
  for (const uint64_t size : {100, 1000}) spec.add_sizes(size);
  for (int i = 0; i < contenders; ++i) {
    spec.add_contenders()->set_name(absl::StrCat(name, i));
    for (const uint64_t size : spec.sizes()) {
      v1::StudyPoint& point = *study.add_points();
      point.set_contender(absl::StrCat(name, i));
      point.set_size(size);
      point.set_job(absl::StrCat("jobs/", name, i, "-", size));
      point.set_state(v1::SUCCEEDED);
      const double error = 0.5 / (i + 2) + 10.0 / static_cast<double>(size);
      Set(*point.mutable_mean(), error, error * 0.9, kInfinity);
      point.add_seeds()->set_error(error);
      point.set_message(name);
    }
  }
  v1::StudyFinding& finding = *study.mutable_analysis()->add_findings();
  finding.set_claim(name);
  finding.set_sentence(name);
  finding.add_jobs(name);
  return study;
}

}  // namespace trainyard::client
