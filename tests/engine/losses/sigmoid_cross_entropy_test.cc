#include <gmock/gmock.h>

#include "tests/engine/losses/loss_check.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;

constexpr char kType[] = "sigmoid_cross_entropy";

double Reference(const std::vector<double>& outputs, int32_t label, const float*) {
  const int32_t yes = outputs.size() == 1 ? label - 1 : label;
  double loss = 0;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const double sigmoid = 1 / (1 + std::exp(-outputs[i]));
    loss -= std::log(static_cast<int32_t>(i) == yes ? sigmoid : 1 - sigmoid);
  }
  return loss / outputs.size();
}

// Mean of log 2 and -log(1 - sigmoid(2)) = 2.1269280110.
TEST(SigmoidCrossEntropyTest, ByHand) {
  EXPECT_NEAR(LossOf(*MakeLoss(kType), {0, 2}, 0), (0.6931471806 + 2.1269280110) / 2, 1e-6);
}

TEST(SigmoidCrossEntropyTest, GradientByHand) {
  EXPECT_THAT(GradientOf(*MakeLoss(kType), {0, 0}, 0), ElementsAre(-0.25f, 0.25f));
}

TEST(SigmoidCrossEntropyTest, OneOutputIsTheLogitOfClassOne) {
  const auto loss = MakeLoss(kType);
  EXPECT_NEAR(LossOf(*loss, {2}, 0), 2.1269280110, 1e-6);
  EXPECT_NEAR(LossOf(*loss, {2}, 1), 0.1269280110, 1e-6);
  EXPECT_THAT(GradientOf(*loss, {0}, 0), ElementsAre(0.5f));
  EXPECT_THAT(GradientOf(*loss, {0}, 1), ElementsAre(-0.5f));
}

TEST(SigmoidCrossEntropyTest, AgreesWithTheReference) {
  for (int width : {2, 9, 1100}) {
    const TestRows rows(5, width, width, 6);
    CheckAgainstReference(*MakeLoss(kType), rows, Reference);
    CheckRowsAreIndependent(*MakeLoss(kType), rows);
  }
  CheckAgainstReference(*MakeLoss(kType), TestRows(8, 1, 2), Reference);
}

TEST(SigmoidCrossEntropyTest, LargeOutputsStayFinite) {
  const auto loss = MakeLoss(kType);
  EXPECT_EQ(LossOf(*loss, {1e6f}, 0), 1e6);
  EXPECT_EQ(LossOf(*loss, {1e6f}, 1), 0);
  EXPECT_EQ(LossOf(*loss, {-1e6f}, 1), 1e6);
  EXPECT_THAT(GradientOf(*loss, {-1e6f}, 1), ElementsAre(-1.0f));
}

TEST(SigmoidCrossEntropyTest, NanShows) {
  EXPECT_TRUE(std::isnan(LossOf(*MakeLoss(kType), {0, std::nanf(""), 0}, 0)));
}

TEST(SigmoidCrossEntropyTest, NeedsClasses) {
  EXPECT_TRUE(MakeLoss(kType)->Check(Classes(2)).ok());
  EXPECT_FALSE(MakeLoss(kType)->Check(Targets(1)).ok());
}

TEST(SigmoidCrossEntropyTest, TakesOneOutputForTwoClassesOnly) {
  const auto loss = MakeLoss(kType);
  EXPECT_TRUE(loss->Accepts(Classes(2), 1));
  EXPECT_TRUE(loss->Accepts(Classes(2), 2));
  EXPECT_TRUE(loss->Accepts(Classes(3), 3));
  EXPECT_FALSE(loss->Accepts(Classes(3), 1));
}

}  // namespace
}  // namespace trainyard
