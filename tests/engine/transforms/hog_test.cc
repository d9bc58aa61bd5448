#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "tests/engine/transforms/fitted.h"

namespace trainyard {
namespace {

using ::testing::Each;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

// Bytes of a linear congruential generator, which the peer's program had too.
std::vector<float> PeerImage(int64_t values) {
  std::vector<float> image;
  uint32_t state = 1;
  for (int64_t i = 0; i < values; ++i) {
    state = state * 1664525u + 1013904223u;
    image.push_back(static_cast<float>(state >> 24) / 255.0f);
  }
  return image;
}

RawMap Options(double cell_size, double orientations, const std::string& variant) {
  return {{"cell_size", Value(cell_size)},
          {"orientations", Value(orientations)},
          {"variant", Text(variant)}};
}

std::vector<float> HogOf(const RawMap& params, const Shape& shape,
                         const std::vector<float>& image) {
  return FitAndApply(*MakeTransform("hog", params), shape, image);
}

// vl_hog of VLFeat 0.9.21, reordered to [row, column, dimension].
TEST(Hog, GivesTheNumbersOfVlfeat) {
  const Shape shape({2, 6, 7});
  const std::vector<float> image = PeerImage(shape.elements());
  const std::vector<float> uoctti = {
      0.3683115f,  0.2340039f,  0.4f,        0.1565944f,  0.4f,        0.3863638f,  0.09428091f,
      0.09252778f, 0.09428091f, 0.08960585f, 0.3878301f,  0.3993512f,  0.2558815f,  0.2881835f,
      0.4f,        0.4f,        0.09428091f, 0.09428091f, 0.09428091f, 0.09428091f, 0.3825899f,
      0.4f,        0.2639804f,  0.04731305f, 0.4f,        0.4f,        0.09428091f, 0.09428091f,
      0.09428091f, 0.09428091f, 0.4f,        0.3883691f,  0.3096642f,  0.2114158f,  0.4f,
      0.4f,        0.09428091f, 0.09428091f, 0.09428091f, 0.09428091f};
  const std::vector<float> dalal_triggs = {
      0.1371688f,  0.2f,        0.1814343f,  0.07651609f, 0.2f,        0.123414f,   0.2f,
      0.1632407f,  0.06884333f, 0.2f,        0.1202464f,  0.2f,        0.1590509f,  0.06707636f,
      0.2f,        0.1029313f,  0.2f,        0.1361481f,  0.05741758f, 0.1962448f,  0.2f,
      0.08761127f, 0.2f,        0.1376867f,  0.178139f,   0.2f,        0.08029633f, 0.2f,
      0.1261908f,  0.1632657f,  0.1987776f,  0.07307065f, 0.2f,        0.1148352f,  0.1485738f,
      0.1765773f,  0.06490982f, 0.2f,        0.1020099f,  0.1319804f,  0.06012321f, 0.2f,
      0.05865452f, 0.03353818f, 0.2f,        0.05146566f, 0.2f,        0.05020846f, 0.02870879f,
      0.2f,        0.05417784f, 0.2f,        0.05285439f, 0.03022171f, 0.2f,        0.04506236f,
      0.2f,        0.04396158f, 0.02513687f, 0.2f,        0.2f,        0,           0.1457364f,
      0.05741759f, 0.2f,        0.2f,        0,           0.1294599f,  0.05100495f, 0.2f,
      0.2f,        0,           0.127604f,   0.05027375f, 0.2f,        0.2f,        0,
      0.1115651f,  0.04395469f, 0.2f};
  EXPECT_THAT(HogOf(Options(3, 2, "uoctti"), shape, image), Pointwise(FloatNear(2e-6f), uoctti));
  EXPECT_THAT(HogOf(Options(3, 5, "dalal_triggs"), shape, image),
              Pointwise(FloatNear(2e-6f), dalal_triggs));
}

// A ramp to the right: every gradient points along direction 0, and no other bin holds anything.
TEST(Hog, ARampHasOneDirection) {
  const Shape shape({1, 8, 8});
  std::vector<float> image;
  for (int i = 0; i < 64; ++i) image.push_back(static_cast<float>(i % 8));
  const std::vector<float> right = HogOf(Options(4, 4, "uoctti"), shape, image);
  for (float& value : image) value = 7 - value;
  const std::vector<float> left = HogOf(Options(4, 4, "uoctti"), shape, image);
  ASSERT_EQ(right.size(), 2u * 2 * 16);
  for (size_t cell = 0; cell < 4; ++cell) {
    for (size_t k = 0; k < 12; ++k) {
      // Directed: bin 0 and, the other way, bin 4; undirected: bin 8. Each of the four blocks
      // gives half of the 0.2 at which shares are cut.
      EXPECT_FLOAT_EQ(right[cell * 16 + k], k == 0 || k == 8 ? 0.4f : 0) << cell << " " << k;
      EXPECT_FLOAT_EQ(left[cell * 16 + k], k == 4 || k == 8 ? 0.4f : 0) << cell << " " << k;
    }
    for (size_t k = 12; k < 16; ++k) EXPECT_FLOAT_EQ(right[cell * 16 + k], 0.2f / std::sqrt(18.0f));
  }
}

TEST(Hog, OfAFlatImageIsZero) {
  EXPECT_THAT(HogOf({}, Shape({1, 8, 8}), std::vector<float>(64, 0.7f)), Each(0.0f));
}

TEST(Hog, ContrastIsDividedOut) {
  const Shape shape({1, 12, 12});
  std::vector<float> image = PeerImage(shape.elements());
  const std::vector<float> before = HogOf({}, shape, image);
  for (float& value : image) value = 0.25f * value + 3;
  EXPECT_THAT(HogOf({}, shape, image), Pointwise(FloatNear(1e-5f), before));
}

TEST(Hog, CountsItsFeatures) {
  const auto transform = MakeTransform("hog", {});
  EXPECT_EQ(*transform->OutputShape(Shape({1, 28, 28})), Shape({7 * 7 * 31}));
  EXPECT_EQ(*transform->OutputShape(Shape({3, 30, 17})), Shape({8 * 4 * 31}));
  EXPECT_EQ(*MakeTransform("hog", Options(8, 6, "dalal_triggs"))->OutputShape(Shape({1, 28, 28})),
            Shape({4 * 4 * 24}));
}

TEST(Hog, RefusesWhatHoldsNoCell) {
  const auto message = [](const RawMap& params, const Shape& shape) {
    return Message(MakeTransform("hog", params)->OutputShape(shape).status());
  };
  EXPECT_THAT(message({}, Shape({784})),
              HasSubstr("takes images [channels, height, width]; samples have shape [784]"));
  EXPECT_THAT(message({{"cell_size", Value(100)}}, Shape({1, 28, 28})),
              HasSubstr("images of 28 x 28 hold no cell of 100 pixels"));
  EXPECT_THAT(message({{"cell_size", Value(1)}}, Shape({1, 2, 28})), HasSubstr("hold no cell"));
}

TEST(Hog, RefusesBadParameters) {
  std::string wrong;
  MakeTransform("hog", {{"cell_size", Value(0)}}, &wrong);
  EXPECT_THAT(wrong, HasSubstr("data.transforms[0].cell_size"));
  MakeTransform("hog", {{"orientations", Value(1000)}}, &wrong);
  EXPECT_THAT(wrong, HasSubstr("data.transforms[0].orientations"));
  MakeTransform("hog", {{"variant", Text("uocti")}}, &wrong);
  EXPECT_THAT(wrong, HasSubstr("did you mean 'uoctti'?"));
}

// Threads and other images before it leave no trace in the scratch memory.
TEST(Hog, IsAppliedByManyThreads) {
  const auto large = MakeTransform("hog", {{"cell_size", Value(2)}});
  const auto small = MakeTransform("hog", {});
  const Shape large_shape({3, 20, 20}), small_shape({1, 9, 11});
  const std::vector<float> large_image = PeerImage(1200), small_image = PeerImage(99);
  const std::vector<float> expected_large = FitAndApply(*large, large_shape, large_image);
  const std::vector<float> expected_small = FitAndApply(*small, small_shape, small_image);
  std::vector<std::thread> threads;
  std::vector<int> right(3);
  for (int& count : right) {
    threads.emplace_back([&]() {
      std::vector<float> out_large(expected_large.size()), out_small(expected_small.size());
      for (int i = 0; i < 20; ++i) {
        large->Apply(large_shape, large_image.data(), out_large.data());
        small->Apply(small_shape, small_image.data(), out_small.data());
        count += out_large == expected_large && out_small == expected_small;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(right, Each(20));
}

}  // namespace
}  // namespace trainyard
