#include "engine/data/affine.h"

#include <gtest/gtest.h>

namespace trainyard {
namespace {

TEST(AffineMap, JoinEqualsOneAfterTheOther) {
  const AffineMap first{{1, 2}, {3, 4}, {5, 6}};                     // per channel of two features
  const AffineMap second{{1, 0, 2, 1}, {2, 1, 3, 0}, {0, 1, 0, 7}};  // per feature
  const AffineMap joined = Join(first, second, 4);
  const float in[] = {10, 20, 30, 40};
  float expected[4], step[4], got[4];
  AffineKernel(first, 4).Run(in, step);
  AffineKernel(second, 4).Run(step, expected);
  AffineKernel(joined, 4).Run(in, got);
  for (int i = 0; i < 4; ++i) EXPECT_FLOAT_EQ(got[i], expected[i]) << i;
  EXPECT_EQ(expected[3], 7);
}

TEST(AffineMap, JoinKeepsAConstant) {
  const AffineMap joined = Join(AffineMap::Uniform(3, 0, 5), AffineMap::Uniform(1, 2, 7), 1);
  const float in[] = {100};
  float out[1];
  AffineKernel(joined, 1).Run(in, out);
  EXPECT_EQ(out[0], (5 - 1) * 2 + 7);
}

// A column of 10^7 with a spread of 3, standardised: the map before it, of samples as they come, is
// the identity.
TEST(AffineMap, JoinOntoTheIdentityKeepsDigitsNextToALargeMean) {
  const AffineMap joined =
      Join(AffineMap::Uniform(0, 1, 0), AffineMap::Uniform(1e7 + 1, 1 / 3.0, 0), 3);
  const float in[] = {1e7f - 2, 1e7f + 1, 1e7f + 4};
  float out[3];
  AffineKernel(joined, 3).Run(in, out);
  EXPECT_EQ(out[0], -1);
  EXPECT_EQ(out[1], 0);
  EXPECT_EQ(out[2], 1);
}

// Bytes become value / 255, then standardised: value 51 is 0.2.
TEST(AffineMap, JoinOfBytesAndStandardisation) {
  const AffineMap joined =
      Join(AffineMap::Uniform(0, 1.0 / 255, 0), AffineMap::Uniform(0.2, 4, 0), 3);
  EXPECT_DOUBLE_EQ(joined.shift[0], 51);
  EXPECT_DOUBLE_EQ(joined.scale[0], 4.0 / 255);
  EXPECT_EQ(joined.offset[0], 0);
}

TEST(AffineKernel, TakesBytes) {
  const uint8_t in[] = {0, 255, 51};
  float out[3];
  AffineKernel(AffineMap::Uniform(51, 1.0 / 51, 1), 3).Run(in, out);
  EXPECT_FLOAT_EQ(out[0], 0);
  EXPECT_FLOAT_EQ(out[1], 5);
  EXPECT_FLOAT_EQ(out[2], 1);
}

// A mean that is large against the spread costs no digits: 16777216 = 2^24 is the last exact
// integer.
TEST(AffineKernel, KeepsDigitsNextToALargeMean) {
  const float in[] = {16777214.0f, 16777216.0f};
  float out[2];
  AffineKernel(AffineMap::Uniform(16777215.0, 0.5, 0), 2).Run(in, out);
  EXPECT_EQ(out[0], -0.5f);
  EXPECT_EQ(out[1], 0.5f);
}

}  // namespace
}  // namespace trainyard
