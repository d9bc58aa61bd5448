#include "engine/studies/verdict.h"

#include <gtest/gtest.h>

#include <cmath>

namespace trainyard::studies {
namespace {

TEST(VerdictTest, Names) {
  EXPECT_EQ(VerdictName(Verdict::kHolds), "holds");
  EXPECT_EQ(VerdictName(Verdict::kDoesNotHold), "does not hold here");
  EXPECT_EQ(VerdictName(Verdict::kUndecided), "undecided");
  EXPECT_EQ(VerdictName(Verdict::kInsufficientData), "insufficient data");
  EXPECT_EQ(VerdictName(Verdict::kIllBehaved), "ill-behaved");
}

TEST(VerdictTest, NumbersInSentences) {
  EXPECT_EQ(Readable(0.123456), "0.1235");
  EXPECT_EQ(Readable(9999), "9999");
  EXPECT_EQ(Readable(12000), "12,000");
  EXPECT_EQ(Readable(-1234567), "-1,234,567");
  EXPECT_EQ(Readable(0.00001), "1e-05");
  EXPECT_EQ(Readable(1e300), "1e+300");
  EXPECT_EQ(Readable(INFINITY), "unbounded");
  EXPECT_EQ(Readable(NAN), "unknown");
  EXPECT_EQ(ReadableShare(0.4321), "43.2 %");
  EXPECT_EQ(Readable(Interval{0.1, INFINITY}), "0.1 to unbounded");
}

TEST(VerdictTest, AnEstimateIsThreeNumbers) {
  Finding finding;
  AddEstimate("slope", {2, {1, 3}}, finding);
  ASSERT_EQ(finding.numbers.size(), 3u);
  EXPECT_EQ(finding.numbers[1].name, "slope_low");
  EXPECT_EQ(finding.numbers[2].value, 3);
}

}  // namespace
}  // namespace trainyard::studies
