#include "engine/graph/plan_builder.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/base/vectorized.h"
#include "engine/graph/memory_planner.h"

namespace trainyard {
namespace {

// Elements of a tile where a kernel of ours walks a flat range.
constexpr int64_t kFlatTileElements = 1 << 15;

TRAINYARD_VECTORIZED
void AddValues(const float* a, const float* b, int64_t count, float* sum) {
  for (int64_t i = 0; i < count; ++i) sum[i] = a[i] + b[i];
}

TRAINYARD_VECTORIZED
void Rectify(float* values, int64_t count) {
  for (int64_t i = 0; i < count; ++i) values[i] = values[i] > 0 ? values[i] : 0.0f;
}

int64_t BytesPerSample(const View& view) {
  return onednn::Bytes(view.layout) / onednn::DimsOf(view.layout)[0];
}

}  // namespace

onednn::Dims BatchDims(int64_t count, const Shape& sample_shape) {
  onednn::Dims dims = {count};
  dims.insert(dims.end(), sample_shape.dims().begin(), sample_shape.dims().end());
  return dims;
}

std::vector<Group> DivideBatch(int64_t batch, int64_t count) {
  count = std::clamp<int64_t>(count, 1, batch);
  std::vector<Group> groups;
  int64_t begin = 0;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t size = batch / count + (i < batch % count ? 1 : 0);
    groups.push_back({static_cast<int>(i), begin, size});
    begin += size;
  }
  return groups;
}

PlanBuilder::PlanBuilder(Mode mode, onednn::Type compute_type, int64_t batch, int group_count,
                         ParameterTable& parameters)
    : mode_(mode),
      compute_type_(compute_type),
      batch_(batch),
      groups_(DivideBatch(batch, group_count)),
      parameters_(parameters) {}

void PlanBuilder::BeginNode(int node, const GraphNode& graph_node, bool append_relu) {
  append_relu_ = append_relu;
  node_index_ = node;
  node_ = &graph_node;
}

View PlanBuilder::NewView(const onednn::Layout& layout) {
  View view;
  view.layout = layout;
  view.ref = NewBuffer(BytesPerSample(view) * batch_);
  return view;
}

Value PlanBuilder::NewValue(const Shape& sample_shape, const onednn::Layout& layout) {
  return NewValueAt(sample_shape, NewView(layout));
}

Value PlanBuilder::NewValueAt(const Shape& sample_shape, const View& view) {
  values_.push_back({sample_shape, view, {}});
  return {static_cast<int>(values_.size()) - 1};
}

BufferRef PlanBuilder::At(const View& view, const Group& group) const {
  return view.ref.At(BytesPerSample(view) * group.begin);
}

Operand PlanBuilder::On(int index, const View& view, const Group& group) const {
  return {index, At(view, group), onednn::ForBatch(view.layout, group.count)};
}

absl::StatusOr<View> PlanBuilder::InLayout(const View& view, const onednn::Layout& layout) {
  if (view.layout == layout) return view;
  for (const ViewCopy& known : view_copies_) {
    if (known.from == view.ref && known.copy.layout == layout) return known.copy;
  }
  const View copy = NewView(layout);
  view_copies_.push_back({view.ref, copy});
  for (const Group& group : groups_) {
    ASSIGN_OR_RETURN(const onednn::Primitive reorder,
                     onednn::Reorder(onednn::ForBatch(view.layout, group.count),
                                     onednn::ForBatch(layout, group.count)));
    RETURN_IF_ERROR(AddToGroup("reorder", group, reorder,
                               {On(DNNL_ARG_FROM, view, group), On(DNNL_ARG_TO, copy, group)}));
  }
  return copy;
}

void PlanBuilder::OnBackward(Backward backward) {
  if (training()) backward_.emplace_back(std::pair(node_index_, node_), std::move(backward));
}

void PlanBuilder::AddGradient(Value value, const View& gradient) {
  values_[value.id].gradients.push_back(gradient);
}

absl::StatusOr<View> PlanBuilder::GradientOf(Value value) {
  const std::vector<View> gradients = values_[value.id].gradients;
  if (gradients.empty()) {
    return absl::InternalError(absl::StrCat("no gradient reaches the output of ", node_->name));
  }
  if (gradients.size() == 1) return gradients[0];
  const View sum = NewView(gradients[0].layout);
  std::vector<View> terms;
  for (const View& gradient : gradients) {
    ASSIGN_OR_RETURN(View term, InLayout(gradient, sum.layout));
    terms.push_back(std::move(term));
  }
  AddSum(terms, sum);
  values_[value.id].gradients = {sum};
  return sum;
}

