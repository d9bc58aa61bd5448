// Steps of several batches, whose gradients are summed: gradient_accumulation_steps.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/export/safetensors.h"
#include "tests/engine/layers/small_model.h"
#include "tests/engine/training/run_fixture.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using Kind = RunOutcome::Kind;

// Everything that looks at steps or samples, and nothing that takes statistics of a batch: 198
// training samples, so that an epoch is three steps of 64 and one of 6.
constexpr char kImages[] = R"(
  data {
    source { type: "synthetic_images" params { key: "samples" value { number_value: 220 } }
             params { key: "height" value { number_value: 12 } }
             params { key: "width" value { number_value: 12 } } }
    split { validation: 0.1 }
    augment { type: "random_flip" }
  }
  model {
    layers { type: "conv2d" params { key: "filters" value { number_value: 20 } }
             params { key: "kernel" value { number_value: 3 } } }
    layers { type: "relu" }
    layers { type: "flatten" }
    layers { type: "dropout" params { key: "rate" value { number_value: 0.2 } } }
    layers { type: "dense" params { key: "units" value { number_value: 4 } } }
  }
  loss { type: "softmax_cross_entropy" }
  optimizer { type: "adamw" params { key: "learning_rate" value { number_value: 0.005 } } }
  schedule { type: "cosine" }
  clip_gradient_norm: 0.5
  batch_size: 64
  budget { epochs: 3 }
  monitoring { every_steps: 1 }
  seed: 3
)";

class AccumulationTest : public RunTest {
 protected:
  static v1::Specification InBatches(uint32_t batch, uint32_t batches) {
    v1::Specification specification = Parse(kImages);
    specification.set_batch_size(batch);
    specification.set_gradient_accumulation_steps(batches);
    return specification;
  }
};

TEST_F(AccumulationTest, SmallBatchesTrainWhatALargeOneTrains) {
  RecordingSink large;
  ASSERT_EQ(Run(InBatches(64, 1), large).kind, Kind::kSucceeded);
  const auto wanted = ReadSafetensors(large.files["model.safetensors"]);
  ASSERT_TRUE(wanted.ok());
  for (const auto& [batch, batches] : {std::pair(16, 4), {32, 2}, {1, 64}}) {
    RecordingSink small;
    ASSERT_EQ(Run(InBatches(batch, batches), small).kind, Kind::kSucceeded);
    ASSERT_EQ(small.events.size(), large.events.size()) << batch;
    const auto model = ReadSafetensors(small.files["model.safetensors"]);
    ASSERT_TRUE(model.ok());
    for (size_t i = 0; i < wanted->tensors.size(); ++i) {
      const std::vector<float>& a = wanted->tensors[i].values;
      const std::vector<float>& b = model->tensors[i].values;
      for (size_t k = 0; k < a.size(); ++k)
        ASSERT_NEAR(a[k], b[k], 2e-4) << wanted->tensors[i].name << ", batches of " << batch;
    }
    for (const char* series : {"train/loss", "train/accuracy", "validation/loss"})
      EXPECT_NEAR(small.Last(series), large.Last(series), 1e-4) << series;
  }
}

TEST_F(AccumulationTest, CountsUpdatesAndTakesTheLastSamplesOfAnEpoch) {
  RecordingSink sink;
  ASSERT_EQ(Run(InBatches(16, 4), sink).kind, Kind::kSucceeded);
  EXPECT_EQ(sink.events.front().attempt_started().total_steps(), 12u);
  std::vector<uint64_t> steps;
  std::vector<double> epochs;
  std::set<double> learning_rates;
  for (const v1::Event& event : sink.events) {
    if (!event.has_progress()) continue;
    steps.push_back(event.progress().step());
    epochs.push_back(event.progress().epoch());
    learning_rates.insert(event.progress().learning_rate());
  }
  EXPECT_THAT(steps, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
  EXPECT_DOUBLE_EQ(epochs[0], 64.0 / 198);
  EXPECT_DOUBLE_EQ(epochs[3], 1);
  EXPECT_DOUBLE_EQ(epochs[11], 3);
  EXPECT_EQ(learning_rates.size(), 12u);  // the schedule goes on with each update
}

TEST_F(AccumulationTest, ThreadsChangeNoBit) {
  RecordingSink one, two;
  ASSERT_EQ(Run(InBatches(16, 4), one, 1).kind, Kind::kSucceeded);
  ASSERT_EQ(Run(InBatches(16, 4), two, 2).kind, Kind::kSucceeded);
  EXPECT_EQ(one.files["model.safetensors"], two.files["model.safetensors"]);
}

// A stop that comes within a step waits for its end: a checkpoint holds no half sum.
TEST_F(AccumulationTest, GoesOnFromACheckpointWithTheSameBits) {
  v1::Specification specification = InBatches(16, 4);
  // What is left of an abandoned step would show in its statistics.
  specification.mutable_model()->mutable_layers(1)->set_type("batch_norm");
  ExpectSameBitsAfterStops(specification, {1, 3, 4, 6});
}

// The squared error of w . x at w = 0 and the target -1: x = (3, 4) has the gradient (6, 8), and 2
// by the bias; x = (1, 0) has (2, 0) and 2; x = (0, 2) has (0, 4) and 2.
class StepOfBatchesTest : public ::testing::Test {
 protected:
  // The weights after a step of plain descent.
  static std::vector<float> Step(int64_t batch, int64_t last_batch, int64_t samples,
                                 double largest_norm) {
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
    options.batch = batch;
    options.last_batch = last_batch;
    options.batches_per_step = 3;
    options.clip_gradient_norm = largest_norm;
    const auto network = Network::Create(graph, data, *loss, *optimizer, options);
    EXPECT_TRUE(network.ok()) << network.status();
    EXPECT_TRUE((*network)->Initialize(1).ok());
    StepScalars scalars;
    scalars.learning_rate = 1;
    const HandFeed feed({3, 4, 1, 0, 0, 2}, 2, 1, -1);
    EXPECT_EQ((*network)->TrainStep(feed, samples, StepContext(), scalars).loss, 1);
    std::vector<float> values = SmallModel::ValuesOf(**network, "d.weight");
    values.push_back(SmallModel::ValuesOf(**network, "d.bias")[0]);
    return values;
  }
};

TEST_F(StepOfBatchesTest, AveragesOverSamplesAndNotOverBatches) {
  EXPECT_THAT(Step(1, 0, 1, 0), ElementsAre(-6, -8, -2));
  EXPECT_THAT(Step(1, 0, 2, 0), ElementsAre(-4, -4, -2));
  const std::vector<float> three = Step(2, 1, 3, 0);
  EXPECT_NEAR(three[0], -8.0 / 3, 1e-6);
  EXPECT_NEAR(three[1], -12.0 / 3, 1e-6);
  EXPECT_NEAR(three[2], -2, 1e-6);
}

TEST_F(StepOfBatchesTest, ClipsTheSum) {
  const std::vector<float> clipped = Step(1, 0, 2, 3);  // the norm of (4, 4, 2) is 6
  EXPECT_NEAR(clipped[0], -2, 1e-5);
  EXPECT_NEAR(clipped[1], -2, 1e-5);
  EXPECT_NEAR(clipped[2], -1, 1e-5);
}

}  // namespace
}  // namespace trainyard
