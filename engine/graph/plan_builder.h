// Builds a plan: layers emit operations into it.
//
// The batch is cut into groups of samples, a function of the model and the batch size only.
// Operations on groups are chained as long as no group needs another one's result, so that a
// group's data stays in cache:
//
//   ASSIGN_OR_RETURN(onednn::Primitive relu, onednn::ActivationForward(kind, 0, plan.LayoutOf(x)));
//   const Value y = plan.NewValue(plan.shape(x), plan.LayoutOf(x));
//   for (const Group& group : plan.groups()) {
//     ...primitive for group.count samples...
//     plan.AddToGroup("relu", group, relu, {{DNNL_ARG_SRC, plan.In(x, group), ...}, ...});
//   }
//   plan.OnBackward([=](PlanBuilder& plan) { ...plan.GradientOf(y)..., plan.AddGradient(x, ...);
//   });
//
// Operations that need the whole batch (dense layers, statistics) are stages of tiles of their own.
// Used by one thread; Finish may be called once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/graph/layer.h"
#include "engine/graph/parameters.h"
#include "engine/graph/plan.h"

namespace trainyard {

struct Group {
  int index = 0;
  int64_t begin = 0;
  int64_t count = 0;
};

// `batch` samples in `count` groups, or in as many as there are samples; the first ones take one
// more where it does not divide.
std::vector<Group> DivideBatch(int64_t batch, int64_t count);

// An activation or gradient in memory: samples one after another in `layout`'s form.
struct View {
  BufferRef ref;
  onednn::Layout layout;  // for the largest group
};

// Numbers that a kernel leaves for who runs the plan, for example sums of a probe.
struct Probe {
  std::string name;  // "<layer>/saturation"
  BufferRef ref;     // [groups][width] floats
  int64_t width = 0;
  int64_t elements = 0;  // what one group's numbers are shares of, per sample
};

class PlanBuilder {
 public:
  enum class Mode { kTraining, kInference };

  PlanBuilder(Mode mode, onednn::Type compute_type, int64_t batch, int group_count,
              ParameterTable& parameters);

  bool training() const { return mode_ == Mode::kTraining; }
  // What products read: layers convert the inputs, the gradients and the weights of convolutions
  // and matrix products to it. Their results, and everything else, are float32.
  onednn::Type compute_type() const { return compute_type_; }
  int64_t batch() const { return batch_; }
  const std::vector<Group>& groups() const { return groups_; }
  int64_t largest_group() const { return groups_.front().count; }

  // ---- the node that is being emitted
  void BeginNode(int node, const GraphNode& graph_node, bool append_relu = false);
  // Whether the node's result goes through max(x, 0): asked only of layers that can.
  bool append_relu() const { return append_relu_; }
  const std::string& node_name() const { return node_->name; }
  int node_index() const { return node_index_; }
  // Whether the node's input wants a gradient.
  bool input_gradient() const { return node_->input_gradient; }

  // ---- activations
  // A new activation of `sample_shape`; `layout` is that of the largest group.
  Value NewValue(const Shape& sample_shape, const onednn::Layout& layout);
  // An activation that lies where another one is, under another shape or layout.
  Value NewValueAt(const Shape& sample_shape, const View& view);
  const Shape& shape(Value value) const { return values_[value.id].shape; }
  const View& ViewOf(Value value) const { return values_[value.id].view; }
  // Of the largest group.
  const onednn::Layout& LayoutOf(Value value) const { return values_[value.id].view.layout; }
  // The activation in another layout or type: itself, or a copy made by a reorder of every group,
  // once however often it is asked for.
  absl::StatusOr<View> InLayout(const View& view, const onednn::Layout& layout);
  // A group's part.
  BufferRef At(const View& view, const Group& group) const;
  Operand On(int index, const View& view, const Group& group) const;

  // ---- gradients, in OnBackward's functions
  using Backward = std::function<absl::Status(PlanBuilder&)>;
  // Called in reverse order of registration, after the loss. Ignored in inference.
  void OnBackward(Backward backward);
  // The gradient of a value: the sum over its consumers' contributions. INTERNAL where there is
  // none.
  absl::StatusOr<View> GradientOf(Value value);
  void AddGradient(Value value, const View& gradient);
  // A fresh view for a gradient in `layout` (of the largest group).
  View NewView(const onednn::Layout& layout);

