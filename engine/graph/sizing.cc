#include "engine/graph/sizing.h"

#include <algorithm>
#include <vector>

#include "engine/base/saturated.h"

namespace trainyard {
namespace {

constexpr int64_t kFloatBytes = sizeof(float);
// A group's activations should be worth a dispatch and, in a chain, fit into a core's second-level
// cache.
constexpr int64_t kGroupActivationBytes = 256 << 10;
constexpr int kMaxGroups = 16;
// Channels of blocked layouts are padded to a multiple of this.
constexpr int64_t kBlock = 16;

int64_t PaddedElements(const Shape& shape, int padded_axes) {
  std::vector<int64_t> dims = shape.dims();
  for (int axis = 0; axis < padded_axes; ++axis)
    dims[axis] = (dims[axis] + kBlock - 1) / kBlock * kBlock;
  return Shape(std::move(dims)).elements();
}

// Of one sample.
int64_t ActivationElements(const Shape& shape) {
  return PaddedElements(shape, shape.rank() == 3 ? 1 : 0);
}

// Of one sample in a training plan, and in one of inference.
struct ValueElements {
  int64_t training = 0;
  int64_t inference = 0;
};

ValueElements CountValues(const Graph& graph) {
  const std::vector<GraphNode>& nodes = graph.nodes();
  const auto elements_of = [&](int from) {
    return ActivationElements(from == GraphNode::kInput ? graph.input() : nodes[from].output);
  };
  ValueElements values = {graph.input().elements(), graph.input().elements()};
  std::vector<int> users(nodes.size(), 0);
  for (const GraphNode& node : nodes) {
    const int64_t output = ActivationElements(node.output);
    values.training = AddSaturated(values.training, output);
    values.inference = AddSaturated(values.inference, output);
    for (int from : node.inputs) {
      const int64_t input = elements_of(from);
      // What the node adds to the gradient of its input.
      if (node.input_gradient) values.training = AddSaturated(values.training, input);
      int64_t copy = 0;
      if (from == GraphNode::kInput) copy = graph.input().elements();  // data come plain
      if (node.layer->MayCopyInput(node.input_shapes)) copy = input;
      values.training = AddSaturated(values.training, copy);
      values.inference = AddSaturated(values.inference, copy);
      if (from != GraphNode::kInput && ++users[from] == 2)
        values.training = AddSaturated(values.training, input);  // the sum of gradients
    }
  }
  // The model's output is kept in plain order, and the loss gives its gradient.
  const int64_t rows = graph.output().elements();
  values.training = AddSaturated(values.training, MultiplySaturated(2, rows));
  values.inference = AddSaturated(values.inference, rows);
  return values;
}

int64_t CountInner(const Graph& graph, int64_t batch, bool training) {
  int64_t inner = 0;
  for (const GraphNode& node : graph.nodes())
    inner = AddSaturated(inner, node.layer->InnerElements(node.input_shapes, batch, training));
  return inner;
}

// Of a thread, for any layer.
int64_t LargestScratch(const Graph& graph, int64_t batch) {
  int64_t largest = 0;
  for (const GraphNode& node : graph.nodes())
    largest = std::max(largest, node.layer->ScratchElements(node.input_shapes, batch));
  return largest;
}

}  // namespace

int64_t InferenceBatch(const Graph& graph) {
  constexpr int64_t kSamples = 256;
  constexpr int64_t kRows = 4096;
  const int64_t rows = graph.output().rank() == 2 ? graph.output()[0] : 1;
  return std::clamp<int64_t>(kRows / rows, 1, kSamples);
}

int GroupCount(const Graph& graph, int64_t batch) {
  int64_t elements = graph.input().elements();
  for (const GraphNode& node : graph.nodes())
    elements = AddSaturated(elements, node.output.elements());
  const int64_t bytes = MultiplySaturated(MultiplySaturated(elements, batch), kFloatBytes);
  int groups = 1;
  while (groups < kMaxGroups && groups * 2 <= batch && bytes / groups > kGroupActivationBytes)
    groups *= 2;
  return groups;
}

int64_t EstimateMemory(const Graph& graph, int64_t batch, int optimizer_slots, bool accumulate,
                       int64_t threads) {
  // Weights, those before a probed step, gradients and their sums, and the optimizer's state.
  const int64_t arenas = 3 + (accumulate ? 1 : 0) + optimizer_slots;
  // A checkpoint exists as tensors and as bytes at once.
  const int64_t checkpoint = 2 * (1 + optimizer_slots);
  const int64_t groups = GroupCount(graph, batch);
  int64_t parameters = 0;
  for (const GraphNode& node : graph.nodes()) {
    for (const GraphParameter& parameter : node.parameters) {
      const Shape& shape = parameter.spec.shape;
      int64_t copies = arenas + checkpoint;
      if (shape.rank() == 4) {
        // A convolution's weights in the layouts of its passes, and a gradient of each group with
        // their sum.
        constexpr int64_t kLayouts = 2;
        copies += kLayouts + groups + 1;
      } else if (shape.rank() == 1) {
        copies += 2 * groups;  // sums by group: gradients of biases, statistics of channels
      }
      parameters = AddSaturated(
          parameters, MultiplySaturated(PaddedElements(shape, shape.rank() == 4 ? 2 : 0), copies));
    }
  }
  const ValueElements values = CountValues(graph);
  const int64_t training =
      AddSaturated(MultiplySaturated(values.training, batch), CountInner(graph, batch, true));
  const int64_t judged = InferenceBatch(graph);
  const int64_t inference =
      AddSaturated(MultiplySaturated(values.inference, judged), CountInner(graph, judged, false));
  const int64_t scratch = MultiplySaturated(
      threads, std::max(LargestScratch(graph, batch), LargestScratch(graph, judged)));
  const int64_t activations = AddSaturated(std::max(training, inference), scratch);
  return MultiplySaturated(AddSaturated(parameters, activations), kFloatBytes);
}

}  // namespace trainyard
