// Convolution by kernels of ours against the plain sums, in double precision. The numbers are
// bfloat16 ones, so that all kernels multiply the same; the bound is the error of minimal filtering
// that docs/decisions/winograd.md states.
#include "engine/layers/convolution_kernels.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <vector>

#include "engine/layers/blocked_convolution.h"
#include "engine/layers/tile_convolution.h"
#include "engine/layers/winograd.h"
#include "tests/engine/normal.h"

namespace trainyard::layers {
namespace {

using convolution::kBlock;

constexpr int64_t kImages = 3;

struct Case {
  const char* name;
  int64_t channels, filters, height, width, padding_top, padding_left, padding_end;
  int64_t taps_high = 3, taps_wide = 3, stride_high = 1, stride_wide = 1;

  int64_t Taps() const { return taps_high * taps_wide; }
  int64_t OutHeight() const {
    return (height + padding_top + padding_end - taps_high) / stride_high + 1;
  }
  int64_t OutWidth() const {
    return (width + padding_left + padding_end - taps_wide) / stride_wide + 1;
  }
};

float Rounded(double value) {
  return std::bit_cast<float>(std::bit_cast<uint32_t>(static_cast<float>(value)) & 0xffff0000U);
}

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
      value = Rounded(Normal(stream, 0, place++));
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

class ConvolutionKernels : public ::testing::TestWithParam<Case> {
 protected:
  explicit ConvolutionKernels(const convolution::Kernels* kernels = nullptr) : kernels_(kernels) {}

  void SetUp() override {
    weights_.resize(Blocks(c_.filters) * Blocks(c_.channels) * c_.Taps() * kBlock * kBlock);
    const RandomStream stream(3, RandomPurpose::kSynthetic);
    uint64_t place = 0;
    for (int64_t out = 0; out < c_.filters; ++out) {
      for (int64_t in = 0; in < c_.channels; ++in) {
        for (int64_t tap = 0; tap < c_.Taps(); ++tap)
          weights_[Place(out, in, tap)] = Rounded(Normal(stream, 0, place++));
      }
    }
    input_.Fill(1);
    output_.Fill(2);
  }

  size_t Place(int64_t out, int64_t in, int64_t tap) const {
    const int64_t pair = out / kBlock * Blocks(c_.channels) + in / kBlock;
    return static_cast<size_t>(((pair * c_.Taps() + tap) * kBlock + in % kBlock) * kBlock +
                               out % kBlock);
  }
  convolution::Geometry Forward() const {
    return {Blocks(c_.channels), Blocks(c_.filters), c_.height,      c_.width,
            output_.height,      output_.width,      c_.padding_top, c_.padding_left,
            c_.taps_high,        c_.taps_wide,       c_.stride_high, c_.stride_wide};
  }
  // The number that a tap multiplies for a result; null beyond the image.
  float* Tapped(int64_t image, int64_t in, int64_t y, int64_t x, int64_t tap) {
    const int64_t row = y * c_.stride_high + tap / c_.taps_wide - c_.padding_top;
    const int64_t column = x * c_.stride_wide + tap % c_.taps_wide - c_.padding_left;
    const bool within = row >= 0 && column >= 0 && row < c_.height && column < c_.width;
    return within ? &input_.At(image, in, row, column) : nullptr;
  }
  double Input(int64_t image, int64_t in, int64_t y, int64_t x, int64_t tap) {
    const float* const at = Tapped(image, in, y, x, tap);
    return at == nullptr ? 0.0 : *at;
  }
  // In two ranges of outputs where there are two slices, and image by image.
  std::vector<float> Convolve(const convolution::Geometry& geometry, bool reversed,
                              const Images& source, const float* bias, int64_t channels) {
    std::vector<float> transformed(kernels_->TransformedFloats(geometry));
    for (int64_t input = 0; input < geometry.in_blocks; ++input)
      kernels_->TransformWeights(geometry, weights_.data(), reversed, input, transformed.data());
    std::vector<float> scratch(kernels_->ConvolveScratchFloats(geometry), NAN);
    const int64_t from = geometry.in_blocks * geometry.in_height * geometry.in_width * kBlock;
    const int64_t to = geometry.out_blocks * geometry.out_height * geometry.out_width * kBlock;
    std::vector<float> results(kImages * to, NAN);
    const int64_t middle = std::min(convolution::kSliceBlocks, geometry.out_blocks);
    for (const convolution::Range& outputs :
         {convolution::Range{0, middle}, convolution::Range{middle, geometry.out_blocks}}) {
      kernels_->Convolve(geometry, source.values.data(), 1, transformed.data(), bias, channels,
                         outputs, results.data(), scratch.data());
      kernels_->Convolve(geometry, source.values.data() + from, kImages - 1, transformed.data(),
                         bias, channels, outputs, results.data() + to, scratch.data());
    }
    return results;
  }