  // ---- parameters of the current node, by position
  int parameter(int position) const { return parameters_.IndexOf(node_index_, position); }
  // Where parameter `index` is found in `layout`: the first float32 layout asked for becomes the
  // parameter's own, others are copies that are refreshed before each run.
  absl::StatusOr<BufferRef> Weight(int index, const onednn::Layout& layout);
  BufferRef Gradient(int index) const { return {Space::kGradients, index, 0}; }
  // Where a gradient in `layout` can be written without ReduceGradient.
  std::optional<BufferRef> GradientIn(int index, const onednn::Layout& layout) const;
  // Adds up `parts` partial gradients (each in `layout`, one after another) in their order into the
  // gradient of parameter `index`.
  absl::Status ReduceGradient(int index, const BufferRef& partials, int parts,
                              const onednn::Layout& layout);

  // ---- memory
  BufferRef NewBuffer(int64_t bytes);
  // Kept for the whole run of the plan, from before its first stage: inputs, results.
  BufferRef NewPinnedBuffer(int64_t bytes);
  // Memory of the thread that runs a kernel of ours, without contents. One kernel asks for one.
  BufferRef Scratch(int64_t bytes);

  // ---- operations
  absl::Status AddToGroup(const char* name, const Group& group, const onednn::Primitive& primitive,
                          std::vector<Operand> operands);
  // `uses`: every buffer that the kernel touches.
  void AddToGroup(const char* name, const Group& group, const std::vector<BufferRef>& uses,
                  Kernel kernel);
  // sum = terms[0] + terms[1] + ..., all in one layout; at least two. With `relu` max(sum, 0).
  void AddSum(const std::vector<View>& terms, const View& sum, bool relu = false);
  // A stage of its own; following AddToTile calls with its tile numbers belong to it.
  void BeginStage(const char* name, int tiles);
  absl::Status AddToTile(int tile, const onednn::Primitive& primitive,
                         std::vector<Operand> operands);
  void AddToTile(int tile, const std::vector<BufferRef>& uses, Kernel kernel);
  // A stage before the chain of groups that is open, which stays open: for work on weights alone.
  void AddStageBefore(const char* name, const std::vector<BufferRef>& uses,
                      std::vector<Kernel> tiles);

  // ---- results
  // For the run's record: how the current node is computed where there are several ways.
  void ChoseAlgorithm(const std::string& name) { algorithms_[name].push_back(node_->name); }
  // Names of nodes by algorithm.
  const std::map<std::string, std::vector<std::string>>& algorithms() const { return algorithms_; }
  void AddProbe(Probe probe) { probes_.push_back(std::move(probe)); }
  const std::vector<Probe>& probes() const { return probes_; }

  absl::Status EmitBackward();
  // Plans memory. The parameter table is frozen by it where it was not.
  Plan::Parts Finish();

 private:
  struct ValueInfo {
    Shape shape;
    View view;
    std::vector<View> gradients;
  };
  struct WorkspaceBuffer {
    int64_t bytes = 0;
    int first = -1;
    int last = -1;
    bool pinned = false;
  };

  Stage& GroupStage(const char* name);
  void Use(const BufferRef& ref);
  void UseIn(int stage, const BufferRef& ref);
  absl::Status Add(const std::string& name, std::vector<Stage::Operation>& tile,
                   const onednn::Primitive& primitive, std::vector<Operand> operands);

  struct ViewCopy {
    BufferRef from;
    View copy;
  };

  Mode mode_;
  onednn::Type compute_type_;
  int64_t batch_;
  std::vector<Group> groups_;
  ParameterTable& parameters_;
  int node_index_ = -1;
  const GraphNode* node_ = nullptr;
  bool append_relu_ = false;
  std::vector<ValueInfo> values_;
  std::vector<std::pair<std::pair<int, const GraphNode*>, Backward>> backward_;
  std::vector<WorkspaceBuffer> buffers_;
  struct WeightCopy {
    int parameter;
    onednn::Layout layout;
    BufferRef ref;
  };
  std::vector<WeightCopy> weight_copies_;
  std::vector<ViewCopy> view_copies_;
  std::vector<Stage> prologue_;
  std::vector<Stage> stages_;
  bool group_stage_open_ = false;
  int64_t scratch_bytes_ = 0;
  std::vector<Probe> probes_;
  std::map<std::string, std::vector<std::string>> algorithms_;
};

// Shape and layout helpers for layers.
// [batch, shape...] of the largest group.
onednn::Dims BatchDims(int64_t count, const Shape& sample_shape);

}  // namespace trainyard
