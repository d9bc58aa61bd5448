#include "engine/studies/takeaway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/base/status.h"
#include "tests/engine/normal.h"

namespace trainyard::studies {
namespace {

using ::testing::HasSubstr;

// Errors of two factors over three seeds: `errors` of none, data, model, both, scattered by so
// much.
std::vector<TakeawayRun> Runs(const std::vector<double>& errors, double scatter) {
  std::vector<TakeawayRun> runs;
  for (uint32_t cell = 0; cell < 4; ++cell) {
    for (uint64_t seed = 0; seed < 3; ++seed) {
      const double sign = (static_cast<double>(seed) - 1) * (cell % 2 == 0 ? 1 : -1);
      runs.push_back({cell, seed, errors[cell] * (1 + scatter * sign)});
    }
  }
  return runs;
}

Takeaway Of(const std::vector<double>& errors, double scatter = 0.01, double samples = 0) {
  const auto takeaway = AnalyseTakeaway({"data", "model"}, Runs(errors, scatter), samples);
  EXPECT_TRUE(takeaway.ok()) << takeaway.status();
  return takeaway.ok() ? *takeaway : Takeaway();
}

TEST(TakeawayTest, EffectsMultiplyTheError) {
  // Alone by a half and by 0.8: the product would be 0.4, together they are 0.3.
  const Takeaway takeaway = Of({0.4, 0.2, 0.32, 0.12}, 1e-6);
  EXPECT_NEAR(Ratio(takeaway.factorial.alone[0].estimate).value, 0.5, 1e-6);
  EXPECT_NEAR(Ratio(takeaway.factorial.alone[1].estimate).value, 0.8, 1e-6);
  EXPECT_NEAR(Ratio(takeaway.factorial.together.estimate).value, 0.3, 1e-6);
  EXPECT_NEAR(Ratio(takeaway.factorial.sum_alone.estimate).value, 0.4, 1e-6);
  EXPECT_NEAR(Ratio(takeaway.factorial.beyond_sum.estimate).value, 0.75, 1e-6);
  // Of data without and with the model: sqrt(0.5 * 0.12 / 0.32).
  EXPECT_NEAR(Ratio(takeaway.factorial.effects[0].estimate).value, std::sqrt(0.5 * 0.375), 1e-6);
  EXPECT_THAT(takeaway.findings[0].sentence,
              HasSubstr("together data and model take the error to 0.3x (0.3 to 0.3), from 0.4 to "
                        "0.12; alone data 0.5x (0.5 to 0.5), model 0.8x"));
  EXPECT_THAT(takeaway.findings[1].sentence,
              HasSubstr("the effects alone multiply to 0.4x (0.4 to 0.4); together they are 0.3x"));
}

TEST(TakeawayTest, VerdictsFollowTheIntervals) {
  ASSERT_EQ(Of({0.4, 0.2, 0.32, 0.12}).claims.size(), 4u);
  // Together better than each alone, and more, less or about as much as the product.
  EXPECT_EQ(Of({0.4, 0.2, 0.32, 0.12}).findings[0].verdict, Verdict::kHolds);
  EXPECT_EQ(Of({0.4, 0.2, 0.32, 0.12}).findings[1].verdict, Verdict::kHolds);
  EXPECT_EQ(Of({0.4, 0.2, 0.32, 0.19}).findings[1].verdict, Verdict::kDoesNotHold);
  EXPECT_EQ(Of({0.4, 0.2, 0.32, 0.16}).findings[1].verdict, Verdict::kUndecided);
  // Data alone is better than both; as good as both.
  EXPECT_EQ(Of({0.4, 0.1, 0.32, 0.2}).findings[0].verdict, Verdict::kDoesNotHold);
  EXPECT_EQ(Of({0.4, 0.2, 0.32, 0.2}).findings[0].verdict, Verdict::kUndecided);
  // The model makes it worse.
  EXPECT_EQ(Of({0.2, 0.1, 0.4, 0.2}).findings[3].verdict, Verdict::kDoesNotHold);
  EXPECT_EQ(Of({0.2, 0.1, 0.4, 0.2}).claims[3], "model lowers the error");
}

// Seeds that never differ leave the choice of 100 test samples: that of errors 0.4 and 0.2 in
// logarithms is 1 / (100 * 0.2) - 1 / (100 * 0.4) = 0.025 (0.04 + 0.015 - 2 * 0.015).
TEST(TakeawayTest, TheTestPartWidensTheIntervals) {
  const Estimate alone = Of({0.4, 0.2, 0.32, 0.12}, 0, 100).factorial.alone[0].estimate;
  EXPECT_NEAR(alone.interval.high - alone.value, 1.95996398 * std::sqrt(0.025), 1e-6);
  EXPECT_THAT(Of({0.4, 0.2, 0.32, 0.12}, 0, 100).findings[0].sentence,
              HasSubstr("from 40 % to 12 %"));
}

TEST(TakeawayTest, NoErrorsAtAllAreHalfASample) {
  const Takeaway takeaway = Of({0.4, 0.2, 0.32, 0}, 0, 1000);
  EXPECT_NEAR(Ratio(takeaway.factorial.together.estimate).value, 0.0005 / 0.4, 1e-9);
  EXPECT_THAT(Message(AnalyseTakeaway({"data", "model"}, Runs({0.4, 0.2, 0.32, 0}, 0), 0).status()),
              HasSubstr("has no logarithm"));
}

TEST(TakeawayTest, TwoSeedsGiveNumbersAndNoVerdict) {
  std::vector<TakeawayRun> runs = Runs({0.4, 0.2, 0.32, 0.12}, 0.01);
  runs[4].error = NAN;
  const auto takeaway = AnalyseTakeaway({"data", "model"}, runs, 0);
  ASSERT_TRUE(takeaway.ok()) << takeaway.status();
  for (const Finding& finding : takeaway->findings) {
    EXPECT_EQ(finding.verdict, Verdict::kInsufficientData);
    EXPECT_THAT(finding.sentence, HasSubstr("1 of 3 seeds are left out"));
    EXPECT_THAT(finding.sentence, HasSubstr("verdicts take 3 whole seeds"));
  }
}

TEST(TakeawayTest, SaysWhatIsMissing) {
  std::vector<TakeawayRun> runs = Runs({0.4, 0.2, 0.32, 0.12}, 0.01);
  for (TakeawayRun& run : runs) {
    if (run.factors == 2) run.error = NAN;
  }
  EXPECT_THAT(Message(AnalyseTakeaway({"data", "model"}, runs, 0).status()),
              HasSubstr("no run that ended well with model on"));
  EXPECT_FALSE(AnalyseTakeaway({}, {}, 0).ok());
  EXPECT_FALSE(AnalyseTakeaway({"data"}, {{7, 1, 0.5}}, 0).ok());
}

}  // namespace
}  // namespace trainyard::studies
