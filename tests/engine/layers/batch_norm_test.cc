#include <gmock/gmock.h>

#include <cmath>

#include "tests/engine/layers/small_model.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;

class BatchNormTest : public ::testing::Test {
 protected:
  void ExpectStatistics(const Network& network, float mean, float variance) {
    EXPECT_THAT(SmallModel::ValuesOf(network, "norm.running_mean"), ElementsAre(FloatEq(mean)));
    EXPECT_THAT(SmallModel::ValuesOf(network, "norm.running_variance"),
                ElementsAre(FloatEq(variance)));
  }

  SmallModel model_{{{{"batch_norm", {}}, "norm", {}}}, Shape{1}};
};

// Momentum 0.1. 1, 3: mean 2, unbiased variance 2. 5, 9: mean 7, unbiased variance 8.
TEST_F(BatchNormTest, RunningStatisticsAfterTwoBatches) {
  const auto network = model_.ForTraining(2);
  model_.Step(*network, {1, 3});
  ExpectStatistics(*network, 0.2f, 1.1f);
  model_.Step(*network, {5, 9});
  ExpectStatistics(*network, 0.88f, 1.79f);
  EXPECT_NEAR(model_.Predict(*network, {2})[0], (2 - 0.88) / std::sqrt(1.79 + 1e-5), 1e-6);
}

// Of the batch the deviation is the biased one: 1, 3 become -1 and 1.
TEST_F(BatchNormTest, NormalisesByTheBatchInTraining) {
  const auto network = model_.ForTraining(2);
  EXPECT_NEAR(model_.Step(*network, {1, 3}), 1, 1e-4);
  EXPECT_NEAR(model_.Step(*network, {1, 3}, /*target=*/1), (4 + 0) / 2.0, 1e-4);
}

TEST_F(BatchNormTest, ALastBatchOfOneSampleLeavesTheRunningStatistics) {
  const auto network = model_.ForTraining(2, /*last_batch=*/1);
  model_.Step(*network, {1, 3});
  model_.Step(*network, {100});
  ExpectStatistics(*network, 0.2f, 1.1f);
}

// One sample with several places has a spread.
TEST_F(BatchNormTest, AnImageOfOneSampleCounts) {
  SmallModel image({{{"batch_norm", {}}, "norm", {}}, {{"flatten", {}}, "", {}}}, Shape{1, 1, 2});
  const auto network = image.ForTraining(1);
  image.Step(*network, {1, 3});
  ExpectStatistics(*network, 0.2f, 1.1f);
}

}  // namespace
}  // namespace trainyard
