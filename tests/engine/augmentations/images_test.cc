#include "engine/augmentations/images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/base/status.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

RawValue Value(double number) { return {number}; }

std::unique_ptr<Augmentation> Make(const std::string& type, const RawMap& params = {}) {
  Violations violations;
  auto made = augmentations::MakeCatalog().Make({type, params}, "data.augment[0]", violations);
  EXPECT_TRUE(violations.empty()) << violations.ToStatus();
  return made;
}

std::vector<float> Applied(const Augmentation& augmentation, const Shape& shape,
                           std::vector<float> values, uint64_t epoch, int64_t sample,
                           uint64_t seed = 1) {
  augmentation.Apply(shape, RandomStream(seed, RandomPurpose::kAugmentation, 0), epoch, sample,
                     absl::MakeSpan(values));
  return values;
}

std::vector<float> Numbered(int64_t count) {
  std::vector<float> values;
  for (int64_t i = 1; i <= count; ++i) values.push_back(static_cast<float>(i));
  return values;
}

std::vector<float> Shifted(int64_t down, int64_t right) {
  std::vector<float> plane = Numbered(6);
  ShiftPlane(plane.data(), 2, 3, down, right, 0);
  return plane;
}

TEST(ShiftPlane, MovesInEveryDirection) {
  EXPECT_THAT(Shifted(0, 0), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(Shifted(1, 0), ElementsAre(0, 0, 0, 1, 2, 3));
  EXPECT_THAT(Shifted(-1, 0), ElementsAre(4, 5, 6, 0, 0, 0));
  EXPECT_THAT(Shifted(0, 1), ElementsAre(0, 1, 2, 0, 4, 5));
  EXPECT_THAT(Shifted(0, -2), ElementsAre(3, 0, 0, 6, 0, 0));
  EXPECT_THAT(Shifted(1, -1), ElementsAre(0, 0, 0, 2, 3, 0));
}

TEST(ShiftPlane, AShiftByItsSizeOrMoreLeavesNothing) {
  for (const auto& [down, right] : {std::pair{2, 0}, {-5, 0}, {0, 3}, {0, -9}}) {
    EXPECT_THAT(Shifted(down, right), ElementsAre(0, 0, 0, 0, 0, 0)) << down << " " << right;
  }
}

TEST(RandomFlip, MirrorsEachRowOfEachChannel) {
  EXPECT_THAT(Applied(*Make("random_flip", {{"probability", Value(1)}}), Shape({2, 1, 3}),
                      Numbered(6), 0, 0),
              ElementsAre(3, 2, 1, 6, 5, 4));
  EXPECT_THAT(Applied(*Make("random_flip", {{"probability", Value(0)}}), Shape({2, 1, 3}),
                      Numbered(6), 0, 0),
              ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(RandomFlip, HappensAsOftenAsAsked) {
  const auto flip = Make("random_flip", {{"probability", Value(0.25)}});
  int flips = 0;
  for (int64_t sample = 0; sample < 4000; ++sample) {
    flips +=
        Applied(*flip, Shape({1, 1, 2}), {1, 2}, static_cast<uint64_t>(sample % 7), sample)[0] == 2;
  }
  EXPECT_NEAR(flips, 1000, 3 * 27.4);  // three standard deviations
}

TEST(RandomShift, ReachesEveryShiftAboutEquallyOften) {
  const auto shift = Make("random_shift", {{"pixels", Value(1)}, {"fill", Value(-1)}});
  std::map<std::vector<float>, int> seen;
  for (int64_t sample = 0; sample < 9000; ++sample)
    ++seen[Applied(*shift, Shape({1, 3, 3}), Numbered(9), 0, sample)];
  EXPECT_EQ(seen.size(), 9u);
  for (const auto& [image, times] : seen) EXPECT_NEAR(times, 1000, 4 * 29.8);
  EXPECT_GT(seen[Numbered(9)], 0);
}

TEST(RandomShift, MovesAllChannelsTogether) {
  const auto shift = Make("random_shift", {{"pixels", Value(1)}});
  std::vector<float> twice = Numbered(9);
  twice.insert(twice.end(), twice.begin(), twice.begin() + 9);
  for (int64_t sample = 0; sample < 50; ++sample) {
    const std::vector<float> moved = Applied(*shift, Shape({2, 3, 3}), twice, 0, sample);
    EXPECT_TRUE(std::equal(moved.begin(), moved.begin() + 9, moved.begin() + 9));
  }
}

TEST(RandomErase, BlanksASquareOfAtMostItsSize) {
  const auto erase =
      Make("random_erase", {{"probability", Value(1)}, {"pixels", Value(2)}, {"fill", Value(-7)}});
  std::set<int64_t> counts;
  for (int64_t sample = 0; sample < 200; ++sample) {
    const std::vector<float> image = Applied(*erase, Shape({1, 4, 4}), Numbered(16), 0, sample);
    counts.insert(std::count(image.begin(), image.end(), -7.0f));
  }
  EXPECT_THAT(counts, ElementsAre(1, 2, 4));  // in a corner, on an edge, inside
}

TEST(Augmentations, AreFunctionsOfSeedEpochAndSample) {
  for (const char* type : {"random_flip", "random_shift", "random_erase"}) {
    const auto augmentation = Make(type);
    const Shape shape({1, 12, 12});
    const auto results = [&](uint64_t seed, uint64_t epoch) {
      std::vector<std::vector<float>> images;
      for (int64_t sample = 0; sample < 20; ++sample) {
        images.push_back(Applied(*augmentation, shape, Numbered(144), epoch, sample, seed));
      }
      return images;
    };
    EXPECT_EQ(results(1, 2), results(1, 2)) << type;
    EXPECT_NE(results(1, 2), results(1, 3)) << type;
    EXPECT_NE(results(1, 2), results(2, 2)) << type;
  }
}

TEST(Augmentations, TakeImagesThatAreLargeEnough) {
  for (const char* type : {"random_flip", "random_shift", "random_erase"}) {
    EXPECT_TRUE(Make(type)->Check(Shape({1, 12, 12})).ok());
    EXPECT_THAT(Message(Make(type)->Check(Shape({12}))), HasSubstr("takes images")) << type;
  }
  EXPECT_THAT(Message(Make("random_shift", {{"pixels", Value(12)}})->Check(Shape({1, 12, 20}))),
              HasSubstr("a shift by 12 leaves nothing of images [1, 12, 20]"));
  EXPECT_THAT(Message(Make("random_erase", {{"pixels", Value(13)}})->Check(Shape({1, 20, 12}))),
              HasSubstr("a square of 13 does not fit"));
}

TEST(AugmentationCatalog, HasDocumentedComponents) {
  const auto catalog = augmentations::MakeCatalog();
  EXPECT_THAT(catalog.types(), ElementsAre("random_erase", "random_flip", "random_shift"));
  for (const auto& [type, entry] : catalog.entries()) {
    EXPECT_THAT(entry.schema.example(), HasSubstr("type: " + type));
  }
}

}  // namespace
}  // namespace trainyard
