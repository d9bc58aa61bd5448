// Layers that map elements: sums of branches, and dropout.
#include <gmock/gmock.h>

#include <cmath>

#include "tests/engine/layers/small_model.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;

TEST(Add, JoinsAResidualBranch) {
  SmallModel model({{{"dense", {{"units", Of(2)}}}, "branch", {}},
                    {{"relu", {}}, "cut", {}},
                    {{"add", {}}, "sum", {"input", "cut", "branch"}}},
                   Shape{2});
  const std::vector<NamedTensor> weights = {{"branch.weight", {2, 2}, {1, 1, 1, -1}},
                                            {"branch.bias", {2}, {0, -1}}};
  // The branch gives 3 + 5 and 3 - 5 - 1; the sums are 3 + 8 + 8 and 5 + 0 - 3.
  EXPECT_THAT(model.Infer(weights, {3, 5}), ElementsAre(19, 2));
}

class DropoutTest : public ::testing::Test {
 protected:
  static constexpr int64_t kFeatures = 4000;
  static constexpr int64_t kBatch = 2;
  const std::vector<float> ones_ = std::vector<float>(kFeatures * kBatch, 1.0f);
  SmallModel model_{{{{"dropout", {{"rate", Of(0.75)}}}, "", {}}}, Shape{kFeatures}};
};

// Each output y is 0, or 1 / (1 - 0.75) = 4: then y^2 = 4 y, and the mean of y is nearly 1.
TEST_F(DropoutTest, ScalesWhatItKeepsInTraining) {
  const auto network = model_.ForTraining(kBatch);
  const double squares = model_.Step(*network, ones_, /*target=*/0);
  const double around_four = model_.Step(*network, ones_, /*target=*/4);  // y^2 - 8 y + 16
  const double mean = (squares - around_four + 16) / 8;
  EXPECT_NEAR(squares, 4 * mean, 1e-9);
  // Five standard deviations: y has the variance 16 * 0.25 * 0.75.
  EXPECT_NEAR(mean, 1, 5 * std::sqrt(3.0 / (kFeatures * kBatch)));
}

TEST_F(DropoutTest, IsTheIdentityInInference) {
  const auto network = model_.ForTraining(kBatch);
  EXPECT_EQ(model_.Predict(*network, ones_), ones_);
}

}  // namespace
}  // namespace trainyard
