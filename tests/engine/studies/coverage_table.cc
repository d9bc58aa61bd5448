// Prints the tables of docs/decisions/fits.md: how often intervals contain the truth on tasks whose
// law is known, and what a whole analysis costs.
//
//   studies_coverage [REPETITIONS]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <tuple>
#include <vector>

#include "engine/studies/crossover.h"
#include "engine/studies/curve_fit.h"
#include "engine/studies/dominance.h"
#include "engine/studies/forecast.h"
#include "engine/studies/joint_fit.h"
#include "engine/studies/plateau.h"
#include "engine/studies/predictability.h"
#include "tests/engine/studies/synthetic_curve.h"

namespace trainyard::studies {
namespace {

// A bootstrap takes 200 fits.
constexpr int kBootstrapEvery = 4;
constexpr uint64_t kFirst = 10'000;  // other draws than those of the tests

SyntheticTask Task(double exponent, double asymptote, double noise, int sizes, int seeds) {
  SyntheticTask task;
  task.exponent = exponent;
  task.asymptote = asymptote;
  task.error_at_least_size = asymptote + 0.4;
  task.noise = noise;
  task.sizes = sizes;
  task.seeds = seeds;
  return task;
}

const std::vector<std::tuple<int, int, double>> kDesigns = {
    {8, 5, 0.02}, {8, 5, 0.06}, {8, 3, 0.06}, {5, 3, 0.02}, {5, 3, 0.06}};
const std::vector<std::pair<double, double>> kLaws = {{0.2, 0.0}, {0.2, 0.1},  {0.5, 0.0},
                                                      {0.5, 0.1}, {0.8, 0.05}, {0.8, 0.2}};

// The usual alternative: whole seeds resampled, every law refitted, percentiles of the results.
std::pair<Interval, Interval> PercentileBootstrap(const LearningCurve& curve, int seeds,
                                                  uint64_t repetition) {
  constexpr int kResamples = 200;
  const RandomStream stream(repetition, RandomPurpose::kSynthetic, 9);
  std::vector<double> exponents, asymptotes;
  for (uint64_t sample = 0; sample < kResamples; ++sample) {
    std::vector<MeasuredRun> runs;
    for (uint64_t copy = 0; copy < static_cast<uint64_t>(seeds); ++copy) {
      const size_t drawn = stream.Below(sample, copy, static_cast<uint64_t>(seeds));
      for (const CurvePoint& point : curve.points) {
        runs.push_back({point.size, copy, copy, point.runs[drawn].error});
      }
    }
    const Law law =
        FitCurve(*LearningCurve::Create("", std::move(runs)), LawKind::kPower).law.law();
    exponents.push_back(law.exponents[0]);
    asymptotes.push_back(law.coefficients[0]);
  }
  const auto interval = [](std::vector<double>& values) {
    std::sort(values.begin(), values.end());
    return Interval{values[kResamples * 25 / 1000], values[kResamples * 975 / 1000 - 1]};
  };
  return {interval(exponents), interval(asymptotes)};
}

void PrintIntervals(int repetitions) {
  std::printf(
      "| sizes x seeds, noise | b | E | covers b | covers E | width b | width E | bootstrap covers "
      "b "
      "| E |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
  for (const auto& [sizes, seeds, noise] : kDesigns) {
    for (const auto& [exponent, asymptote] : kLaws) {
      const SyntheticTask task = Task(exponent, asymptote, noise, sizes, seeds);
      int covers_b = 0, covers_e = 0, bootstrap_b = 0, bootstrap_e = 0, bootstraps = 0;
      std::vector<double> width_b, width_e;
      for (int i = 0; i < repetitions; ++i) {
        const LearningCurve curve = task.Draw(kFirst + static_cast<uint64_t>(i));
        const CurveFit fit = FitCurve(curve, LawKind::kPower);
        const Interval b = fit.law.Exponent().interval, e = fit.law.Asymptote().interval;
        covers_b += b.Contains(exponent);
        covers_e += e.Contains(asymptote);
        width_b.push_back(b.high - b.low);
        width_e.push_back(e.high - e.low);
        if (i % kBootstrapEvery != 0) continue;
        ++bootstraps;
        const auto [other_b, other_e] =
            PercentileBootstrap(curve, seeds, kFirst + static_cast<uint64_t>(i));
        bootstrap_b += other_b.Contains(exponent);
        bootstrap_e += other_e.Contains(asymptote);
      }
      std::sort(width_b.begin(), width_b.end());
      std::sort(width_e.begin(), width_e.end());
      const double percent = 100.0 / repetitions;
      std::printf("| %dx%d, %.0f %% | %.1f | %.2f | %.0f | %.0f | %.3f | %.4f | %.0f | %.0f |\n",
                  sizes, seeds, 100 * noise, exponent, asymptote, covers_b * percent,
                  covers_e * percent, width_b[width_b.size() / 2], width_e[width_e.size() / 2],
                  100.0 * bootstrap_b / bootstraps, 100.0 * bootstrap_e / bootstraps);
    }
  }
}

void PrintForecasts(int repetitions) {
  std::printf(
      "\n| sizes x seeds, noise, test part | b | E | 80 %% covers | 95 %% covers | CRPS |\n"
      "| --- | --- | --- | --- | --- | --- |\n");
  for (double test_samples : {0.0, 10000.0}) {
    for (const auto& [sizes, seeds, noise] : kDesigns) {
      for (const auto& [exponent, asymptote] : kLaws) {
        if (test_samples > 0 && sizes == 8 && seeds == 3) continue;
        SyntheticTask task = Task(exponent, asymptote, noise, sizes, seeds);
        task.largest = 6000;
        task.test_samples = test_samples;
        std::vector<std::pair<Forecast, double>> forecasts;
        for (int i = 0; i < repetitions; ++i) {
          const uint64_t repetition = kFirst + static_cast<uint64_t>(i);
          forecasts.push_back({*MakeForecast(task.Draw(repetition), 60000),
                               task.RunsAt(60000, repetition)[0].error});
        }
        const ForecastScore score = ScoreForecasts(forecasts);
        std::printf("| %dx%d, %.0f %%, %s | %.1f | %.2f | %.0f | %.0f | %.4f |\n", sizes, seeds,
                    100 * noise, test_samples > 0 ? "10,000" : "none", exponent, asymptote,
                    100 * score.coverage80, 100 * score.coverage95, score.crps);
      }
    }
  }
}

void PrintPlateaus(int repetitions) {
  std::printf(
      "\n| sizes x seeds, noise | b | E | true gain per doubling | plateaued | keeps improving | "
      "undecided | ill-behaved |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n");
  for (const auto& [sizes, seeds, noise] : kDesigns) {
    for (const auto& [exponent, asymptote] : std::vector<std::pair<double, double>>{{0.2, 0.0},
                                                                                    {0.35, 0.1},
                                                                                    {0.8, 0.02},
                                                                                    {0.5, 0.2},
                                                                                    {0.8, 0.1},
                                                                                    {0.8, 0.2},
                                                                                    {1.2, 0.1}}) {
      const SyntheticTask task = Task(exponent, asymptote, noise, sizes, seeds);
      int trends[3] = {}, ill = 0;
      for (int i = 0; i < repetitions; ++i) {
        const Plateau plateau = TestPlateau(task.Draw(kFirst + static_cast<uint64_t>(i)));
        const bool is_ill = plateau.finding.verdict == Verdict::kIllBehaved;
        ill += is_ill;
        if (!is_ill) ++trends[static_cast<int>(plateau.trend)];
      }
      const double percent = 100.0 / repetitions;
      std::printf("| %dx%d, %.0f %% | %.2f | %.2f | %.2f %% | %.0f | %.0f | %.0f | %.0f |\n", sizes,
                  seeds, 100 * noise, exponent, asymptote,
                  100 * task.law().ImprovementPerDoubling(60000), trends[0] * percent,
                  trends[1] * percent, trends[2] * percent, ill * percent);
    }
  }
}

// Seven models at eight sizes with five seeds: every analysis of them.
void PrintCost() {
  std::vector<LearningCurve> curves;
  std::vector<ModelCurve> ladder;
  for (uint32_t model = 0; model < 7; ++model) {
    SyntheticTask task = Task(0.25 + 0.07 * model, 0.15 - 0.02 * model, 0.04, 8, 5);
    task.model = model;
    task.test_samples = 10000;
    curves.push_back(task.Draw(kFirst));
    ladder.push_back({1000 * std::pow(4.0, model), curves.back()});
  }
  const std::clock_t start = std::clock();
  for (const LearningCurve& curve : curves) {
    TestPlateau(curve);
    for (double size : {120000.0, 600000.0}) *MakeForecast(curve, size);
  }
  for (size_t i = 0; i < curves.size(); ++i) {
    for (size_t k = 0; k < i; ++k) FindCrossover(curves[i], curves[k]);
  }
  AnalysePredictability(curves);
  CompareFamilies("nets", {curves.begin(), curves.begin() + 4}, "rivals",
                  {curves.begin() + 4, curves.end()});
  const JointFit joint = *FitJoint(ladder);
  JudgeLimits(joint, 60000, 1e6);
  *MakeForecast(joint, 600000, 1e7);
  std::printf("A whole analysis of 7 models, 8 sizes, 5 seeds: %.2f s of one core\n\n",
              static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
}

}  // namespace
}  // namespace trainyard::studies

int main(int argc, char** argv) {
  const int repetitions = argc > 1 ? std::max(1, std::atoi(argv[1])) : 200;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  trainyard::studies::PrintCost();
  trainyard::studies::PrintIntervals(repetitions);
  trainyard::studies::PrintForecasts(repetitions);
  trainyard::studies::PrintPlateaus(repetitions);
}
