// Maximum over windows against the plain way of it, number by number.
#include "engine/layers/max_pooling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/engine/normal.h"

namespace trainyard::layers {
namespace {

using max_pooling::kBlock;

constexpr int64_t kPlanes = 3;

struct Case {
  const char* name;
  max_pooling::Geometry geometry;
};

class MaxPooling : public ::testing::TestWithParam<Case> {
 protected:
  MaxPooling()
      : source_(kPlanes * g_.height * g_.width * kBlock),
        result_(Results(), NAN),
        places_(Results()) {
    const RandomStream stream(1, RandomPurpose::kSynthetic);
    // Of few values, so that windows have equal ones.
    for (size_t i = 0; i < source_.size(); ++i)
      source_[i] = static_cast<float>(std::round(2 * Normal(stream, 0, i))) / 2;
  }

  size_t Results() const {
    return static_cast<size_t>(kPlanes * g_.out_height * g_.out_width * kBlock);
  }
  size_t SourceOf(int64_t plane, int64_t y, int64_t x, int64_t lane) const {
    return static_cast<size_t>(((plane * g_.height + y) * g_.width + x) * kBlock + lane);
  }
  // Calls function(result, index of the first largest number of its window).
  template <typename Function>
  void ForEachWindow(const Function& function) const {
    size_t result = 0;
    for (int64_t plane = 0; plane < kPlanes; ++plane) {
      for (int64_t y = 0; y < g_.out_height; ++y) {
        for (int64_t x = 0; x < g_.out_width; ++x) {
          for (int64_t lane = 0; lane < kBlock; ++lane)
            function(result++, Largest(plane, y, x, lane));
        }
      }
    }
  }

  const max_pooling::Geometry g_ = GetParam().geometry;
  std::vector<float> source_;
  std::vector<float> result_;
  std::vector<uint16_t> places_;

 private:
  size_t Largest(int64_t plane, int64_t y, int64_t x, int64_t lane) const {
    float largest = -std::numeric_limits<float>::infinity();
    size_t place = 0;
    for (int64_t i = 0; i < g_.taps_high; ++i) {
      for (int64_t j = 0; j < g_.taps_wide; ++j) {
        const int64_t row = y * g_.stride_high - g_.padding_top + i;
        const int64_t column = x * g_.stride_wide - g_.padding_left + j;
        if (row < 0 || column < 0 || row >= g_.height || column >= g_.width) continue;
        const size_t at = SourceOf(plane, row, column, lane);
        if (source_[at] > largest) {
          largest = source_[at];
          place = at;
        }
      }
    }
    return place;
  }
};

TEST_P(MaxPooling, TakesTheLargestAndSendsItsGradientBack) {
  max_pooling::Forward(g_, source_.data(), kPlanes, /*relu=*/false, result_.data(), places_.data());
  std::vector<float> gradient(Results());
  for (size_t i = 0; i < gradient.size(); ++i) gradient[i] = static_cast<float>(i % 64) + 1;
  std::vector<float> by_source(source_.size(), NAN);
  max_pooling::Backward(g_, gradient.data(), places_.data(), kPlanes, by_source.data());
  std::vector<float> expected(source_.size());
  ForEachWindow([&](size_t result, size_t place) {
    ASSERT_EQ(result_[result], source_[place]) << result;
    expected[place] += gradient[result];
  });
  EXPECT_EQ(by_source, expected);
}

TEST_P(MaxPooling, WithReluSendsBackToWhatIsAboveZero) {
  max_pooling::Forward(g_, source_.data(), kPlanes, /*relu=*/true, result_.data(), places_.data());
  const std::vector<float> gradient(Results(), 1.0f);
  std::vector<float> by_source(source_.size(), NAN);
  max_pooling::Backward(g_, gradient.data(), places_.data(), kPlanes, by_source.data());
  std::vector<float> expected(source_.size());
  ForEachWindow([&](size_t result, size_t place) {
    ASSERT_EQ(result_[result], std::max(source_[place], 0.0f)) << result;
    if (source_[place] > 0) expected[place] += 1;
  });
  EXPECT_EQ(by_source, expected);
}

TEST_P(MaxPooling, HidesNothingThatIsNoNumber) {
  source_[SourceOf(0, 0, 0, 3)] = NAN;
  for (const bool relu : {false, true}) {
    max_pooling::Forward(g_, source_.data(), kPlanes, relu, result_.data(), nullptr);
    EXPECT_TRUE(std::isnan(result_[3]));
    EXPECT_FALSE(std::isnan(result_[2]));
  }
}

INSTANTIATE_TEST_SUITE_P(Windows, MaxPooling,
                         ::testing::Values(Case{"TwoByTwo", {6, 8, 3, 4, 2, 2, 2, 2, 0, 0}},
                                           Case{"ThatLeaveARest", {7, 5, 3, 2, 2, 2, 2, 2, 0, 0}},
                                           Case{"ThatOverlap", {7, 9, 4, 5, 3, 3, 2, 2, 1, 1}},
                                           Case{"FarApart", {9, 8, 3, 2, 2, 1, 3, 4, 0, 0}},
                                           Case{"OfAllNumbers",
                                                {20, 20, 1, 1, 20, 20, 20, 20, 0, 0}},
                                           Case{"PaddedOnOneSide", {5, 6, 3, 3, 3, 2, 2, 2, 2, 0}}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace trainyard::layers
