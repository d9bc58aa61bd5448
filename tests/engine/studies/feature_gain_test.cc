#include "engine/studies/feature_gain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/base/philox.h"

namespace trainyard::studies {
namespace {

using ::testing::HasSubstr;

// Errors base * size^-exponent, each seed with a level of its own and a little noise.
LearningCurve Curve(const char* name, double base, double exponent, int seeds = 5,
                    double noise = 0.01) {
  const RandomStream stream(static_cast<uint64_t>(base * 1000), RandomPurpose::kSynthetic);
  std::vector<MeasuredRun> runs;
  for (uint64_t seed = 1; seed <= static_cast<uint64_t>(seeds); ++seed) {
    for (const double size : {100.0, 1000.0, 10000.0}) {
      const double draw = stream.Uniform(seed, static_cast<uint64_t>(size)) - 0.5;
      const double level = 1 + 0.05 * static_cast<double>(seed);
      runs.push_back(
          {size, seed, seed, level * base * std::pow(size, -exponent) * (1 + noise * draw)});
    }
  }
  return *LearningCurve::Create(name, runs);
}

// By hand: two thirds of the errors go at 100 samples, and with ten times the data the ratio
// 3, 1.5, 0.75 halves, whatever the levels of the seeds.
TEST(FeatureGainTest, ByHand) {
  std::vector<MeasuredRun> without, with;
  double ratio = 3;
  for (const double size : {100.0, 1000.0, 10000.0}) {
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      const double error = 0.01 * static_cast<double>(seed);
      without.push_back({size, seed, seed, error * ratio});
      with.push_back({size, seed, seed, error});
    }
    ratio /= 2;
  }
  const FeatureGain gain = MeasureFeatureGain(*LearningCurve::Create("pixels", without),
                                              *LearningCurve::Create("hog", with));
  ASSERT_EQ(gain.sizes.size(), 3u);
  EXPECT_EQ(gain.sizes[0].pairs, 3);
  EXPECT_NEAR(gain.sizes[0].removed.value, 2.0 / 3, 1e-12);
  EXPECT_NEAR(gain.sizes[0].removed.interval.low, 2.0 / 3, 1e-9);
  EXPECT_NEAR(gain.sizes[2].removed.value, 1 - 1 / 0.75, 1e-12);
  EXPECT_NEAR(gain.slope.value, std::log(0.5), 1e-12);
  EXPECT_EQ(gain.finding.verdict, Verdict::kHolds);
  EXPECT_THAT(gain.finding.sentence, HasSubstr("66.7 % (66.7 % to 66.7 %) of the errors at 100"));
  EXPECT_THAT(gain.finding.sentence, HasSubstr("by 0.5 ("));
}

TEST(FeatureGainTest, DoesNotHoldWhereFeaturesMatterMore) {
  const FeatureGain gain = MeasureFeatureGain(Curve("pixels", 1, 0.2), Curve("hog", 0.9, 0.4));
  EXPECT_EQ(gain.finding.verdict, Verdict::kDoesNotHold);
  EXPECT_GT(gain.slope.interval.low, 0);
}

TEST(FeatureGainTest, DoesNotHoldWhereFeaturesNeverHelp) {
  const FeatureGain gain = MeasureFeatureGain(Curve("pixels", 1, 0.3), Curve("pca", 1.3, 0.3));
  EXPECT_EQ(gain.finding.verdict, Verdict::kDoesNotHold);
  EXPECT_LT(gain.sizes[0].removed.value, 0);
}

TEST(FeatureGainTest, UndecidedWhereTheGainStays) {
  const FeatureGain gain =
      MeasureFeatureGain(Curve("pixels", 1, 0.3, 5, 0.2), Curve("hog", 0.6, 0.3, 5, 0.2));
  EXPECT_EQ(gain.finding.verdict, Verdict::kUndecided) << gain.finding.sentence;
}

TEST(FeatureGainTest, NeedsSeedsAndSizesThatBothHave) {
  EXPECT_EQ(MeasureFeatureGain(Curve("pixels", 1, 0.2, 2), Curve("hog", 0.9, 0.4)).finding.verdict,
            Verdict::kInsufficientData);
  const auto other = LearningCurve::Create("hog", {{50, 1, 1, 0.1}, {70, 2, 2, 0.1}});
  const FeatureGain gain = MeasureFeatureGain(Curve("pixels", 1, 0.2), *other);
  EXPECT_EQ(gain.finding.verdict, Verdict::kInsufficientData);
  EXPECT_TRUE(gain.sizes.empty());
  EXPECT_THAT(gain.finding.sentence, HasSubstr("0 seeds"));
}

// A seed without errors has no ratio.
TEST(FeatureGainTest, LeavesOutErrorsOfZeroAndFailedRuns) {
  const double failed = std::numeric_limits<double>::quiet_NaN();
  const auto without =
      LearningCurve::Create("pixels", {{100, 1, 1, 0.2}, {100, 2, 2, 0.2}, {100, 3, 3, 0.2}});
  const auto with =
      LearningCurve::Create("hog", {{100, 1, 1, 0.1}, {100, 2, 2, 0}, {100, 3, 3, failed}});
  const FeatureGain gain = MeasureFeatureGain(*without, *with);
  ASSERT_EQ(gain.sizes.size(), 1u);
  EXPECT_EQ(gain.sizes[0].pairs, 1);
  EXPECT_NEAR(gain.sizes[0].removed.value, 0.5, 1e-12);
}

}  // namespace
}  // namespace trainyard::studies
