#include "server/studies/study_forecast.h"

#include <cmath>

#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trainyard {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr double kNoise[] = {0.997, 1.004, 0.999};

// Error 0.05 + A n^-0.5 with a little noise; a run takes n / 1000 core-seconds.
void AddContender(const std::string& name, double a, uint64_t parameters, v1::Study& study) {
  v1::Contender& contender = *study.mutable_specification()->add_contenders();
  contender.set_name(name);
  contender.set_family(v1::NETWORK);
  int turn = 0;
  for (const uint64_t size : {100, 300, 1000, 3000, 10'000}) {
    v1::StudyPoint& point = *study.add_points();
    point.set_contender(name);
    point.set_size(size);
    point.set_state(v1::SUCCEEDED);
    point.set_parameters(parameters);
    point.set_core_seconds(3 * 1e-3 * static_cast<double>(size));
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      v1::StudyPoint::Seed& run = *point.add_seeds();
      run.set_seed(seed);
      const double law = 0.05 + a / std::sqrt(static_cast<double>(size));
      run.set_error(law * kNoise[(turn++ + static_cast<int>(seed)) % 3]);
    }
  }
}

v1::Study Sample() {
  v1::Study study;
  study.set_name("studies/s");
  study.mutable_specification()->set_seeds(3);
  AddContender("net", 2, 1000, study);
  return study;
}

v1::Forecast Wanted(const std::string& contender, double samples, double parameters = 0) {
  v1::Forecast wanted;
  wanted.set_contender(contender);
  wanted.set_samples(samples);
  wanted.set_parameters(parameters);
  return wanted;
}

TEST(StudyForecastTest, TheLawGoesOn) {
  const auto forecast = ForecastStudy(Sample(), Wanted("net", 100'000), 0);
  ASSERT_TRUE(forecast.ok()) << Message(forecast.status());
  const double truth = 0.05 + 2 / std::sqrt(1e5);
  EXPECT_NEAR(forecast->value(), truth, 0.003);
  EXPECT_LT(forecast->low95(), truth);
  EXPECT_GT(forecast->high95(), truth);
  EXPECT_LE(forecast->low95(), forecast->low80());
  EXPECT_EQ(forecast->quantiles_size(), 20);
  EXPECT_EQ(forecast->formula(), "E + A n^-b");
  EXPECT_EQ(forecast->coefficients_size(), 2);
  EXPECT_EQ(forecast->study(), "studies/s");
  EXPECT_EQ(forecast->seeds(), 3u);
  EXPECT_DOUBLE_EQ(forecast->largest(), 10'000);
  // Three runs a point of n / 1000 core-seconds each.
  EXPECT_NEAR(forecast->core_seconds().value(), 100, 1e-6);
  ASSERT_GE(forecast->advice_size(), 2);
  EXPECT_THAT(forecast->advice(0), StartsWith("worth it: the error is expected to go from 0.07"));
  EXPECT_THAT(forecast->advice(1), StartsWith("collect data: "));
}

TEST(StudyForecastTest, TooLittleIsSaid) {
  v1::Study study = Sample();
  study.mutable_points()->RemoveLast();
  const auto forecast = ForecastStudy(study, Wanted("net", 100'000), 0);
  EXPECT_EQ(ReasonOf(forecast.status()), "INSUFFICIENT_DATA");
  EXPECT_THAT(Message(forecast.status()), HasSubstr("net"));
  // One network is no ladder.
  EXPECT_EQ(ReasonOf(ForecastStudy(Sample(), Wanted("", 100'000, 1e6), 0).status()),
            "INSUFFICIENT_DATA");
}

TEST(StudyForecastTest, ALadderTakesParameters) {
  v1::Study study;
  study.set_name("studies/s");
  study.mutable_specification()->set_seeds(3);
  AddContender("small", 2.4, 1000, study);
  AddContender("medium", 2.0, 10'000, study);
  AddContender("large", 1.9, 100'000, study);
  const auto forecast = ForecastStudy(study, Wanted("", 100'000, 400'000), 0);
  ASSERT_TRUE(forecast.ok()) << Message(forecast.status());
  EXPECT_EQ(forecast->exponents_size(), 2);
  EXPECT_EQ(forecast->coefficients_size(), 3);
  EXPECT_GT(forecast->value(), 0.02);
  EXPECT_LT(forecast->value(), 0.08);
}

v1::Job Measured(const std::vector<double>& accuracies) {
  v1::Job job;
  job.set_name("jobs/m");
  job.set_state(v1::SUCCEEDED);
  for (size_t i = 0; i < accuracies.size(); ++i) {
    job.mutable_specification()->add_runs()->set_seed(i + 1);
    v1::RunResult& run = *job.add_runs();
    run.set_run(static_cast<uint32_t>(i));
    run.set_state(v1::SUCCEEDED);
    v1::MetricValue& value = *run.add_results();
    value.set_series("test/accuracy");
    value.set_value(accuracies[i]);
  }
  return job;
}

v1::Forecast Made() {
  v1::Forecast forecast;
  forecast.set_value(0.1);
  forecast.set_low80(0.09);
  forecast.set_high80(0.11);
  forecast.set_low95(0.08);
  forecast.set_high95(0.12);
  for (const double quantile : {0.09, 0.11}) forecast.add_quantiles(quantile);
  return forecast;
}

// Quantiles 0.09 at 1/4 and 0.11 at 3/4; measured 0.115: (2 * 0.025 / 4 + 2 * 0.005 * 3/4) / 2 =
// 0.01.
TEST(StudyForecastTest, ScoresByTheMeanOverSeeds) {
  const auto score = ScoreBy(Made(), Measured({0.88, 0.89}));
  ASSERT_TRUE(score.ok());
  EXPECT_NEAR(score->measured(), 0.115, 1e-12);
  EXPECT_EQ(score->seeds(), 2u);
  EXPECT_FALSE(score->inside80());
  EXPECT_TRUE(score->inside95());
  EXPECT_NEAR(score->crps(), 0.01, 1e-12);
}

TEST(StudyForecastTest, WhatMeasuredNothingScoresNothing) {
  v1::Job job = Measured({0.9});
  job.set_state(v1::RUNNING);
  EXPECT_EQ(ReasonOf(ScoreBy(Made(), job).status()), "NO_RESULTS");
  EXPECT_EQ(ReasonOf(ScoreBy(Made(), Measured({})).status()), "NO_RESULTS");
}

TEST(StudyForecastTest, TheRecordIsOfAll) {
  v1::Forecast good = Made(), bad = Made();
  good.mutable_score()->set_measured(0.1);
  bad.mutable_score()->set_measured(0.2);
  const v1::ForecastRecord record = RecordOf({good, bad});
  EXPECT_EQ(record.scored(), 2u);
  EXPECT_DOUBLE_EQ(record.coverage80(), 0.5);
  EXPECT_DOUBLE_EQ(record.coverage95(), 0.5);
  EXPECT_NEAR(record.log_error(), std::log(2) / std::sqrt(2), 1e-12);
  EXPECT_EQ(RecordOf({}).scored(), 0u);
}

}  // namespace
}  // namespace trainyard
