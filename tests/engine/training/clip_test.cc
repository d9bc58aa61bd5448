// Clipping of the gradient by its norm.
#include <cmath>

#include "tests/engine/layers/small_model.h"

namespace trainyard {
namespace {

// The squared error of w . x with x = (3, 4) at w = 0 and the target -1 has the gradient 2 * (3,
// 4), and 2 by the bias.
class ClipTest : public ::testing::Test {
 protected:
  // The weights after a step of plain descent.
  static std::vector<float> Step(double largest_norm) {
    const Catalogs catalogs;
    Violations violations;
    const Graph graph =
        Graph::Build({{{"dense", {{"units", Of(1)}}}, "d", {}}}, {"zeros", {}}, Shape{2},
                     catalogs.layers, catalogs.initializers, "model", violations);
    const auto loss = catalogs.losses.Make({"mean_squared_error", {}}, "loss", violations);
    const auto optimizer = catalogs.optimizers.Make({"sgd", {}}, "optimizer", violations);
    DataInfo data;
    data.task = Task::kRegression;
    data.input_shape = Shape{2};
    data.targets = 1;
    NetworkOptions options;
    options.batch = 1;
    options.clip_gradient_norm = largest_norm;
    const auto network = Network::Create(graph, data, *loss, *optimizer, options);
    EXPECT_TRUE(network.ok()) << network.status();
    EXPECT_TRUE((*network)->Initialize(1).ok());
    StepScalars scalars;
    scalars.learning_rate = 1;
    (*network)->TrainStep(HandFeed({3, 4}, 2, 1, -1), 1, StepContext(), scalars);
    std::vector<float> values = SmallModel::ValuesOf(**network, "d.weight");
    values.push_back(SmallModel::ValuesOf(**network, "d.bias")[0]);
    return values;
  }
};

TEST_F(ClipTest, LeavesASmallGradientAlone) {
  EXPECT_EQ(Step(0), (std::vector<float>{-6, -8, -2}));
  EXPECT_EQ(Step(11), Step(0));
}

TEST_F(ClipTest, ScalesALargeOneDownOverAllParameters) {
  const std::vector<float> clipped = Step(1);
  const float norm = std::sqrt(104.0f);
  EXPECT_NEAR(clipped[0], -6 / norm, 1e-6);
  EXPECT_NEAR(clipped[1], -8 / norm, 1e-6);
  EXPECT_NEAR(clipped[2], -2 / norm, 1e-6);
}

}  // namespace
}  // namespace trainyard
