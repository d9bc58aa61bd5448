// A model as a directed acyclic graph of layers with proven shapes and exact counts.
//
//   Graph graph = Graph::Build(nodes, input_shape, default_initializer, catalogs..., "model",
//   violations); for (const GraphNode& node : graph.nodes()) ...   // in an order in which inputs
//   come before their use
//
// Immutable after Build; movable.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/violations.h"
#include "engine/graph/layer.h"

namespace trainyard {

// A layer as the specification names it.
struct LayerRequest {
  RawComponent component;
  std::string name;                 // empty: `<type>_<index>`
  std::vector<std::string> inputs;  // empty: the layer before
};

struct GraphParameter {
  std::string name;  // "<layer>.<parameter>"
  ParameterSpec spec;
  // Null where the fill is zeros or ones.
  std::shared_ptr<const Initializer> initializer;  // shared: one default serves many parameters
};

struct GraphNode {
  static constexpr int kInput = -1;  // in `inputs`: the data

  std::string name;
  std::string type;
  std::unique_ptr<Layer> layer;
  std::vector<int> inputs;  // indices of nodes, or kInput
  std::vector<Shape> input_shapes;
  Shape output;
  std::vector<GraphParameter> parameters;
  int64_t forward_flops = 0;  // one sample
  // Whether a gradient must reach the inputs: some layer before it has trainable parameters.
  bool input_gradient = false;

  bool trainable() const;
};

class Graph {
 public:
  // Violations have paths `<path>.layers[i]...`; the result may be used only where none was added.
  static Graph Build(const std::vector<LayerRequest>& layers, const RawComponent& initializer,
                     const Shape& input, const Catalog<Layer>& layer_catalog,
                     const Catalog<Initializer>& initializer_catalog, const std::string& path,
                     Violations& violations);

  const Shape& input() const { return input_; }
  const Shape& output() const { return nodes_.back().output; }
  const std::vector<GraphNode>& nodes() const { return nodes_; }
  // Trainable ones, by logical size; saturates.
  int64_t parameters() const;
  // Forward, backward by data and by weights, for one sample; saturates. The first layers need no
  // gradient by data and are not charged for it.
  int64_t training_flops() const;

 private:
  Shape input_;
  std::vector<GraphNode> nodes_;
};

}  // namespace trainyard
