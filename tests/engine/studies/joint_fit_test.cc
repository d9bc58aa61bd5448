#include "engine/studies/joint_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include "engine/base/status.h"
#include "engine/studies/forecast.h"
#include "tests/engine/normal.h"

namespace trainyard::studies {
namespace {

using ::testing::HasSubstr;

// Five models at six sizes with three seeds each.
std::vector<ModelCurve> Ladder(const Law& law, double noise, uint64_t repetition) {
  const RandomStream stream(repetition, RandomPurpose::kSynthetic);
  std::vector<ModelCurve> models;
  for (double parameters : {3e3, 1e4, 3e4, 1e5, 3e5}) {
    std::vector<MeasuredRun> runs;
    for (double size : {300, 750, 2000, 5000, 12000, 30000}) {
      for (uint64_t seed = 0; seed < 3; ++seed) {
        const double draw =
            Normal(stream, static_cast<uint64_t>(size), seed + static_cast<uint64_t>(parameters));
        runs.push_back({size, seed, seed, law.At(size, parameters) * (1 + noise * draw)});
      }
    }
    models.push_back({parameters, *LearningCurve::Create("net", std::move(runs))});
  }
  return models;
}

const Law kLaw{LawKind::kJoint, {0.05, 2, 5}, {0.3, 0.5}};

constexpr double kTestSamples = 10'000;
using ErrorAt = std::function<double(double size, double parameters)>;

// As Ladder, of any errors, on one test part whose samples have difficulties drawn once: what its
// choice brings is common to all cells.
std::vector<ModelCurve> LadderOnOneTestPart(const ErrorAt& error_at, double noise,
                                            uint64_t repetition) {
  const RandomStream stream(repetition, RandomPurpose::kSynthetic);
  std::vector<double> difficulties;
  for (uint64_t i = 0; i < static_cast<uint64_t>(kTestSamples); ++i)
    difficulties.push_back(stream.Uniform(uint64_t{1} << 20, i));
  std::sort(difficulties.begin(), difficulties.end());
  std::vector<ModelCurve> models;
  for (double parameters : {3e3, 1e4, 3e4, 1e5, 3e5}) {
    std::vector<MeasuredRun> runs;
    for (double size : {300, 750, 2000, 5000, 12000, 30000}) {
      const auto wrong =
          std::lower_bound(difficulties.begin(), difficulties.end(), error_at(size, parameters)) -
          difficulties.begin();
      for (uint64_t seed = 0; seed < 3; ++seed) {
        const double draw =
            Normal(stream, static_cast<uint64_t>(size), seed + static_cast<uint64_t>(parameters));
        runs.push_back(
            {size, seed, seed, static_cast<double>(wrong) / kTestSamples * (1 + noise * draw)});
      }
    }
    models.push_back({parameters, *LearningCurve::Create("net", std::move(runs), kTestSamples)});
  }
  return models;
}

// Where the cells lie about the law: the share above it, and the mean of log(cell / law).
struct Balance {
  double above = 0;
  double mean = 0;
};

Balance BalanceOf(const JointFit& fit, const std::vector<ModelCurve>& models) {
  Balance balance;
  double cells = 0;
  for (const ModelCurve& model : models) {
    for (const CurvePoint& point : model.curve.points) {
      const double residual = std::log(point.mean / fit.law.law().At(point.size, model.parameters));
      balance.above += residual > 0;
      balance.mean += residual;
      ++cells;
    }
  }
  return {balance.above / cells, balance.mean / cells};
}

TEST(JointFitTest, ExponentsAndForecastsCover) {
  constexpr int kRepetitions = 40;
  int a = 0, b = 0, asymptote = 0;
  std::vector<std::pair<Forecast, double>> forecasts;
  for (uint64_t repetition = 0; repetition < kRepetitions; ++repetition) {
    const auto fit = FitJoint(Ladder(kLaw, 0.03, repetition));
    ASSERT_TRUE(fit.ok()) << fit.status();
    a += fit->law.Exponent(0).interval.Contains(0.3);
    b += fit->law.Exponent(1).interval.Contains(0.5);
    asymptote += fit->law.Asymptote().interval.Contains(0.05);
    const RandomStream stream(repetition, RandomPurpose::kSynthetic);
    forecasts.push_back(
        {*MakeForecast(*fit, 3e5, 1e6), kLaw.At(3e5, 1e6) * (1 + 0.03 * Normal(stream, 1, 1))});
  }
  EXPECT_GE(a, 0.9 * kRepetitions);
  EXPECT_GE(b, 0.9 * kRepetitions);
  EXPECT_GE(asymptote, 0.9 * kRepetitions);
  const ForecastScore score = ScoreForecasts(forecasts);
  EXPECT_GE(score.coverage80, 0.65);  // of 20
  EXPECT_LE(score.coverage80, 0.95);
}

TEST(JointFitTest, AlsoCoverWhereAllCellsShareATestPart) {
  constexpr int kRepetitions = 100;
  int a = 0, b = 0, asymptote = 0;
  for (uint64_t repetition = 0; repetition < kRepetitions; ++repetition) {
    const auto fit = FitJoint(LadderOnOneTestPart(
        [](double size, double parameters) { return kLaw.At(size, parameters); }, 0.03,
        repetition));
    ASSERT_TRUE(fit.ok()) << fit.status();
    a += fit->law.Exponent(0).interval.Contains(0.3);
    b += fit->law.Exponent(1).interval.Contains(0.5);
    asymptote += fit->law.Asymptote().interval.Contains(0.05);
  }
  RecordProperty("covered",
                 std::to_string(a) + " " + std::to_string(b) + " " + std::to_string(asymptote));
  EXPECT_GE(a, 0.9 * kRepetitions);
  EXPECT_GE(b, 0.9 * kRepetitions);
  EXPECT_GE(asymptote, 0.9 * kRepetitions);
}

// With the test part's common noise as the price of a shift, a law that does not fit paid for small
// gains in the differences of cells by lying beside all of them.
TEST(JointFitTest, LiesAmongCellsThatFollowNoSuchLaw) {
  const std::vector<std::pair<std::string, ErrorAt>> cases = {
      {"waves",
       [](double size, double parameters) {
         return kLaw.At(size, parameters) *
                (1 + 0.15 * std::sin(2 * std::log(size) + 3 * std::log(parameters)));
       }},
      {"the larger term alone",
       [](double size, double parameters) {
         return 0.05 + std::max(2 * std::pow(parameters, -0.3), 5 * std::pow(size, -0.5));
       }},
      {"small models learn more slowly",
       [](double size, double parameters) {
         return 0.05 + 2 * std::pow(size, -0.08 * std::log10(parameters));
       }},
      {"the smallest model fails",
       [](double size, double parameters) {
         return kLaw.At(size, parameters) * (parameters < 5e3 ? 1.5 : 1);
       }},
  };
  for (const auto& [name, error_at] : cases) {
    for (uint64_t repetition = 0; repetition < 3; ++repetition) {
      const std::vector<ModelCurve> models = LadderOnOneTestPart(error_at, 0.01, repetition);
      const auto fit = FitJoint(models);
      ASSERT_TRUE(fit.ok()) << fit.status();
      const Balance balance = BalanceOf(*fit, models);
      EXPECT_GE(balance.above, 0.3) << name;
      EXPECT_LE(balance.above, 0.7) << name;
      EXPECT_NEAR(balance.mean, 0, 0.03) << name;
      EXPECT_LT(fit->lack_of_fit, 0.001) << name;
      EXPECT_GT(fit->worst_residual, 0.1) << name;
      EXPECT_EQ(JudgeLimits(*fit, 5000, 1e5).finding.verdict, Verdict::kIllBehaved) << name;
    }
  }
}

// At (N, n): E 0.05; A/N^0.3 and B/n^0.5 by the point.
TEST(JointFitTest, ThePointDecidesWhatLimits) {
  const auto fit = FitJoint(Ladder(kLaw, 0.02, 1));
  ASSERT_TRUE(fit.ok());
  const LimitVerdict data = JudgeLimits(*fit, 300, 3e5);  // 0.05, 0.045, 0.29
  EXPECT_EQ(data.limit, Limit::kData);
  EXPECT_EQ(data.finding.verdict, Verdict::kHolds);
  EXPECT_NEAR(data.data.value, 0.29 / 0.385, 0.05);
  EXPECT_NEAR(data.data.value + data.model.value + data.noise.value, 1, 1e-12);
  EXPECT_THAT(data.finding.sentence, HasSubstr("data-limited: of the predicted error 0.38"));
  EXPECT_EQ(JudgeLimits(*fit, 30000, 3e3).limit, Limit::kModel);  // 0.05, 0.18, 0.03
  EXPECT_EQ(JudgeLimits(*fit, 1e9, 1e12).limit, Limit::kNoise);
  // Where two terms are equal: 2 / N^0.3 = 5 / n^0.5 = 0.13.
  EXPECT_EQ(JudgeLimits(*fit, 1479, 9100).limit, Limit::kUndecided);
}

TEST(JointFitTest, RefusesWhatIsTooLittle) {
  auto models = Ladder(kLaw, 0.02, 1);
  const std::vector<ModelCurve> two(models.begin(), models.begin() + 2);
  EXPECT_THAT(Message(FitJoint(two).status()), HasSubstr("insufficient data: 2 model sizes"));
  EXPECT_FALSE(FitJoint({}).ok());
  models[0].parameters = 0;
  EXPECT_EQ(FitJoint(models).status().code(), absl::StatusCode::kInvalidArgument);
  models.assign(70, Ladder(kLaw, 0.02, 1)[0]);
  for (size_t i = 0; i < models.size(); ++i)
    models[i].parameters = 1e3 * static_cast<double>(i + 1);
  EXPECT_THAT(Message(FitJoint(models).status()), HasSubstr("420 pairs of model and size"));
}

TEST(JointFitTest, RefusesForecastsOfNothing) {
  const auto fit = FitJoint(Ladder(kLaw, 0.02, 1));
  EXPECT_FALSE(MakeForecast(*fit, 1000, 0).ok());
  EXPECT_FALSE(MakeForecast(*fit, NAN, 1000).ok());
}

}  // namespace
}  // namespace trainyard::studies
