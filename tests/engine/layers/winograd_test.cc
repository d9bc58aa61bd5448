// Convolution by minimal filtering against the plain sums, in double precision. The bounds are the
// errors that docs/decisions/winograd.md states.
#include "engine/layers/winograd.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "engine/layers/winograd_convolution.h"
#include "tests/engine/normal.h"

namespace trainyard::layers {
namespace {

using winograd::kBlock;

constexpr int64_t kImages = 3;

struct Case {
  const char* name;
  int64_t channels, filters, height, width, padding_top, padding_left, padding_end;
};

int64_t Blocks(int64_t channels) { return (channels + kBlock - 1) / kBlock; }

// Numbers at [a][b][c][d], with zeros where b is no real channel.
struct Images {
  int64_t channels, height, width;
  std::vector<float> values;  // [image][block][height][width][16]

  Images(int64_t channels, int64_t height, int64_t width)
      : channels(channels),
        height(height),
        width(width),
        values(kImages * Blocks(channels) * height * width * kBlock) {}

  float& At(int64_t image, int64_t channel, int64_t y, int64_t x) {
    const int64_t block = image * Blocks(channels) + channel / kBlock;
    return values[((block * height + y) * width + x) * kBlock + channel % kBlock];
  }
  // Zero beyond the image.
  double Padded(int64_t image, int64_t channel, int64_t y, int64_t x) {
    return y < 0 || x < 0 || y >= height || x >= width ? 0.0 : At(image, channel, y, x);
  }
  template <typename Function>
  void ForEach(const Function& function) {
    for (int64_t image = 0; image < kImages; ++image) {
      for (int64_t channel = 0; channel < channels; ++channel) {
        for (int64_t y = 0; y < height; ++y) {
          for (int64_t x = 0; x < width; ++x)
            function(image, channel, y, x, At(image, channel, y, x));
        }
      }
    }
  }
  void Fill(uint64_t seed) {
    const RandomStream stream(seed, RandomPurpose::kSynthetic);
    uint64_t place = 0;
    ForEach([&](int64_t, int64_t, int64_t, int64_t, float& value) {
      value = static_cast<float>(Normal(stream, 0, place++));
    });
  }
};

// The largest difference, in units of the root mean square of what is expected.
class Error {
 public:
  void Add(double got, double expected) {
    largest_ = std::max(largest_, std::abs(got - expected));
    squares_ += expected * expected;
    ++count_;
  }
  double Relative() const { return largest_ / std::sqrt(squares_ / count_); }

 private:
  double largest_ = 0;
  double squares_ = 0;
  double count_ = 0;
};

class Winograd : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (!winograd::Supported()) GTEST_SKIP() << "needs AVX-512";
    weights_.resize(Blocks(c_.filters) * Blocks(c_.channels) * 9 * kBlock * kBlock);
    const RandomStream stream(3, RandomPurpose::kSynthetic);
    uint64_t place = 0;
    for (int64_t out = 0; out < c_.filters; ++out) {
      for (int64_t in = 0; in < c_.channels; ++in) {
        for (int64_t tap = 0; tap < 9; ++tap)
          weights_[Place(out, in, tap)] = static_cast<float>(Normal(stream, 0, place++));
      }
    }
    input_.Fill(1);
    output_.Fill(2);
  }

