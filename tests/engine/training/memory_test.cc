// The estimate of memory against what networks really take.
#include <gtest/gtest.h>

#include "engine/graph/sizing.h"
#include "engine/spec/catalogs.h"
#include "engine/training/checkpoint.h"
#include "engine/training/network.h"

namespace trainyard {
namespace {

RawValue Of(double number) { return {number}; }

LayerRequest Make(const std::string& type, RawMap params = {}, const std::string& name = "",
                  std::vector<std::string> inputs = {}) {
  return {{type, std::move(params)}, name, std::move(inputs)};
}

LayerRequest Conv(double filters, double kernel, double groups = 1, const std::string& name = "",
                  std::vector<std::string> inputs = {}) {
  return Make("conv2d",
              {{"filters", Of(filters)},
               {"kernel", Of(kernel)},
               {"padding", {std::string("same")}},
               {"groups", Of(groups)}},
              name, std::move(inputs));
}

LayerRequest Dense(double units) { return Make("dense", {{"units", Of(units)}}); }

struct Model {
  const char* name;
  std::vector<LayerRequest> layers;
  Shape input;
};

std::vector<LayerRequest> Repeated(std::vector<LayerRequest> first,
                                   const std::vector<LayerRequest>& again, int times,
                                   std::vector<LayerRequest> last) {
  std::vector<LayerRequest> all = std::move(first);
  for (int i = 0; i < times; ++i) all.insert(all.end(), again.begin(), again.end());
  all.insert(all.end(), last.begin(), last.end());
  return all;
}

std::vector<LayerRequest> Residual() {
  std::vector<LayerRequest> layers = {Conv(16, 3, 1, "x0")};
  for (int i = 0; i < 4; ++i) {
    const std::string from = "x" + std::to_string(i);
    const std::string branch = "branch" + std::to_string(i);
    layers.push_back(Conv(16, 3, 1, branch, {from}));
    layers.push_back(Make("add", {}, "x" + std::to_string(i + 1), {from, branch}));
  }
  layers.push_back(Make("global_avg_pool"));
  layers.push_back(Dense(10));
  return layers;
}

// One value that many layers use: each gives it a gradient.
std::vector<LayerRequest> Fan() {
  std::vector<LayerRequest> layers = {Conv(16, 3, 1, "x")};
  std::vector<std::string> branches;
  for (int i = 0; i < 8; ++i) {
    branches.push_back("pool" + std::to_string(i));
    layers.push_back(Make("max_pool", {{"size", Of(4)}}, branches.back(), {"x"}));
  }
  layers.push_back(Make("add", {}, "sum", branches));
  layers.push_back(Make("flatten"));
  layers.push_back(Dense(10));
  return layers;
}

std::vector<Model> Models() {
  const RawMap overlapping = {{"size", Of(3)}, {"stride", Of(1)}};
  const LayerRequest flat = Make("flatten"), relu = Make("relu");
  return {
      {"dense", {flat, Dense(10)}, Shape{1, 28, 28}},
      {"dense after dense", Repeated({flat}, {Dense(100), Make("tanh")}, 8, {Dense(10)}),
       Shape{1, 28, 28}},
      {"relus after dense", Repeated({flat, Dense(500)}, {relu}, 20, {Dense(10)}), Shape{1, 8, 8}},
      {"relus after a convolution", Repeated({Conv(20, 3)}, {relu}, 20, {flat, Dense(10)}),
       Shape{3, 12, 12}},
      {"LeNet",
       {Conv(6, 5), relu, Make("max_pool", {{"size", Of(2)}}), Conv(16, 5), relu,
        Make("max_pool", {{"size", Of(2)}}), flat, Dense(120), relu, Dense(84), relu, Dense(10)},
       Shape{1, 28, 28}},
      {"256 channels to 256",
       {Conv(256, 3), Conv(256, 3), Make("global_avg_pool"), Dense(10)},
       Shape{256, 8, 8}},
      {"convolutions", Repeated({}, {Conv(20, 3), relu}, 6, {Make("global_avg_pool"), Dense(10)}),
       Shape{3, 16, 16}},
      {"normalised",
       Repeated({}, {Conv(32, 3), Make("batch_norm"), relu, Make("dropout", {{"rate", Of(0.1)}})},
                4, {flat, Dense(10)}),
       Shape{3, 16, 16}},
      {"normalised vectors",
       {flat, Dense(1000), Make("batch_norm"), Make("batch_norm"), Dense(10)},
       Shape{1, 4, 4}},
      {"groups",
       {Conv(32, 3), Conv(32, 3, 32), Conv(64, 1), Conv(64, 3, 64), Conv(64, 3, 16), Conv(60, 3, 4),
        Make("avg_pool", {{"size", Of(2)}}), flat, Dense(10)},
       Shape{3, 16, 16}},
      {"one channel", {Conv(1, 3), Conv(1, 3), flat, Dense(10)}, Shape{1, 32, 32}},
      {"pools",
       {Conv(20, 3), Make("max_pool", overlapping), Make("max_pool", overlapping),
        Make("avg_pool", overlapping), flat, Dense(10)},
       Shape{3, 16, 16}},
      {"residual", Residual(), Shape{3, 16, 16}},
      {"fan", Fan(), Shape{3, 16, 16}},
      {"sequences",
       Repeated({Make("embedding", {{"vocabulary", Of(10)}, {"features", Of(48)}}),
                 Make("positional_embedding")},
                {Make("layer_norm"), Make("self_attention", {{"heads", Of(4)}}), Dense(96),
                 Make("gelu"), Dense(48)},
                3, {Make("layer_norm"), Dense(10)}),
       Shape{100}},
  };
}

TEST(Memory, IsNeverAboveItsEstimate) {
  const Catalogs catalogs;
  for (const Model& model : Models()) {
    Violations violations;
    const Graph graph = Graph::Build(model.layers, {"he", {}}, model.input, catalogs.layers,
                                     catalogs.initializers, "model", violations);
    DataInfo data;
    data.input_shape = model.input;
    data.classes = 10;
    if (graph.output().rank() == 2) data.positions = graph.output()[0];
    const auto loss = catalogs.losses.Make({"softmax_cross_entropy", {}}, "loss", violations);
    const auto optimizer = catalogs.optimizers.Make({"adam", {}}, "optimizer", violations);
    ASSERT_TRUE(violations.empty()) << model.name << ": " << violations.ToStatus();
    for (const int64_t batch : {1, 7, 32, 300}) {
      const bool accumulate = batch == 7;
      NetworkOptions options;
      options.batch = batch;
      options.last_batch = batch / 2;
      options.batches_per_step = accumulate ? 2 : 1;
      const auto network = Network::Create(graph, data, *loss, *optimizer, options);
      ASSERT_TRUE(network.ok()) << network.status();
      // Written, it is there as tensors and as bytes.
      const int64_t checkpoint = 2 * static_cast<int64_t>(WriteCheckpoint(**network, {})->size());
      const int64_t real = (*network)->memory_bytes() + checkpoint;
      const int64_t estimate = EstimateMemory(
          graph, batch, static_cast<int>(optimizer->slots().size()), accumulate, options.threads);
      EXPECT_GE(estimate, real) << model.name << ", batch " << batch;
      EXPECT_LE(estimate, 8 * real) << model.name << ", batch " << batch;
    }
  }
}

}  // namespace
}  // namespace trainyard
