#include "engine/base/philox.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace trainyard {
namespace {

using Block = std::array<uint32_t, 4>;

// Known answers of the authors' own library, Random123 (kat_vectors, philox4x32 with 10 rounds).
TEST(PhiloxTest, KnownAnswerOfZeros) {
  EXPECT_EQ(Philox4x32({0, 0, 0, 0}, {0, 0}),
            (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
}

TEST(PhiloxTest, KnownAnswerOfOnes) {
  constexpr uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(Philox4x32({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
}

TEST(PhiloxTest, KnownAnswerOfPi) {
  EXPECT_EQ(Philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomStreamTest, AValueIsAFunctionOfItsPosition) {
  const RandomStream first(7, RandomPurpose::kDropout, 3);
  const RandomStream second(7, RandomPurpose::kDropout, 3);
  EXPECT_EQ(first.Words(2, 9), second.Words(2, 9));
}

TEST(RandomStreamTest, SeedPurposeItemAndPositionEachChangeTheWords) {
  const std::set<Block> words = {
      RandomStream(7, RandomPurpose::kDropout, 3).Words(2, 9),
      RandomStream(8, RandomPurpose::kDropout, 3).Words(2, 9),
      RandomStream(7 + (uint64_t{1} << 32), RandomPurpose::kDropout, 3).Words(2, 9),
      RandomStream(7, RandomPurpose::kShuffle, 3).Words(2, 9),
      RandomStream(7, RandomPurpose::kDropout, 4).Words(2, 9),
      RandomStream(7, RandomPurpose::kDropout, 3).Words(3, 9),
      RandomStream(7, RandomPurpose::kDropout, 3).Words(2, 10),
      RandomStream(7, RandomPurpose::kDropout, 3).Words(2, 9 + (uint64_t{1} << 32)),
  };
  EXPECT_EQ(words.size(), 8u);
}

TEST(RandomStreamTest, UniformIsBelowOneForTheLargestWord) {
  EXPECT_EQ(RandomStream::ToUniform(0), 0.0f);
  EXPECT_LT(RandomStream::ToUniform(0xffffffff), 1.0f);
}

TEST(RandomStreamTest, BelowCoversItsRangeEvenly) {
  const RandomStream stream(1, RandomPurpose::kShuffle);
  constexpr int kDraws = 6000;
  int counts[6] = {};
  for (int i = 0; i < kDraws; ++i) {
    const uint64_t value = stream.Below(0, i, 6);
    ASSERT_LT(value, 6u);
    ++counts[value];
  }
  // Five standard deviations of a count of mean 1000.
  for (int count : counts) EXPECT_NEAR(count, 1000, 5 * std::sqrt(1000.0 * 5 / 6));
}

TEST(RandomStreamTest, BelowOneIsZero) {
  EXPECT_EQ(RandomStream(1, RandomPurpose::kShuffle).Below(5, 6, 1), 0u);
}

}  // namespace
}  // namespace trainyard