void PlanBuilder::AddSum(const std::vector<View>& terms, const View& sum, bool relu) {
  for (const Group& group : groups_) {
    std::vector<BufferRef> refs;
    for (const View& term : terms) refs.push_back(At(term, group));
    const BufferRef out = At(sum, group);
    std::vector<BufferRef> uses = refs;
    uses.push_back(out);
    const int64_t count = BytesPerSample(sum) * group.count / static_cast<int64_t>(sizeof(float));
    AddToGroup("sum", group, uses,
               [refs, out, count, relu](const StepContext&, const Memory& memory) {
                 float* const to = memory.Get<float>(out);
                 AddValues(memory.Get<float>(refs[0]), memory.Get<float>(refs[1]), count, to);
                 for (size_t term = 2; term < refs.size(); ++term)
                   AddValues(to, memory.Get<float>(refs[term]), count, to);
                 if (relu) Rectify(to, count);
               });
  }
}

absl::StatusOr<BufferRef> PlanBuilder::Weight(int index, const onednn::Layout& layout) {
  const BufferRef own = {parameters_[index].trainable ? Space::kWeights : Space::kStatistics, index,
                         0};
  if (!parameters_[index].decided) {
    const bool own_type = onednn::TypeOf(layout) == onednn::Type::kFloat32;
    parameters_.DecideLayout(index, own_type ? layout : onednn::Plain(onednn::DimsOf(layout)));
  }
  if (parameters_[index].layout == layout) return own;
  for (const WeightCopy& copy : weight_copies_) {
    if (copy.parameter == index && copy.layout == layout) return copy.ref;
  }
  ASSIGN_OR_RETURN(const onednn::Primitive reorder,
                   onednn::Reorder(parameters_[index].layout, layout));
  const BufferRef copy = NewPinnedBuffer(onednn::Bytes(layout));
  const BufferRef scratchpad = NewPinnedBuffer(onednn::Bytes(reorder.scratchpad));
  constexpr char kName[] = "reorder weights";
  if (prologue_.empty()) prologue_.push_back({kName, {}});
  prologue_.back().tiles.push_back(
      {{kName, PrimitiveOperation{reorder.primitive,
                                  {{DNNL_ARG_FROM, own, parameters_[index].layout},
                                   {DNNL_ARG_TO, copy, layout},
                                   {DNNL_ARG_SCRATCHPAD, scratchpad, reorder.scratchpad}}}}});
  weight_copies_.push_back({index, layout, copy});
  return copy;
}

std::optional<BufferRef> PlanBuilder::GradientIn(int index, const onednn::Layout& layout) const {
  if (parameters_[index].layout == layout) return Gradient(index);
  return std::nullopt;
}

absl::Status PlanBuilder::ReduceGradient(int index, const BufferRef& partials, int parts,
                                         const onednn::Layout& layout) {
  const int64_t elements = onednn::Bytes(layout) / static_cast<int64_t>(sizeof(float));
  const bool own_layout = parameters_[index].layout == layout;
  const BufferRef target = own_layout ? Gradient(index) : NewBuffer(onednn::Bytes(layout));
  const int tiles = static_cast<int>((elements + kFlatTileElements - 1) / kFlatTileElements);
  BeginStage("reduce weight gradient", tiles);
  for (int tile = 0; tile < tiles; ++tile) {
    const int64_t begin = tile * kFlatTileElements;
    const int64_t count = std::min(kFlatTileElements, elements - begin);
    AddToTile(tile, {partials, target}, [=](const StepContext&, const Memory& memory) {
      const float* from = memory.Get<float>(partials) + begin;
      float* const to = memory.Get<float>(target) + begin;
      std::copy(from, from + count, to);
      for (int part = 1; part < parts; ++part) {
        from += elements;
        AddValues(to, from, count, to);
      }
    });
  }
  if (own_layout) return absl::OkStatus();
  ASSIGN_OR_RETURN(const onednn::Primitive reorder,
                   onednn::Reorder(layout, parameters_[index].layout));
  BeginStage("reorder weight gradient", 1);
  return AddToTile(
      0, reorder,
      {{DNNL_ARG_FROM, target, layout}, {DNNL_ARG_TO, Gradient(index), parameters_[index].layout}});
}

BufferRef PlanBuilder::NewBuffer(int64_t bytes) {
  buffers_.push_back({bytes, -1, -1, false});
  return {Space::kWorkspace, static_cast<int>(buffers_.size()) - 1, 0};
}

BufferRef PlanBuilder::NewPinnedBuffer(int64_t bytes) {
  const BufferRef ref = NewBuffer(bytes);
  buffers_.back().pinned = true;
  return ref;
}

BufferRef PlanBuilder::Scratch(int64_t bytes) {
  scratch_bytes_ = std::max(scratch_bytes_, bytes);
  return {Space::kScratch, 0, 0};
}

