#include "engine/graph/graph.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "engine/base/saturated.h"

namespace trainyard {
namespace {

constexpr char kInputName[] = "input";
// Elements of one activation or parameter; beyond it sizes in bytes would not be safe to multiply.
constexpr int64_t kMaxElements = int64_t{1} << 40;
// A suggestion compares a name with those of all layers: with more violations than this nobody
// reads it.
constexpr size_t kSuggestedViolations = 20;

bool IsName(const std::string& name) {
  constexpr size_t kLongest = 100;
  return !name.empty() && name.size() <= kLongest &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; });
}

class Builder {
 public:
  Builder(const Shape& input, const Catalog<Layer>& layers,
          const Catalog<Initializer>& initializers, Violations& violations)
      : input_(input), layers_(layers), initializers_(initializers), violations_(violations) {
    index_of_[kInputName] = GraphNode::kInput;
  }

  void SetDefault(const RawComponent& component, const std::string& path) {
    default_ = initializers_.Make(component, path, violations_);
  }

  // Adds a node; a layer that is wrong is left out and its users are not reported again.
  void Add(const LayerRequest& request, size_t index, const std::string& path) {
    GraphNode node;
    node.type = request.component.type;
    node.name =
        request.name.empty() ? absl::StrCat(request.component.type, "_", index) : request.name;
    node.layer = layers_.Make(request.component, path, violations_);
    const bool named = CheckName(node.name, request.name.empty() ? path : path + ".name");
    const bool connected = Connect(request, path, node);
    if (!node.layer || !named || !connected) {
      Break(node);
      return;
    }
    if (node.layer->vocabulary() > 0 && !ReadsData(node)) {
      violations_.Add(path, absl::StrCat(node.type,
                                         " reads the ids of the data, not the output of "
                                         "another layer; name it: inputs: [",
                                         kInputName, "]"));
      Break(node);
      return;
    }
    auto output = node.layer->OutputShape(node.input_shapes);
    if (!output.ok()) {
      violations_.Add(path, Message(output.status()));
      Break(node);
      return;
    }
    node.output = *std::move(output);
    if (node.output.elements() > kMaxElements) {
      violations_.Add(path, absl::StrCat("output shape ", node.output.ToString(), " is too large"));
      Break(node);
      return;
    }
    if (!AddParameters(path, node)) {
      Break(node);
      return;
    }
    node.forward_flops = node.layer->ForwardFlops(node.input_shapes);
    last_ = static_cast<int>(nodes_.size());
    index_of_[node.name] = last_;
    nodes_.push_back(std::move(node));
  }

  std::vector<GraphNode> Take() { return std::move(nodes_); }

 private:
  static constexpr int kBroken = -2;

  static bool ReadsData(const GraphNode& node) {
    return std::all_of(node.inputs.begin(), node.inputs.end(),
                       [](int input) { return input == GraphNode::kInput; });
  }

  void Break(const GraphNode& node) {
    broken_.insert(node.name);
    last_ = kBroken;
  }

  bool CheckInputCount(const Layer& layer, size_t inputs, const std::string& type,
                       const std::string& path) {
    const size_t least = static_cast<size_t>(layer.min_inputs());
    const size_t most = static_cast<size_t>(layer.max_inputs());
    if (inputs >= least && inputs <= most) return true;
    const std::string range =
        most > least ? absl::StrCat(least, " to ", most) : absl::StrCat(least);
    violations_.Add(
        path + ".inputs",
        absl::StrCat(type, " takes ", range, most == 1 ? " input" : " inputs", ", got ", inputs));
    return false;
  }

  bool CheckName(const std::string& name, const std::string& path) {
    if (!IsName(name)) {
      violations_.Add(
          path, absl::StrCat("name '", name.substr(0, 40), "' must be 1 to 100 of [A-Za-z0-9_-]"));
      return false;
    }
    if (index_of_.count(name) > 0 || broken_.count(name) > 0) {
      violations_.Add(path, absl::StrCat("a second layer named '", name, "'"));
      return false;
    }
    return true;
  }