  size_t Place(int64_t out, int64_t in, int64_t tap) const {
    const int64_t pair = out / kBlock * Blocks(c_.channels) + in / kBlock;
    return static_cast<size_t>(((pair * 9 + tap) * kBlock + in % kBlock) * kBlock + out % kBlock);
  }
  winograd::Geometry Forward() const {
    return {Blocks(c_.channels), Blocks(c_.filters), c_.height,      c_.width,
            output_.height,      output_.width,      c_.padding_top, c_.padding_left};
  }
  // In two ranges of outputs where there are two slices, and image by image.
  std::vector<float> Convolve(const winograd::Geometry& geometry, bool reversed,
                              const Images& source, const float* bias, int64_t channels) {
    std::vector<float> transformed(winograd::TransformedFloats(geometry));
    for (int64_t input = 0; input < geometry.in_blocks; ++input)
      winograd::TransformWeights(geometry, weights_.data(), reversed, input, transformed.data());
    std::vector<float> scratch(winograd::ConvolveScratchFloats(geometry), NAN);
    const int64_t from = geometry.in_blocks * geometry.in_height * geometry.in_width * kBlock;
    const int64_t to = geometry.out_blocks * geometry.out_height * geometry.out_width * kBlock;
    std::vector<float> results(kImages * to, NAN);
    const int64_t middle = std::min(winograd::kSliceBlocks, geometry.out_blocks);
    for (const winograd::Range& outputs :
         {winograd::Range{0, middle}, winograd::Range{middle, geometry.out_blocks}}) {
      winograd::Convolve(geometry, source.values.data(), 1, transformed.data(), bias, channels,
                         outputs, results.data(), scratch.data());
      winograd::Convolve(geometry, source.values.data() + from, kImages - 1, transformed.data(),
                         bias, channels, outputs, results.data() + to, scratch.data());
    }
    return results;
  }

  const Case c_ = GetParam();
  Images input_{c_.channels, c_.height, c_.width};
  Images output_{c_.filters, c_.height + c_.padding_top + c_.padding_end - 2,
                 c_.width + c_.padding_left + c_.padding_end - 2};
  std::vector<float> weights_;
};

constexpr double kBound = 3e-5;

TEST_P(Winograd, ConvolvesAsThePlainSum) {
  std::vector<float> bias(c_.filters);
  for (int64_t i = 0; i < c_.filters; ++i) bias[i] = static_cast<float>(i) - 3;
  Images results = output_;
  results.values = Convolve(Forward(), false, input_, bias.data(), c_.filters);
  Error error;
  results.ForEach([&](int64_t image, int64_t out, int64_t y, int64_t x, float got) {
    double sum = bias[out];
    for (int64_t in = 0; in < c_.channels; ++in) {
      for (int64_t tap = 0; tap < 9; ++tap)
        sum +=
            weights_[Place(out, in, tap)] *
            input_.Padded(image, in, y + tap / 3 - c_.padding_top, x + tap % 3 - c_.padding_left);
    }
    error.Add(got, sum);
  });
  EXPECT_LT(error.Relative(), kBound);
}

TEST_P(Winograd, KeepsPaddedChannelsZero) {
  std::vector<float> bias(c_.filters, 1.0f);
  const std::vector<float> results = Convolve(Forward(), false, input_, bias.data(), c_.filters);
  const int64_t plane = output_.height * output_.width;
  const int64_t last = Blocks(c_.filters) - 1;
  for (int64_t i = 0; i < plane; ++i) {
    for (int64_t channel = c_.filters - last * kBlock; channel < kBlock; ++channel)
      ASSERT_EQ(results[(last * plane + i) * kBlock + channel], 0.0f);
  }
}

TEST_P(Winograd, TakesGradientsBackAsThePlainSum) {
  Images results = input_;
  results.values = Convolve(Forward().Reversed(), true, output_, nullptr, c_.channels);
  Error error;
  results.ForEach([&](int64_t image, int64_t in, int64_t y, int64_t x, float got) {
    double sum = 0;
    for (int64_t out = 0; out < c_.filters; ++out) {
      for (int64_t tap = 0; tap < 9; ++tap)
        sum +=
            weights_[Place(out, in, tap)] *
            output_.Padded(image, out, y - tap / 3 + c_.padding_top, x - tap % 3 + c_.padding_left);
    }
    error.Add(got, sum);
  });
  EXPECT_LT(error.Relative(), kBound);
}