  const Case c_ = GetParam();
  Images input_{c_.channels, c_.height, c_.width};
  Images output_{c_.filters, c_.OutHeight(), c_.OutWidth()};
  std::vector<float> weights_;

  void ExpectPlainSums();
  void ExpectZerosInPaddedChannels();
  void ExpectPlainSumsOfTheWayBack();
  void ExpectPlainSumsOfTheWeightGradient();

 private:
  const convolution::Kernels* kernels_;
};

constexpr double kBound = 3e-5;

void ConvolutionKernels::ExpectPlainSums() {
  std::vector<float> bias(c_.filters);
  for (int64_t i = 0; i < c_.filters; ++i) bias[i] = static_cast<float>(i) - 3;
  Images results = output_;
  results.values = Convolve(Forward(), false, input_, bias.data(), c_.filters);
  Error error;
  results.ForEach([&](int64_t image, int64_t out, int64_t y, int64_t x, float got) {
    double sum = bias[out];
    for (int64_t in = 0; in < c_.channels; ++in) {
      for (int64_t tap = 0; tap < c_.Taps(); ++tap)
        sum += weights_[Place(out, in, tap)] * Input(image, in, y, x, tap);
    }
    error.Add(got, sum);
  });
  EXPECT_LT(error.Relative(), kBound);
}

void ConvolutionKernels::ExpectZerosInPaddedChannels() {
  std::vector<float> bias(c_.filters, 1.0f);
  const std::vector<float> results = Convolve(Forward(), false, input_, bias.data(), c_.filters);
  const int64_t plane = output_.height * output_.width;
  const int64_t last = Blocks(c_.filters) - 1;
  for (int64_t i = 0; i < plane; ++i) {
    for (int64_t channel = c_.filters - last * kBlock; channel < kBlock; ++channel)
      ASSERT_EQ(results[(last * plane + i) * kBlock + channel], 0.0f);
  }
}

// What each result's gradient adds to the inputs that it was made of.
void ConvolutionKernels::ExpectPlainSumsOfTheWayBack() {
  Images results = input_;
  results.values = Convolve(Forward().Reversed(), true, output_, nullptr, c_.channels);
  std::vector<double> sums(input_.values.size());
  output_.ForEach([&](int64_t image, int64_t out, int64_t y, int64_t x, float slope) {
    for (int64_t in = 0; in < c_.channels; ++in) {
      for (int64_t tap = 0; tap < c_.Taps(); ++tap) {
        if (const float* const at = Tapped(image, in, y, x, tap))
          sums[at - input_.values.data()] += double{slope} * weights_[Place(out, in, tap)];
      }
    }
  });
  Error error;
  results.ForEach([&](int64_t, int64_t, int64_t, int64_t, float& got) {
    error.Add(got, sums[&got - results.values.data()]);
  });
  EXPECT_LT(error.Relative(), kBound);
}

void ConvolutionKernels::ExpectPlainSumsOfTheWeightGradient() {
  std::vector<float> gradient(weights_.size(), NAN);
  const int64_t ins = Blocks(c_.channels), outs = Blocks(c_.filters);
  std::vector<float> scratch(kernels_->GradientScratchFloats(Forward(), ins, outs), NAN);
  for (const convolution::Range& inputs : {convolution::Range{0, 1}, convolution::Range{1, ins}}) {
    kernels_->WeightGradient(Forward(), input_.values.data(), output_.values.data(), kImages,
                             inputs, {0, outs}, gradient.data(), scratch.data());
  }
  Error error;
  for (int64_t out = 0; out < c_.filters; ++out) {
    for (int64_t in = 0; in < c_.channels; ++in) {
      for (int64_t tap = 0; tap < c_.Taps(); ++tap) {
        double sum = 0;
        output_.ForEach([&](int64_t image, int64_t channel, int64_t y, int64_t x, float slope) {
          if (channel == out) sum += slope * Input(image, in, y, x, tap);
        });
        error.Add(gradient[Place(out, in, tap)], sum);
      }
    }
  }
  EXPECT_LT(error.Relative(), kBound);
  for (float value : gradient) ASSERT_FALSE(std::isnan(value));
}

class Winograd : public ConvolutionKernels {
 protected:
  Winograd() : ConvolutionKernels(&winograd::Kernels()) {}
  void SetUp() override {
    if (!winograd::Supported()) GTEST_SKIP() << "needs AVX-512";
    ConvolutionKernels::SetUp();
  }
};

TEST_P(Winograd, ConvolvesAsThePlainSum) { ExpectPlainSums(); }
TEST_P(Winograd, KeepsPaddedChannelsZero) { ExpectZerosInPaddedChannels(); }
TEST_P(Winograd, TakesGradientsBackAsThePlainSum) { ExpectPlainSumsOfTheWayBack(); }
TEST_P(Winograd, SumsTheWeightGradientAsThePlainSum) { ExpectPlainSumsOfTheWeightGradient(); }

class TileConvolution : public ConvolutionKernels {
 protected:
  TileConvolution() : ConvolutionKernels(&tile_convolution::Kernels()) {}
  void SetUp() override {
    if (!tile_convolution::Takes(Forward())) GTEST_SKIP() << "needs AMX";
    ConvolutionKernels::SetUp();
  }
};

TEST_P(TileConvolution, ConvolvesAsThePlainSum) { ExpectPlainSums(); }
TEST_P(TileConvolution, KeepsPaddedChannelsZero) { ExpectZerosInPaddedChannels(); }
TEST_P(TileConvolution, TakesGradientsBackAsThePlainSum) { ExpectPlainSumsOfTheWayBack(); }
TEST_P(TileConvolution, SumsTheWeightGradientAsThePlainSum) {
  ExpectPlainSumsOfTheWeightGradient();
}

const auto kThreeTaps = ::testing::Values(
    Case{"OneBlockSame", 16, 16, 8, 8, 1, 1, 1},
    Case{"ChannelsThatNoBlockDivides", 20, 35, 9, 7, 1, 1, 1},
    Case{"NoPadding", 24, 16, 6, 11, 0, 0, 0}, Case{"PaddingOfTwo", 16, 30, 5, 5, 2, 2, 2},
    Case{"PaddingOnOneSide", 17, 48, 7, 6, 1, 0, 0},
    Case{"SmallerThanATile", 16, 16, 2, 3, 1, 1, 1},
    Case{"MoreThanASliceOfOutputs", 16, 90, 5, 6, 1, 1, 1},
    Case{"ManyInputs", 150, 16, 4, 4, 1, 1, 1}, Case{"LargeImages", 16, 16, 33, 34, 1, 1, 1});
const auto kNameOf = [](const auto& info) { return std::string(info.param.name); };

INSTANTIATE_TEST_SUITE_P(Shapes, Winograd, kThreeTaps, kNameOf);
INSTANTIATE_TEST_SUITE_P(Shapes, TileConvolution, kThreeTaps, kNameOf);
INSTANTIATE_TEST_SUITE_P(
    OtherTaps, TileConvolution,
    ::testing::Values(Case{"OneTap", 40, 33, 6, 5, 0, 0, 0, 1, 1},
                      Case{"FiveTaps", 16, 20, 9, 8, 2, 2, 2, 5, 5},
                      Case{"SevenTapsThatReachFar", 16, 16, 7, 6, 6, 5, 6, 7, 7},
                      Case{"OneRowOfTaps", 16, 32, 6, 9, 0, 1, 1, 1, 3},
                      Case{"ManyImagesAtOnce", 300, 16, 17, 18, 1, 1, 1},
                      Case{"StrideOfTwo", 16, 33, 8, 8, 1, 1, 1, 3, 3, 2, 2},
                      Case{"StrideOfTwoOverAnOddImage", 34, 16, 9, 7, 1, 1, 1, 3, 3, 2, 2},
                      Case{"StrideBeyondTheTaps", 32, 48, 9, 8, 0, 0, 0, 1, 1, 2, 3},
                      Case{"StridesThatDiffer", 16, 16, 10, 11, 2, 1, 2, 5, 4, 1, 3},
                      Case{"InputsThatNoWindowReaches", 16, 16, 10, 9, 0, 0, 0, 3, 3, 4, 4},
                      Case{"SevenTapsAtStrideTwo", 16, 32, 20, 23, 3, 3, 3, 7, 7, 2, 2}),
    kNameOf);

Window::Geometry Square(int64_t size, int64_t kernel, int64_t stride, int64_t padding) {
  Window::Geometry geometry;
  geometry.kernel = {kernel, kernel};
  geometry.strides = {stride, stride};
  geometry.padding_begin = geometry.padding_end = {padding, padding};
  geometry.out_height = geometry.out_width = (size + 2 * padding - kernel) / stride + 1;
  return geometry;
}

TEST(BlockedConvolution, IsForManyChannelsAndLargeEnoughImages) {
  if (!winograd::Supported()) GTEST_SKIP() << "needs AVX-512";
  const auto is_faster = [](int64_t channels, int64_t filters, int64_t size, int64_t kernel,
                            int64_t stride, int64_t batch) {
    return BlockedConvolution::IfFaster(Shape{channels, size, size}, filters,
                                        Square(size, kernel, stride, kernel / 2), /*bias=*/true,
                                        batch, onednn::Type::kFloat32)
        .has_value();
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