void PlanBuilder::UseIn(int stage, const BufferRef& ref) {
  if (ref.space != Space::kWorkspace) return;
  WorkspaceBuffer& buffer = buffers_[ref.id];
  if (buffer.first < 0) buffer.first = stage;
  buffer.last = std::max(buffer.last, stage);
}

void PlanBuilder::Use(const BufferRef& ref) { UseIn(static_cast<int>(stages_.size()) - 1, ref); }

Stage& PlanBuilder::GroupStage(const char* name) {
  if (!group_stage_open_) {
    stages_.push_back({name, std::vector<std::vector<Stage::Operation>>(groups_.size())});
    group_stage_open_ = true;
  }
  return stages_.back();
}

absl::Status PlanBuilder::Add(const std::string& name, std::vector<Stage::Operation>& tile,
                              const onednn::Primitive& primitive, std::vector<Operand> operands) {
  if (onednn::Bytes(primitive.scratchpad) > 0) {
    operands.push_back({DNNL_ARG_SCRATCHPAD, NewBuffer(onednn::Bytes(primitive.scratchpad)),
                        primitive.scratchpad});
  }
  for (const Operand& operand : operands) Use(operand.ref);
  tile.push_back({name, PrimitiveOperation{primitive.primitive, std::move(operands)}});
  return absl::OkStatus();
}

absl::Status PlanBuilder::AddToGroup(const char* name, const Group& group,
                                     const onednn::Primitive& primitive,
                                     std::vector<Operand> operands) {
  return Add(name, GroupStage(name).tiles[group.index], primitive, std::move(operands));
}

void PlanBuilder::AddToGroup(const char* name, const Group& group,
                             const std::vector<BufferRef>& uses, Kernel kernel) {
  Stage& stage = GroupStage(name);
  for (const BufferRef& ref : uses) Use(ref);
  stage.tiles[group.index].push_back({name, std::move(kernel)});
}

void PlanBuilder::BeginStage(const char* name, int tiles) {
  stages_.push_back({name, std::vector<std::vector<Stage::Operation>>(tiles)});
  group_stage_open_ = false;
}

absl::Status PlanBuilder::AddToTile(int tile, const onednn::Primitive& primitive,
                                    std::vector<Operand> operands) {
  return Add(stages_.back().name, stages_.back().tiles[tile], primitive, std::move(operands));
}

void PlanBuilder::AddToTile(int tile, const std::vector<BufferRef>& uses, Kernel kernel) {
  for (const BufferRef& ref : uses) Use(ref);
  stages_.back().tiles[tile].push_back({stages_.back().name, std::move(kernel)});
}

void PlanBuilder::AddStageBefore(const char* name, const std::vector<BufferRef>& uses,
                                 std::vector<Kernel> tiles) {
  Stage stage = {name, {}};
  for (Kernel& kernel : tiles) stage.tiles.push_back({{name, std::move(kernel)}});
  const int place = static_cast<int>(stages_.size()) - (group_stage_open_ ? 1 : 0);
  for (WorkspaceBuffer& buffer : buffers_) {
    if (buffer.first >= place) ++buffer.first;
    if (buffer.last >= place) ++buffer.last;
  }
  stages_.insert(stages_.begin() + place, std::move(stage));
  for (const BufferRef& ref : uses) UseIn(place, ref);
}

absl::Status PlanBuilder::EmitBackward() {
  while (!backward_.empty()) {
    auto [node, backward] = std::move(backward_.back());
    backward_.pop_back();
    node_index_ = node.first;
    node_ = node.second;
    if (!node_->trainable() && !node_->input_gradient) continue;  // nothing wants a gradient here
    RETURN_IF_ERROR(backward(*this));
  }
  return absl::OkStatus();
}

Plan::Parts PlanBuilder::Finish() {
  if (!parameters_.frozen()) parameters_.Freeze();
  std::vector<BufferLife> lives;
  const int last_stage = std::max(0, static_cast<int>(stages_.size()) - 1);
  for (const WorkspaceBuffer& buffer : buffers_) {
    const bool whole = buffer.pinned || buffer.first < 0;
    lives.push_back({buffer.bytes, whole ? 0 : buffer.first, whole ? last_stage : buffer.last});
  }
  const MemoryPlan memory = PlanMemory(lives);
  Plan::Parts parts;
  parts.prologue = std::move(prologue_);
  parts.stages = std::move(stages_);
  parts.workspace_offsets = memory.offsets;
  parts.workspace_bytes = memory.bytes;
  parts.scratch_bytes = scratch_bytes_;
  for (const ParameterTable::Entry& entry : parameters_.entries()) {
    parts.parameter_offsets.push_back(entry.offset * static_cast<int64_t>(sizeof(float)));
  }
  return parts;
}

}  // namespace trainyard