TEST_P(Winograd, SumsTheWeightGradientAsThePlainSum) {
  std::vector<float> gradient(weights_.size(), NAN);
  const int64_t ins = Blocks(c_.channels), outs = Blocks(c_.filters);
  std::vector<float> scratch(winograd::GradientScratchFloats(ins, outs), NAN);
  for (const winograd::Range& inputs : {winograd::Range{0, 1}, winograd::Range{1, ins}}) {
    winograd::WeightGradient(Forward(), input_.values.data(), output_.values.data(), kImages,
                             inputs, {0, outs}, gradient.data(), scratch.data());
  }
  Error error;
  for (int64_t out = 0; out < c_.filters; ++out) {
    for (int64_t in = 0; in < c_.channels; ++in) {
      for (int64_t tap = 0; tap < 9; ++tap) {
        double sum = 0;
        output_.ForEach([&](int64_t image, int64_t channel, int64_t y, int64_t x, float slope) {
          if (channel == out)
            sum += slope * input_.Padded(image, in, y + tap / 3 - c_.padding_top,
                                         x + tap % 3 - c_.padding_left);
        });
        error.Add(gradient[Place(out, in, tap)], sum);
      }
    }
  }
  EXPECT_LT(error.Relative(), kBound);
  for (float value : gradient) ASSERT_FALSE(std::isnan(value));
}

INSTANTIATE_TEST_SUITE_P(Shapes, Winograd,
                         ::testing::Values(Case{"OneBlockSame", 16, 16, 8, 8, 1, 1, 1},
                                           Case{"ChannelsThatNoBlockDivides", 20, 35, 9, 7, 1, 1,
                                                1},
                                           Case{"NoPadding", 24, 16, 6, 11, 0, 0, 0},
                                           Case{"PaddingOfTwo", 16, 30, 5, 5, 2, 2, 2},
                                           Case{"PaddingOnOneSide", 17, 48, 7, 6, 1, 0, 0},
                                           Case{"SmallerThanATile", 16, 16, 2, 3, 1, 1, 1},
                                           Case{"MoreThanASliceOfOutputs", 16, 90, 5, 6, 1, 1, 1},
                                           Case{"ManyInputs", 150, 16, 4, 4, 1, 1, 1}),
                         [](const auto& info) { return info.param.name; });

Window::Geometry Square(int64_t size, int64_t kernel, int64_t stride, int64_t padding) {
  Window::Geometry geometry;
  geometry.kernel = {kernel, kernel};
  geometry.strides = {stride, stride};
  geometry.padding_begin = geometry.padding_end = {padding, padding};
  geometry.out_height = geometry.out_width = (size + 2 * padding - kernel) / stride + 1;
  return geometry;
}

TEST(WinogradConvolution, IsForManyChannelsAndLargeEnoughImages) {
  if (!winograd::Supported()) GTEST_SKIP() << "needs AVX-512";
  const auto is_faster = [](int64_t channels, int64_t filters, int64_t size, int64_t kernel,
                            int64_t stride, int64_t batch) {
    return WinogradConvolution::IsFaster(Shape{channels, size, size}, filters,
                                         Square(size, kernel, stride, kernel / 2), batch);
  };
  EXPECT_TRUE(is_faster(64, 64, 32, 3, 1, 8));
  EXPECT_TRUE(is_faster(33, 17, 28, 3, 1, 1));
  EXPECT_TRUE(is_faster(512, 512, 4, 3, 1, 64));
  EXPECT_FALSE(is_faster(3, 64, 32, 3, 1, 8)) << "few channels";
  EXPECT_FALSE(is_faster(64, 64, 32, 5, 1, 8)) << "larger windows";
  EXPECT_FALSE(is_faster(64, 64, 32, 3, 2, 8)) << "strides";
  EXPECT_FALSE(is_faster(64, 64, 5, 3, 1, 64)) << "tiles that are mostly beyond the image";
  EXPECT_FALSE(is_faster(512, 512, 4, 3, 1, 8)) << "few tiles for many weights";
  EXPECT_FALSE(is_faster(4096, 64, 32, 3, 1, 8)) << "too much scratch";
}

}  // namespace
}  // namespace trainyard::layers
