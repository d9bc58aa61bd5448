// On tasks with a known law and Bayes error the intervals contain the truth as often as they say.
// 100 repetitions each, seeded; the tables in docs/decisions/fits.md have more.
#include <gtest/gtest.h>

#include <string>

#include "engine/studies/curve_fit.h"
#include "engine/studies/forecast.h"
#include "engine/studies/plateau.h"
#include "tests/engine/studies/synthetic_curve.h"

namespace trainyard::studies {
namespace {

constexpr int kRepetitions = 100;

std::string Describe(const SyntheticTask& task) {
  return "b " + std::to_string(task.exponent) + " E " + std::to_string(task.asymptote) + " noise " +
         std::to_string(task.noise) + " sizes " + std::to_string(task.sizes) + " seeds " +
         std::to_string(task.seeds) + " correlation " + std::to_string(task.seed_correlation) +
         " test samples " + std::to_string(task.test_samples);
}

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

void ExpectCovered(const SyntheticTask& task) {
  int exponent = 0, asymptote = 0;
  double width = 0;
  for (uint64_t repetition = 0; repetition < kRepetitions; ++repetition) {
    const CurveFit fit = FitCurve(task.Draw(repetition), LawKind::kPower);
    const Interval interval = fit.law.Exponent().interval;
    exponent += interval.Contains(task.exponent);
    asymptote += fit.law.Asymptote().interval.Contains(task.asymptote);
    width += (interval.high - interval.low) / kRepetitions;
  }
  EXPECT_GE(exponent, 90) << Describe(task);
  EXPECT_GE(asymptote, 90) << Describe(task);
  // Not by being absurdly wide.
  EXPECT_LT(width, 0.35) << Describe(task);
}

TEST(CalibrationTest, ExponentAndAsymptoteLieInTheirIntervals) {
  for (double exponent : {0.2, 0.5, 0.8}) {
    for (double asymptote : {0.0, 0.05, 0.2}) {
      ExpectCovered(Task(exponent, asymptote, 0.03, 8, 5));
      ExpectCovered(Task(exponent, asymptote, 0.06, 5, 3));
    }
  }
}

TEST(CalibrationTest, AlsoWhereSeedsBringTheSameToEverySize) {
  for (double exponent : {0.3, 0.6}) {
    SyntheticTask task = Task(exponent, 0.1, 0.04, 7, 4);
    task.seed_correlation = 0.5;
    ExpectCovered(task);
  }
}

TEST(CalibrationTest, AlsoForTheErrorBeyondTheTestPart) {
  for (double exponent : {0.3, 0.6}) {
    SyntheticTask task = Task(exponent, 0.1, 0.02, 8, 5);
    task.test_samples = 2000;
    ExpectCovered(task);
  }
}

// How the curve's trend is judged, of kRepetitions.
struct Judged {
  int right = 0;
  int wrong = 0;
};

Judged Judge(const SyntheticTask& task, Trend truth) {
  Judged judged;
  for (uint64_t repetition = 0; repetition < kRepetitions; ++repetition) {
    const Plateau plateau = TestPlateau(task.Draw(repetition));
    judged.right += plateau.trend == truth;
    judged.wrong += plateau.trend != truth && plateau.trend != Trend::kUndecided;
  }
  return judged;
}

TEST(CalibrationTest, PlateausAndImprovementsAreTold) {
  // Improvement per doubling at 60,000: 1.0, 0.5, 0.1 %.
  for (const auto& [exponent, asymptote] : {std::pair{0.8, 0.1}, {0.8, 0.2}, {1.2, 0.1}}) {
    for (const SyntheticTask& task :
         {Task(exponent, asymptote, 0.03, 8, 5), Task(exponent, asymptote, 0.02, 5, 3)}) {
      EXPECT_GE(Judge(task, Trend::kPlateaued).right, 95) << Describe(task);
    }
  }
  // 13, 6.8, 13, 4.6 %.
  for (const auto& [exponent, asymptote] :
       {std::pair{0.2, 0.0}, {0.2, 0.1}, {0.5, 0.02}, {0.8, 0.02}}) {
    for (const SyntheticTask& task :
         {Task(exponent, asymptote, 0.03, 8, 5), Task(exponent, asymptote, 0.04, 5, 3)}) {
      EXPECT_GE(Judge(task, Trend::kKeepsImproving).right, 95) << Describe(task);
    }
  }
  // 2.2 %, next to the threshold: hardly ever called a plateau.
  EXPECT_LE(Judge(Task(0.5, 0.2, 0.06, 5, 3), Trend::kKeepsImproving).wrong, 5);
}

// Fitted up to 6,000, forecast to 60,000, where one run is then made.
TEST(CalibrationTest, ForecastsADecadeAheadCover) {
  std::vector<std::pair<Forecast, double>> all;
  for (const auto& [exponent, asymptote] :
       {std::pair{0.2, 0.05}, {0.35, 0.0}, {0.5, 0.1}, {0.8, 0.2}}) {
    for (const auto& [sizes, seeds, test_samples] :
         {std::tuple{8, 5, 0.0}, {5, 3, 0.0}, {6, 4, 2000.0}}) {
      SyntheticTask task = Task(exponent, asymptote, 0.04, sizes, seeds);
      task.largest = 6000;
      task.test_samples = test_samples;
      std::vector<std::pair<Forecast, double>> forecasts;
      for (uint64_t repetition = 0; repetition < kRepetitions; ++repetition) {
        const auto forecast = MakeForecast(task.Draw(repetition), 60000);
        ASSERT_TRUE(forecast.ok());
        forecasts.push_back({*forecast, task.RunsAt(60000, repetition)[0].error});
      }
      const ForecastScore score = ScoreForecasts(forecasts);
      EXPECT_GE(score.coverage80, 0.7) << Describe(task);
      EXPECT_LE(score.coverage80, 0.95) << Describe(task);  // 100 repetitions: 4 % either way
      EXPECT_GE(score.coverage95, 0.88) << Describe(task);
      all.insert(all.end(), forecasts.begin(), forecasts.end());
    }
  }
  const ForecastScore score = ScoreForecasts(all);
  EXPECT_GE(score.coverage80, 0.75);
  EXPECT_LE(score.coverage80, 0.9);
  EXPECT_NEAR(score.coverage95, 0.96, 0.025);
}

}  // namespace
}  // namespace trainyard::studies
