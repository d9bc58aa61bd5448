// Layers with sliding windows. `same` pads the rest at the end: of one row and column of zeros in
// all, none comes before.
#include <gmock/gmock.h>

#include "tests/engine/layers/small_model.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;

std::vector<float> CountTo(int last) {
  std::vector<float> values;
  for (int i = 1; i <= last; ++i) values.push_back(static_cast<float>(i));
  return values;
}

std::vector<LayerRequest> Flattened(const std::string& type, RawMap params) {
  return {{{type, std::move(params)}, "tested", {}}, {{"flatten", {}}, "", {}}};
}

// 1 2 3 4 / 5 6 7 8 / 9 10 11 12 / 13 14 15 16: windows begin at rows and columns 0 and 2.
TEST(Conv2d, SamePaddingWithStrideTwo) {
  SmallModel model(
      Flattened(
          "conv2d",
          {{"filters", Of(2)}, {"kernel", Of(3)}, {"stride", Of(2)}, {"padding", Of("same")}}),
      Shape{1, 4, 4});
  std::vector<float> weight(18, 1.0f);
  std::fill_n(weight.begin() + 9, 9, 0.0f);
  weight[9 + 5] = 2.0f;  // the second filter takes the middle row's last tap only
  const std::vector<NamedTensor> weights = {{"tested.weight", {2, 1, 3, 3}, weight},
                                            {"tested.bias", {2}, {0.5f, -1.0f}}};
  EXPECT_THAT(model.Infer(weights, CountTo(16)),
              ElementsAre(54.5f, 45.5f, 72.5f, 54.5f,  // sums of 3x3, 3x2, 2x3 and 2x2 values
                          2 * 7 - 1.0f, -1.0f, 2 * 15 - 1.0f, -1.0f));
}

TEST(Conv2d, GroupsSeeTheirOwnChannels) {
  SmallModel model(Flattened("conv2d", {{"filters", Of(2)}, {"kernel", Of(1)}, {"groups", Of(2)}}),
                   Shape{4, 1, 1});
  const std::vector<NamedTensor> weights = {{"tested.weight", {2, 2, 1, 1}, {1, 10, 100, 1000}},
                                            {"tested.bias", {2}, {0, 0}}};
  EXPECT_THAT(model.Infer(weights, {1, 2, 3, 4}), ElementsAre(21, 4300));
}

// Of -1 -2 -3 / -4 -5 -6 / -7 -8 -9 with one row and column around: padding is no zero.
TEST(MaxPool, PaddingIsNeverTheMaximum) {
  SmallModel model(
      Flattened("max_pool", {{"size", Of(3)}, {"stride", Of(2)}, {"padding", Of("same")}}),
      Shape{1, 3, 3});
  std::vector<float> values = CountTo(9);
  for (float& value : values) value = -value;
  EXPECT_THAT(model.Infer({}, values), ElementsAre(-1, -2, -4, -5));
}

TEST(MaxPool, LeavesOutWhatNoWholeWindowCovers) {
  SmallModel model(Flattened("max_pool", {{"size", Of(2)}}), Shape{1, 3, 3});
  EXPECT_THAT(model.Infer({}, CountTo(9)), ElementsAre(5));
}

TEST(AvgPool, CountsPaddingWhereAsked) {
  const RawMap params = {{"size", Of(3)}, {"stride", Of(2)}, {"padding", Of("same")}};
  SmallModel counted(Flattened("avg_pool", params), Shape{1, 3, 3});
  EXPECT_THAT(counted.Infer({}, CountTo(9)), ElementsAre(FloatEq(12 / 9.0f), FloatEq(16 / 9.0f),
                                                         FloatEq(24 / 9.0f), FloatEq(28 / 9.0f)));
  RawMap without = params;
  without["count_padding"] = RawValue{false};
  SmallModel excluded(Flattened("avg_pool", without), Shape{1, 3, 3});
  EXPECT_THAT(excluded.Infer({}, CountTo(9)), ElementsAre(3, 4, 6, 7));
}

}  // namespace
}  // namespace trainyard
