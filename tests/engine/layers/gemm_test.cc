// Matrix products of ours against the plain sums, in double precision: every order of the matrices,
// sizes that no block divides, results in the midst of larger matrices.
#include "engine/layers/gemm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "tests/engine/normal.h"

namespace trainyard::layers {
namespace {

constexpr int64_t kGap = 3;  // elements between the rows of every matrix
constexpr float kUntouched = 12345;

uint16_t ToBfloat16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  bits += 0x7fff + ((bits >> 16) & 1);  // to the nearest, ties to even
  return static_cast<uint16_t>(bits >> 16);
}

float Rounded(float value, onednn::Type products) {
  if (products == onednn::Type::kFloat32) return value;
  const uint32_t bits = uint32_t{ToBfloat16(value)} << 16;
  float rounded;
  std::memcpy(&rounded, &bits, sizeof(rounded));
  return rounded;
}

// [rows, columns] of normal numbers; where it lies turned, element (row, column) is at
// [column][row].
struct Matrix {
  int64_t stride;
  bool turned;
  std::vector<float> values;

  Matrix(int64_t rows, int64_t columns, bool turned, uint64_t seed)
      : stride((turned ? rows : columns) + kGap),
        turned(turned),
        values(static_cast<size_t>(stride * (turned ? columns : rows))) {
    const RandomStream stream(seed, RandomPurpose::kSynthetic);
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(Normal(stream, 0, i));
  }
  float At(int64_t row, int64_t column) const {
    return values[static_cast<size_t>(turned ? column * stride + row : row * stride + column)];
  }
};

struct Sizes {
  int64_t m, n, k;
};

void ExpectProduct(const Sizes& sizes, onednn::Type products, bool turn_a, bool turn_b, bool bias,
                   bool narrow_a = false) {
  const auto [m, n, k] = sizes;
  const Matrix a(m, k, turn_a, 1);
  const Matrix b(k, n, turn_b, 2);
  std::vector<float> biases(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) biases[i] = static_cast<float>(i % 7) - 3;
  std::vector<float> result(static_cast<size_t>(m * (n + kGap)), kUntouched);
  // Unwritten scratch must not matter.
  std::vector<float> scratch(gemm::ScratchBytes() / sizeof(float), NAN);
  gemm::Operand left = {a.values.data(), a.stride, turn_a};
  std::vector<uint16_t> narrow;
  if (narrow_a) {
    const int64_t stride = k + 2;
    narrow.resize(static_cast<size_t>(m * stride));
    for (int64_t row = 0; row < m; ++row) {
      for (int64_t i = 0; i < k; ++i) narrow[row * stride + i] = ToBfloat16(a.At(row, i));
    }
    left = {narrow.data(), stride, false, onednn::Type::kBfloat16};
  }
  gemm::Multiply(m, n, k, products, left, {b.values.data(), b.stride, turn_b},
                 {result.data(), n + kGap, bias ? biases.data() : nullptr}, scratch.data());
  const double bound = 2e-6 * std::sqrt(static_cast<double>(k)) * 4;
  for (int64_t row = 0; row < m; ++row) {
    for (int64_t column = 0; column < n; ++column) {
      double sum = bias ? biases[column] : 0;
      for (int64_t i = 0; i < k; ++i)
        sum += static_cast<double>(Rounded(a.At(row, i), products)) *
               Rounded(b.At(i, column), products);
      ASSERT_NEAR(result[row * (n + kGap) + column], sum, bound)
          << "at " << row << ", " << column << " of " << m << " x " << n << " x " << k
          << (turn_a ? ", a turned" : "") << (turn_b ? ", b turned" : "");
    }
    for (int64_t i = 0; i < kGap; ++i)
      ASSERT_EQ(result[row * (n + kGap) + n + i], kUntouched) << "beyond the columns";
  }
}

class GemmOf : public ::testing::TestWithParam<onednn::Type> {
 protected:
  void SetUp() override {
    if (!gemm::Supported(GetParam())) GTEST_SKIP() << "not on this machine";
  }
};

TEST_P(GemmOf, MultipliesEveryOrderAndOddSizes) {
  for (const Sizes& sizes : {Sizes{1, 1, 1}, Sizes{6, 64, 16}, Sizes{7, 65, 17}, Sizes{5, 10, 84},
                             Sizes{13, 48, 31}, Sizes{20, 33, 513}, Sizes{3, 130, 1100},
                             Sizes{300, 20, 9}, Sizes{64, 32, 2100}, Sizes{290, 270, 40}}) {
    for (const bool turn_a : {false, true}) {
      for (const bool turn_b : {false, true}) {
        ExpectProduct(sizes, GetParam(), turn_a, turn_b, /*bias=*/false);
        ExpectProduct(sizes, GetParam(), turn_a, turn_b, /*bias=*/true);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Products, GemmOf,
                         ::testing::Values(onednn::Type::kFloat32, onednn::Type::kBfloat16),
                         [](const auto& info) {
                           return info.param == onednn::Type::kFloat32 ? "Float32" : "Bfloat16";
                         });

TEST(Gemm, ReadsBfloat16AsItLies) {
  if (!gemm::Supported(onednn::Type::kBfloat16)) GTEST_SKIP() << "not on this machine";
  for (const Sizes& sizes : {Sizes{7, 65, 18}, Sizes{20, 33, 1030}})
    ExpectProduct(sizes, onednn::Type::kBfloat16, false, false, /*bias=*/true, /*narrow_a=*/true);
}

// The sides packed ahead give the bits that packing on the way gives, parts of them, too.
TEST(Gemm, TakesSidesThatWerePackedAhead) {
  constexpr onednn::Type kProducts = onednn::Type::kBfloat16;
  if (!gemm::PacksAhead(kProducts)) GTEST_SKIP() << "not on this machine";
  constexpr int64_t kBefore = 32;  // rows and columns that the products leave out
  for (const Sizes& sizes : {Sizes{70, 97, 1100}, Sizes{300, 64, 32}, Sizes{33, 300, 7}}) {
    const auto [m, n, k] = sizes;
    for (const bool turn : {false, true}) {
      const Matrix a(m, k, turn, 1);
      const Matrix b(k, n, !turn, 2);
      const gemm::Operand left = {a.values.data(), a.stride, turn};
      const gemm::Operand right = {b.values.data(), b.stride, !turn};
      std::vector<float> scratch(gemm::ScratchBytes() / sizeof(float), NAN);
      std::vector<float> plain(static_cast<size_t>(m * n));
      gemm::Multiply(m, n, k, kProducts, left, right, {plain.data(), n}, scratch.data());

      std::vector<std::byte> packed_left(static_cast<size_t>(gemm::PackedBytes(m, k)));
      std::vector<std::byte> packed_right(static_cast<size_t>(gemm::PackedBytes(n, k)));
      // In four parts.
      const int64_t middle_k = k > 64 ? 64 : 0;
      for (const auto& [deep, depth] :
           {std::pair<int64_t, int64_t>{0, middle_k}, {middle_k, k - middle_k}}) {
        gemm::PackLeft(left, k, {0, kBefore, deep, depth}, packed_left.data());
        gemm::PackLeft(left, k, {kBefore, m - kBefore, deep, depth}, packed_left.data());
        gemm::PackRight(right, k, {0, kBefore, deep, depth}, packed_right.data());
        gemm::PackRight(right, k, {kBefore, n - kBefore, deep, depth}, packed_right.data());
      }
      gemm::Operand ahead_left, ahead_right;
      ahead_left.packed = ahead_right.packed = true;
      ahead_left.data = packed_left.data() + gemm::PackedBytes(kBefore, k);
      ahead_right.data = packed_right.data() + gemm::PackedBytes(kBefore, k);
      std::vector<float> ahead(static_cast<size_t>(m * n));
      gemm::Multiply(m - kBefore, n - kBefore, k, kProducts, ahead_left, ahead_right,
                     {ahead.data() + kBefore * n + kBefore, n}, scratch.data());
      for (int64_t row = kBefore; row < m; ++row) {
        for (int64_t column = kBefore; column < n; ++column)
          ASSERT_EQ(ahead[row * n + column], plain[row * n + column]) << row << ", " << column;
      }
    }
  }
}

TEST(Gemm, ScalesAndAddsToWhatIsThere) {
  if (!gemm::Supported(onednn::Type::kFloat32)) GTEST_SKIP() << "not on this machine";
  const std::vector<float> a = {1, 2, 3, 4};  // 1 2 / 3 4
  const std::vector<float> b = {1, 0, 10, 1};
  std::vector<float> scratch(gemm::ScratchBytes() / sizeof(float));
  std::vector<float> c = {100, 200, 300, 400};
  gemm::Result result = {c.data(), 2, nullptr, 0.5f, true};
  gemm::Multiply(2, 2, 2, onednn::Type::kFloat32, {a.data(), 2}, {b.data(), 2}, result,
                 scratch.data());
  EXPECT_EQ(c, (std::vector<float>{110.5f, 201, 321.5f, 402}));
}

}  // namespace
}  // namespace trainyard::layers