  bool Connect(const LayerRequest& request, const std::string& path, GraphNode& node) {
    const size_t count = std::max<size_t>(request.inputs.size(), 1);
    if (node.layer && !CheckInputCount(*node.layer, count, node.type, path)) return false;
    if (request.inputs.empty()) {
      if (last_ == kBroken) return false;
      node.inputs = {last_};
    }
    bool good = true;
    for (size_t i = 0; i < request.inputs.size(); ++i) {
      const std::string& name = request.inputs[i];
      const auto found = index_of_.find(name);
      if (found != index_of_.end()) {
        node.inputs.push_back(found->second);
        continue;
      }
      good = false;
      if (broken_.count(name) > 0) continue;
      violations_.Add(
          absl::StrCat(path, ".inputs[", i, "]"),
          absl::StrCat("no earlier layer '", name.substr(0, 40), "'", SuggestFor(name)));
    }
    for (int input : node.inputs) {
      node.input_shapes.push_back(input == GraphNode::kInput ? input_ : nodes_[input].output);
      if (input != GraphNode::kInput &&
          (nodes_[input].trainable() || nodes_[input].input_gradient)) {
        node.input_gradient = true;
      }
    }
    return good;
  }

  std::string SuggestFor(const std::string& name) const {
    if (violations_.list().size() >= kSuggestedViolations) return "";
    std::vector<std::string> known;
    for (const auto& [known_name, index] : index_of_) known.push_back(known_name);
    return Suggestion(name, known);
  }

  bool AddParameters(const std::string& path, GraphNode& node) {
    for (ParameterSpec& spec : node.layer->Parameters(node.input_shapes)) {
      if (spec.shape.elements() > kMaxElements) {
        violations_.Add(
            path, absl::StrCat(spec.name, " of shape ", spec.shape.ToString(), " is too large"));
        return false;
      }
      GraphParameter parameter;
      parameter.name = node.name + "." + spec.name;
      if (spec.fill == ParameterSpec::Fill::kInitializer) {
        parameter.initializer = default_;
        if (spec.initializer) {
          parameter.initializer =
              initializers_.Make(*spec.initializer, spec.initializer_path, violations_);
          if (!parameter.initializer) return false;
        }
      }
      parameter.spec = std::move(spec);
      node.parameters.push_back(std::move(parameter));
    }
    return true;
  }

  const Shape& input_;
  const Catalog<Layer>& layers_;
  const Catalog<Initializer>& initializers_;
  Violations& violations_;
  std::shared_ptr<const Initializer> default_;
  std::vector<GraphNode> nodes_;
  std::map<std::string, int> index_of_;
  std::set<std::string> broken_;
  int last_ = GraphNode::kInput;
};

}  // namespace

bool GraphNode::trainable() const {
  return std::any_of(parameters.begin(), parameters.end(),
                     [](const GraphParameter& p) { return p.spec.trainable; });
}

Graph Graph::Build(const std::vector<LayerRequest>& layers, const RawComponent& initializer,
                   const Shape& input, const Catalog<Layer>& layer_catalog,
                   const Catalog<Initializer>& initializer_catalog, const std::string& path,
                   Violations& violations) {
  Graph graph;
  graph.input_ = input;
  const std::string list_path = JoinPath(path, "layers");
  if (layers.empty()) {
    violations.Add(list_path, "required: at least one layer");
    return graph;
  }
  const size_t before = violations.list().size();
  Builder builder(graph.input_, layer_catalog, initializer_catalog, violations);
  builder.SetDefault(initializer, JoinPath(path, "initializer"));
  for (size_t i = 0; i < layers.size(); ++i)
    builder.Add(layers[i], i, absl::StrCat(list_path, "[", i, "]"));
  graph.nodes_ = builder.Take();
  if (violations.list().size() != before) return graph;

  std::vector<bool> used(graph.nodes_.size(), false);
  used.back() = true;
  for (const GraphNode& node : graph.nodes_) {
    for (int from : node.inputs) {
      if (from != GraphNode::kInput) used[from] = true;
    }
  }
  for (size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) {
      violations.Add(absl::StrCat(list_path, "[", i, "]"),
                     absl::StrCat("the output of layer '", graph.nodes_[i].name,
                                  "' is not used by any later layer"));
    }
  }
  return graph;
}

int64_t Graph::parameters() const {
  int64_t total = 0;
  for (const GraphNode& node : nodes_) {
    for (const GraphParameter& parameter : node.parameters) {
      if (parameter.spec.trainable) total = AddSaturated(total, parameter.spec.shape.elements());
    }
  }
  return total;
}

int64_t Graph::training_flops() const {
  int64_t total = 0;
  for (const GraphNode& node : nodes_) {
    const int64_t passes = 1 + (node.trainable() ? 1 : 0) + (node.input_gradient ? 1 : 0);
    total = AddSaturated(total, MultiplySaturated(node.forward_flops, passes));
  }
  return total;
}

}  // namespace trainyard
