#include "engine/graph/graph.h"

#include <gtest/gtest.h>

#include <limits>

namespace trainyard {
namespace {

RawValue Of(double number) { return {number}; }

LayerRequest Layer(const std::string& type, RawMap params = {}, const std::string& name = "",
                   std::vector<std::string> inputs = {}) {
  return {{type, std::move(params)}, name, std::move(inputs)};
}

LayerRequest Conv(double filters, double kernel, const char* padding = "valid") {
  return Layer(
      "conv2d",
      {{"filters", Of(filters)}, {"kernel", Of(kernel)}, {"padding", {std::string(padding)}}});
}
LayerRequest Dense(double units) { return Layer("dense", {{"units", Of(units)}}); }
LayerRequest Pool(double size) { return Layer("max_pool", {{"size", Of(size)}}); }

class GraphTest : public ::testing::Test {
 protected:
  Graph Build(const std::vector<LayerRequest>& layers, const Shape& input) {
    return Graph::Build(layers, {"he", {}}, input, layers_, initializers_, "model", violations_);
  }
  // "path: message" of the only violation.
  std::string Violation(const std::vector<LayerRequest>& layers, const Shape& input) {
    Violations violations;
    Graph::Build(layers, {"he", {}}, input, layers_, initializers_, "model", violations);
    EXPECT_EQ(violations.list().size(), 1u) << violations.ToStatus();
    return violations.empty() ? ""
                              : violations.list()[0].path + ": " + violations.list()[0].message;
  }

