#include <gmock/gmock.h>

#include "tests/engine/losses/loss_check.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;

constexpr char kType[] = "softmax_cross_entropy";

RawMap Smoothing(double share) { return {{"label_smoothing", RawValue{share}}}; }

ReferenceLoss Reference(double smoothing) {
  return [smoothing](const std::vector<double>& outputs, int32_t label, const float*) {
    double sum = 0;
    for (double output : outputs) sum += std::exp(output);
    double loss = 0;
    for (size_t i = 0; i < outputs.size(); ++i) {
      const double target =
          (1 - smoothing) * (static_cast<int32_t>(i) == label) + smoothing / outputs.size();
      loss -= target * std::log(std::exp(outputs[i]) / sum);
    }
    return loss;
  };
}

// log(e^-2 + e^-1 + e^0) = 0.4076059644.
TEST(SoftmaxCrossEntropyTest, ByHand) {
  EXPECT_NEAR(LossOf(*MakeLoss(kType), {1, 2, 3}, 2), 0.4076059644, 1e-7);
  EXPECT_NEAR(LossOf(*MakeLoss(kType), {1, 2, 3}, 0), 2.4076059644, 1e-6);
}

// 0.9 * 0.4076059644 + 0.1 * the mean of 2.4076, 1.4076 and 0.4076.
TEST(SoftmaxCrossEntropyTest, WithLabelSmoothingByHand) {
  EXPECT_NEAR(LossOf(*MakeLoss(kType, Smoothing(0.1)), {1, 2, 3}, 2), 0.5076059644, 1e-6);
}

TEST(SoftmaxCrossEntropyTest, GradientIsProbabilityMinusTarget) {
  EXPECT_THAT(GradientOf(*MakeLoss(kType), {0, 0, 0, 0}, 1),
              ElementsAre(0.25f, -0.75f, 0.25f, 0.25f));
}

class SoftmaxWidthTest : public ::testing::TestWithParam<int> {};

TEST_P(SoftmaxWidthTest, AgreesWithTheReference) {
  const TestRows rows(6, GetParam(), GetParam());
  CheckAgainstReference(*MakeLoss(kType), rows, Reference(0));
  CheckAgainstReference(*MakeLoss(kType, Smoothing(0.2)), rows, Reference(0.2));
  CheckRowsAreIndependent(*MakeLoss(kType), rows);
}

// Below, at, and between multiples of the lanes of its sums.
INSTANTIATE_TEST_SUITE_P(Widths, SoftmaxWidthTest, ::testing::Values(2, 7, 8, 9, 10, 31, 1000));

TEST(SoftmaxCrossEntropyTest, ShiftingAllOutputsChangesNothing) {
  const auto loss = MakeLoss(kType);
  EXPECT_EQ(LossOf(*loss, {1, 2, 3}, 0), LossOf(*loss, {4097, 4098, 4099}, 0));
}

TEST(SoftmaxCrossEntropyTest, LargeOutputsStayFinite) {
  const auto loss = MakeLoss(kType);
  EXPECT_NEAR(LossOf(*loss, {1e4f, 0, -1e4f}, 2), 2e4, 1e-3);
  EXPECT_EQ(LossOf(*loss, {1e30f, -1e30f}, 0), 0);
  EXPECT_THAT(GradientOf(*loss, {1e30f, -1e30f}, 1), ElementsAre(1.0f, -1.0f));
}

TEST(SoftmaxCrossEntropyTest, NanAndInfinityShow) {
  const auto loss = MakeLoss(kType);
  for (int position = 0; position < 20; ++position) {
    std::vector<float> outputs(20, 1.0f);
    outputs[position] = std::nanf("");
    EXPECT_TRUE(std::isnan(LossOf(*loss, outputs, 3))) << position;
    outputs[position] = std::numeric_limits<float>::infinity();
    EXPECT_FALSE(std::isfinite(LossOf(*loss, outputs, 3))) << position;
  }
}

TEST(SoftmaxCrossEntropyTest, NoRowsCostNothing) {
  EXPECT_EQ(MakeLoss(kType)->Compute({0, 3}, 1, nullptr), 0);
}

TEST(SoftmaxCrossEntropyTest, NeedsClasses) {
  const auto loss = MakeLoss(kType);
  EXPECT_TRUE(loss->Check(Classes(2)).ok());
  EXPECT_FALSE(loss->Check(Classes(1)).ok());
  EXPECT_EQ(loss->Check(Targets(1)),
            absl::InvalidArgumentError("softmax_cross_entropy needs classes, the data has numeric "
                                       "targets; use mean_squared_error"));
}

TEST(SoftmaxCrossEntropyTest, TakesOneOutputAClass) {
  EXPECT_TRUE(MakeLoss(kType)->Accepts(Classes(3), 3));
  EXPECT_FALSE(MakeLoss(kType)->Accepts(Classes(3), 4));
  EXPECT_FALSE(MakeLoss(kType)->Accepts(Classes(2), 1));
}

TEST(SoftmaxCrossEntropyTest, SmoothingIsAShare) {
  EXPECT_THAT(ViolationsOf(losses::MakeCatalog(), kType, Smoothing(1)),
              ElementsAre("it.label_smoothing: expected number in [0, 1), got 1"));
  EXPECT_THAT(ViolationsOf(losses::MakeCatalog(), kType, Smoothing(-0.1)),
              ElementsAre("it.label_smoothing: expected number in [0, 1), got -0.1"));
}

}  // namespace
}  // namespace trainyard
