#include "tests/engine/losses/loss_check.h"

namespace trainyard {
namespace {

constexpr char kType[] = "mean_squared_error";

double Reference(const std::vector<double>& outputs, int32_t, const float* targets) {
  double sum = 0;
  for (size_t i = 0; i < outputs.size(); ++i)
    sum += (outputs[i] - targets[i]) * (outputs[i] - targets[i]);
  return sum / outputs.size();
}

// Rows (1, 2) against (0, 4) and (3, 3) against (3, 1): (1 + 4) / 2 + (0 + 4) / 2.
TEST(MeanSquaredErrorTest, ByHand) {
  const std::vector<float> outputs = {1, 2, 3, 3};
  const std::vector<float> targets = {0, 4, 3, 1};
  std::vector<float> gradient(4);
  const LossRows rows{2, 2, outputs.data(), nullptr, targets.data()};
  EXPECT_EQ(MakeLoss(kType)->Compute(rows, 0.5f, gradient.data()), 4.5);
  EXPECT_EQ(gradient, (std::vector<float>{0.5f, -1.0f, 0.0f, 1.0f}));
}

TEST(MeanSquaredErrorTest, AgreesWithTheReference) {
  for (int width : {1, 3, 17}) {
    const TestRows rows(5, width, 2);
    CheckAgainstReference(*MakeLoss(kType), rows, Reference);
    CheckRowsAreIndependent(*MakeLoss(kType), rows);
  }
}

TEST(MeanSquaredErrorTest, KeepsSmallDifferencesOfLargeNumbers) {
  const float output = 1e6f;
  const float target = 1e6f - 0.0625f;
  EXPECT_EQ(MakeLoss(kType)->Compute({1, 1, &output, nullptr, &target}, 1, nullptr),
            0.0625 * 0.0625);
}

TEST(MeanSquaredErrorTest, NeedsTargets) {
  EXPECT_TRUE(MakeLoss(kType)->Check(Targets(3)).ok());
  EXPECT_EQ(MakeLoss(kType)->Check(Classes(10)),
            absl::InvalidArgumentError("mean_squared_error needs numeric targets, the data has "
                                       "classes; use softmax_cross_entropy"));
}

TEST(MeanSquaredErrorTest, TakesOneOutputATarget) {
  EXPECT_TRUE(MakeLoss(kType)->Accepts(Targets(3), 3));
  EXPECT_FALSE(MakeLoss(kType)->Accepts(Targets(3), 1));
}

}  // namespace
}  // namespace trainyard