  Catalog<trainyard::Layer> layers_ = layers::MakeCatalog();
  Catalog<Initializer> initializers_ = initializers::MakeCatalog();
  Violations violations_;
};

TEST_F(GraphTest, CountsLeNet) {
  const Graph graph =
      Build({Conv(6, 5), Layer("relu"), Pool(2), Conv(16, 5), Layer("relu"), Pool(2),
             Layer("flatten"), Dense(120), Layer("relu"), Dense(84), Layer("relu"), Dense(10)},
            Shape{1, 28, 28});
  ASSERT_TRUE(violations_.empty()) << violations_.ToStatus();
  EXPECT_EQ(graph.nodes()[0].output, (Shape{6, 24, 24}));
  EXPECT_EQ(graph.nodes()[6].output, (Shape{256}));
  EXPECT_EQ(graph.output(), (Shape{10}));
  EXPECT_EQ(graph.parameters(), 156 + 2416 + 30840 + 10164 + 850);
  // 2 * 24*24*6*25, 2 * 8*8*16*6*25, 2 * 256*120 ...
  const int64_t first = 2 * 24 * 24 * 6 * 25;
  const int64_t rest = 2 * 8 * 8 * 16 * 150 + 2 * (256 * 120 + 120 * 84 + 84 * 10);
  EXPECT_EQ(graph.nodes()[0].forward_flops, first);
  EXPECT_EQ(graph.training_flops(),
            2 * first + 3 * rest);  // nothing wants the gradient of the image
}

TEST_F(GraphTest, JoinsBranches) {
  const Graph graph = Build(
      {Layer("conv2d", {{"filters", Of(4)}, {"kernel", Of(3)}, {"padding", {std::string("same")}}},
             "a"),
       Layer("relu", {}, "b", {"a"}), Layer("add", {}, "sum", {"a", "b"}), Layer("flatten")},
      Shape{4, 6, 6});
  ASSERT_TRUE(violations_.empty()) << violations_.ToStatus();
  EXPECT_EQ(graph.nodes()[2].inputs, (std::vector<int>{0, 1}));
}

TEST_F(GraphTest, WindowsFollowTheirPadding) {
  const auto output = [&](LayerRequest layer) {
    return Build({std::move(layer)}, Shape{3, 7, 7}).output();
  };
  EXPECT_EQ(output(Conv(2, 3)), (Shape{2, 5, 5}));
  EXPECT_EQ(output(Conv(2, 3, "same")), (Shape{2, 7, 7}));
  EXPECT_EQ(
      output(Layer("conv2d",
                   {{"filters", Of(2)}, {"kernel", Of(3)}, {"stride", Of(2)}, {"padding", Of(1)}})),
      (Shape{2, 4, 4}));
  EXPECT_EQ(output(Layer("conv2d", {{"filters", Of(2)},
                                    {"kernel", {RawList{Of(1), Of(5)}}},
                                    {"stride", {RawList{Of(1), Of(2)}}}})),
            (Shape{2, 7, 2}));
  EXPECT_EQ(output(Pool(2)), (Shape{3, 3, 3}));
}

TEST_F(GraphTest, SaysWhatDoesNotFit) {
  EXPECT_EQ(
      Violation({Dense(10)}, Shape{1, 28, 28}),
      "model.layers[0]: dense takes [features] or [positions, features], got [1, 28, 28]; put a "
      "flatten or global_avg_pool layer before it");
  EXPECT_EQ(Violation({Conv(4, 5)}, Shape{1, 3, 3}),
            "model.layers[0]: a window of 5x5 does not fit into the image [1, 3, 3]; use a smaller "
            "one or padding: same");
  EXPECT_EQ(Violation({Layer("relu", {}, "", {"imput"})}, Shape{4}),
            "model.layers[0].inputs[0]: no earlier layer 'imput'; did you mean 'input'?");
  EXPECT_EQ(Violation({Layer("add", {}, "", {"input"})}, Shape{4}),
            "model.layers[0].inputs: add takes 2 to 64 inputs, got 1");
  EXPECT_EQ(Violation({Layer("relu", {}, "a"), Layer("relu", {}, "a")}, Shape{4}),
            "model.layers[1].name: a second layer named 'a'");
  EXPECT_EQ(Violation({Layer("relu", {}, "a"), Layer("relu", {}, "b", {"input"})}, Shape{4}),
            "model.layers[0]: the output of layer 'a' is not used by any later layer");
  EXPECT_EQ(Violation({}, Shape{4}), "model.layers: required: at least one layer");
}

TEST_F(GraphTest, RefusesMoreInputsThanALayerTakesBeforeItLooksAtThem) {
  EXPECT_EQ(
      Violation({Layer("relu", {}, "", std::vector<std::string>(1'000'000, "nowhere"))}, Shape{4}),
      "model.layers[0].inputs: relu takes 1 input, got 1000000");
  EXPECT_EQ(Violation({Layer("add", {}, "", std::vector<std::string>(65, "input"))}, Shape{4}),
            "model.layers[0].inputs: add takes 2 to 64 inputs, got 65");
}

TEST_F(GraphTest, SuggestsNamesOnlyWhileFewAreWrong) {
  std::vector<LayerRequest> layers = {
      Layer("add", {}, "sum", std::vector<std::string>(30, "imput"))};
  Build(layers, Shape{4});
  ASSERT_EQ(violations_.list().size(), 30u);
  EXPECT_EQ(violations_.list()[19].message, "no earlier layer 'imput'; did you mean 'input'?");
  EXPECT_EQ(violations_.list()[20].message, "no earlier layer 'imput'");
}

TEST_F(GraphTest, ReportsEveryWrongLayerOnce) {
  Build({Layer("dens", {{"units", Of(3)}}), Layer("relu"), Layer("dense", {{"units", Of(-1)}}),
         Layer("relu")},
        Shape{4});
  ASSERT_EQ(violations_.list().size(), 2u) << violations_.ToStatus();
  EXPECT_EQ(violations_.list()[0].path, "model.layers[0].type");
  EXPECT_EQ(violations_.list()[1].path, "model.layers[2].units");
}

TEST_F(GraphTest, RefusesWhatCannotBeCounted) {
  const std::string message = Violation({Dense(1 << 24), Dense(1 << 24)}, Shape{1 << 24});
  EXPECT_NE(message.find("too large"), std::string::npos) << message;
}

// Every size is allowed, their product is 2^62, then beyond 64 bits.
TEST_F(GraphTest, FlopsStopAtTheMaximum) {
  RawMap params = {{"filters", Of(1 << 15)},
                   {"kernel", {RawList{Of(256), Of(256)}}},
                   {"padding", {std::string("same")}}};
  const Graph graph = Build({Layer("conv2d", params)}, Shape{64, 4096, 4096});
  ASSERT_TRUE(violations_.empty()) << violations_.ToStatus();
  const int64_t out = int64_t{1 << 15} << 24;
  EXPECT_EQ(graph.nodes()[0].forward_flops, 2 * out * 64 * 256 * 256);
  params["filters"] = Of(1 << 16);
  EXPECT_EQ(Build({Layer("conv2d", params)}, Shape{128, 4096, 4096}).nodes()[0].forward_flops,
            std::numeric_limits<int64_t>::max());
}

TEST_F(GraphTest, DeepResidualTowersAreFast) {
  std::vector<LayerRequest> layers = {Layer("dense", {{"units", Of(4)}}, "d0")};
  for (int i = 1; i < 200; ++i) {
    const std::string before = "d" + std::to_string(i - 1);
    layers.push_back(Layer("add", {}, "d" + std::to_string(i), {before, before}));
  }
  const Graph graph = Build(layers, Shape{4});
  EXPECT_TRUE(violations_.empty());
  EXPECT_TRUE(graph.nodes().back().input_gradient);
}

}  // namespace
}  // namespace trainyard
