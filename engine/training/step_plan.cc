#include "engine/training/step_plan.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/base/status.h"
#include "engine/graph/sizing.h"
#include "engine/metrics/outputs.h"

namespace trainyard {
namespace {

constexpr int64_t kFloatBytes = sizeof(float);
// Elements that one tile of the update walks.
constexpr int64_t kUpdateTileElements = 1 << 15;

Value EmitInput(PlanBuilder& plan, const Graph& graph, const DataInfo& data, StepPlan& step) {
  const onednn::Layout layout = onednn::Plain(BatchDims(plan.largest_group(), graph.input()));
  const int64_t elements = graph.input().elements();
  const int64_t width = data.targets;
  const View view = {plan.NewBuffer(plan.batch() * elements * kFloatBytes), layout};
  const int64_t positions = data.positions;
  step.labels =
      plan.NewPinnedBuffer(plan.batch() * positions * static_cast<int64_t>(sizeof(int32_t)));
  step.targets = plan.NewPinnedBuffer(plan.batch() * std::max<int64_t>(width, 1) * kFloatBytes);
  const BufferRef features = view.ref;
  const BufferRef labels = step.labels;
  const BufferRef targets = step.targets;
  const bool classification = data.task == Task::kClassification;
  for (const Group& group : plan.groups()) {
    plan.AddToGroup(
        "load", group, {features}, [=](const StepContext& context, const Memory& memory) {
          const BatchFeed& feed = *static_cast<const BatchFeed*>(context.feed);
          for (int64_t i = group.begin; i < group.begin + group.count; ++i) {
            feed.Load(context.first_sample + i, memory.Get<float>(features) + i * elements,
                      classification ? memory.Get<int32_t>(labels) + i * positions : nullptr,
                      classification ? nullptr : memory.Get<float>(targets) + i * width);
          }
        });
  }
  return plan.NewValueAt(graph.input(), view);
}

constexpr int kNobody = -1;

// By relu: the node that does its work, which is the one before it if that has no other user, or
// the one behind it that commutes with it. kNobody for all else.
std::vector<int> WorkersOfRelus(const Graph& graph) {
  const std::vector<GraphNode>& nodes = graph.nodes();
  std::vector<int> users(nodes.size(), 0);
  std::vector<int> last_user(nodes.size(), kNobody);
  for (size_t i = 0; i < nodes.size(); ++i) {
    for (int from : nodes[i].inputs) {
      if (from == GraphNode::kInput) continue;
      ++users[from];
      last_user[from] = static_cast<int>(i);
    }
  }
  std::vector<int> workers(nodes.size(), kNobody);
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (!nodes[i].layer->IsRelu()) continue;
    const int before = nodes[i].inputs[0];
    const int behind = users[i] == 1 ? last_user[i] : kNobody;
    if (before != GraphNode::kInput && users[before] == 1 && nodes[before].layer->CanAppendRelu()) {
      workers[i] = before;
    } else if (behind != kNobody && nodes[behind].layer->CommutesWithRelu()) {
      workers[i] = behind;
    }
  }
  return workers;
}

absl::StatusOr<Value> EmitForward(PlanBuilder& plan, const Graph& graph, const DataInfo& data,
                                  StepPlan& step) {
  const Value input = EmitInput(plan, graph, data, step);
  std::vector<Value> outputs;
  const std::vector<int> workers = WorkersOfRelus(graph);
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    const int index = static_cast<int>(i);
    const GraphNode& node = graph.nodes()[i];
    std::vector<Value> inputs;
    for (int from : node.inputs)
      inputs.push_back(from == GraphNode::kInput ? input : outputs[from]);
    if (workers[i] != kNobody) {
      outputs.push_back(inputs[0]);
      continue;
    }
    const bool append_relu = std::count(workers.begin(), workers.end(), index) > 0;
    plan.BeginNode(index, node, append_relu);
    ASSIGN_OR_RETURN(const Value output, node.layer->Emit(plan, inputs));
    outputs.push_back(output);
    for (size_t done = 0; done < workers.size(); ++done) {
      if (workers[done] != index) continue;
      const GraphNode& appended = graph.nodes()[done];
      plan.BeginNode(static_cast<int>(done), appended);
      appended.layer->EmitAppended(plan, output);
    }
  }
  return outputs.back();
}

// The rows of the model's output, plain and kept.
absl::StatusOr<View> EmitOutput(PlanBuilder& plan, Value output, StepPlan& step) {
  const Shape& shape = plan.shape(output);
  const View kept = {plan.NewPinnedBuffer(plan.batch() * shape.elements() * kFloatBytes),
                     onednn::Plain(BatchDims(plan.largest_group(), shape))};
  const View& view = plan.ViewOf(output);
  for (const Group& group : plan.groups()) {
    ASSIGN_OR_RETURN(const onednn::Primitive copy,
                     onednn::Reorder(onednn::ForBatch(view.layout, group.count),
                                     onednn::ForBatch(kept.layout, group.count)));
    RETURN_IF_ERROR(
        plan.AddToGroup("output", group, copy,
                        {plan.On(DNNL_ARG_FROM, view, group), plan.On(DNNL_ARG_TO, kept, group)}));
  }
  step.outputs = kept.ref;
  return kept;
}

double CountCorrect(const LossRows& rows) {
  double correct = 0;
  for (int64_t row = 0; row < rows.count; ++row) {
    const int32_t predicted = metrics::PredictedClass(rows.outputs + row * rows.width, rows.width);
    correct += predicted == rows.labels[row] ? 1 : 0;
  }
  return correct;
}

void EmitLoss(PlanBuilder& plan, Value output, const View& rows, const DataInfo& data,
              const Loss& loss, StepPlan& step) {
  const int64_t positions = data.positions;
  const int64_t width = plan.shape(output).elements() / positions;
  const bool classification = data.task == Task::kClassification;
  const int64_t groups = static_cast<int64_t>(plan.groups().size());
  step.losses = plan.NewPinnedBuffer(groups * static_cast<int64_t>(sizeof(double)));
  step.correct = plan.NewPinnedBuffer(groups * static_cast<int64_t>(sizeof(double)));
  const View gradient = plan.NewView(rows.layout);
  for (const Group& group : plan.groups()) {
    const BufferRef outputs = plan.At(rows, group);
    const BufferRef slope = plan.At(gradient, group);
    const Loss* const function = &loss;
    StepPlan places;
    places.labels = step.labels;
    places.targets = step.targets;
    places.losses = step.losses;
    places.correct = step.correct;
    plan.AddToGroup(
        "loss", group, {outputs, slope}, [=](const StepContext& context, const Memory& memory) {
          LossRows batch;
          batch.count = group.count * positions;
          batch.width = width;
          batch.outputs = memory.Get<float>(outputs);
          if (classification) {
            batch.labels = memory.Get<int32_t>(places.labels) + group.begin * positions;
          } else {
            batch.targets = memory.Get<float>(places.targets) + group.begin * width;
          }
          // The mean over all batches of the step: their gradients only have to be summed.
          const float scale = 1.0f / static_cast<float>(context.step_samples * positions);
          memory.Get<double>(places.losses)[group.index] =
              function->Compute(batch, scale, memory.Get<float>(slope));
          memory.Get<double>(places.correct)[group.index] =
              classification ? CountCorrect(batch) : 0;
        });
  }
  plan.AddGradient(output, gradient);
}

// Elements of a parameter.
struct UpdatePart {
  int parameter;
  int64_t begin, count;
  bool decay;
};
using UpdateTiles = std::vector<std::vector<UpdatePart>>;

// Ranges of all trainable parameters, small ones gathered into one tile.
UpdateTiles CutUpdate(const ParameterTable& parameters) {
  UpdateTiles tiles;
  int64_t filled = kUpdateTileElements;
  for (size_t index = 0; index < parameters.entries().size(); ++index) {
    const ParameterTable::Entry& entry = parameters.entries()[index];
    if (!entry.trainable) continue;
    const int64_t elements = onednn::Bytes(entry.layout) / kFloatBytes;
    for (int64_t begin = 0; begin < elements;) {
      if (filled >= kUpdateTileElements) {
        tiles.emplace_back();
        filled = 0;
      }
      const int64_t count = std::min(kUpdateTileElements - filled, elements - begin);
      tiles.back().push_back({static_cast<int>(index), begin, count, entry.decay});
      begin += count;
      filled += count;
    }
  }
  return tiles;
}

// Whether a batch of `batch` samples is the step's last: then the gradient is whole.
bool EndsStep(const StepContext& context, int64_t batch) {
  return context.first_sample + batch == context.step_samples;
}

// Sums the gradients of a step's batches, one after another, and leaves the whole sum where the
// gradient of a single batch is.
void EmitAccumulation(PlanBuilder& plan, const UpdateTiles& tiles, const UpdateState& update) {
  plan.BeginStage("accumulate", static_cast<int>(tiles.size()));
  const UpdateState* const state = &update;
  const int64_t batch = plan.batch();
  for (size_t tile = 0; tile < tiles.size(); ++tile) {
    const std::vector<UpdatePart>& parts = tiles[tile];
    plan.AddToTile(
        static_cast<int>(tile), {}, [=](const StepContext& context, const Memory& memory) {
          if (context.step_samples == batch) return;
          const bool starts = context.first_sample == 0;
          const bool ends = EndsStep(context, batch);
          for (const UpdatePart& part : parts) {
            const int64_t begin = part.begin * kFloatBytes;
            float* const gradients = memory.Get<float>({Space::kGradients, part.parameter, begin});
            float* const sums =
                state->gradient_sums +
                (memory.Get<float>({Space::kWeights, part.parameter, begin}) - state->weights);
            float* const to = ends ? gradients : sums;
            for (int64_t i = 0; i < part.count; ++i)
              to[i] = starts ? gradients[i] : sums[i] + gradients[i];
          }
        });
  }
}

// Leaves the sum of squares of each tile's gradients: [tiles] double.
BufferRef EmitSquares(PlanBuilder& plan, const UpdateTiles& tiles) {
  const BufferRef squares =
      plan.NewBuffer(static_cast<int64_t>(tiles.size()) * static_cast<int64_t>(sizeof(double)));
  plan.BeginStage("gradient norm", static_cast<int>(tiles.size()));
  const int64_t batch = plan.batch();
  for (size_t tile = 0; tile < tiles.size(); ++tile) {
    const std::vector<UpdatePart>& parts = tiles[tile];
    plan.AddToTile(
        static_cast<int>(tile), {squares}, [=](const StepContext& context, const Memory& memory) {
          if (!EndsStep(context, batch)) return;
          constexpr int64_t kLanes = 8;  // fixed, so that the order of sums is
          double lanes[kLanes] = {};
          for (const UpdatePart& part : parts) {
            const float* const gradients =
                memory.Get<float>({Space::kGradients, part.parameter, part.begin * kFloatBytes});
            for (int64_t i = 0; i < part.count; ++i)
              lanes[i % kLanes] += static_cast<double>(gradients[i]) * gradients[i];
          }
          memory.Get<double>(squares)[tile] = std::accumulate(lanes, lanes + kLanes, 0.0);
        });
  }
  return squares;
}

// What gradients are multiplied by: every tile adds up the squares of all, in their order. As
// PyTorch's clip_grad_norm_.
float ClipFactor(const double* squares, size_t tiles, double largest) {
  constexpr double kTiny = 1e-6;
  const double norm = std::sqrt(std::accumulate(squares, squares + tiles, 0.0));
  return static_cast<float>(norm + kTiny > largest ? largest / (norm + kTiny) : 1.0);
}

void EmitUpdate(PlanBuilder& plan, const ParameterTable& parameters, const UpdateState& update) {
  const UpdateTiles tiles = CutUpdate(parameters);
  if (update.accumulate) EmitAccumulation(plan, tiles, update);
  const double largest = update.clip_gradient_norm;
  const BufferRef squares = largest > 0 ? EmitSquares(plan, tiles) : BufferRef();
  const std::vector<BufferRef> uses =
      largest > 0 ? std::vector<BufferRef>{squares} : std::vector<BufferRef>();
  plan.BeginStage("update", static_cast<int>(tiles.size()));
  const UpdateState* const state = &update;
  const size_t tile_count = tiles.size();
  const int64_t batch = plan.batch();
  for (size_t tile = 0; tile < tiles.size(); ++tile) {
    const std::vector<UpdatePart>& ranges = tiles[tile];
    plan.AddToTile(
        static_cast<int>(tile), uses, [=](const StepContext& context, const Memory& memory) {
          if (!EndsStep(context, batch)) return;
          const float factor =
              largest > 0 ? ClipFactor(memory.Get<double>(squares), tile_count, largest) : 1.0f;
          for (const UpdatePart& range : ranges) {
            UpdateRange arguments;
            arguments.count = range.count;
            arguments.weights =
                memory.Get<float>({Space::kWeights, range.parameter, range.begin * kFloatBytes});
            float* const gradients =
                memory.Get<float>({Space::kGradients, range.parameter, range.begin * kFloatBytes});
            if (factor != 1.0f) {
              for (int64_t i = 0; i < range.count; ++i) gradients[i] *= factor;
            }
            arguments.gradients = gradients;
            const int64_t place = arguments.weights - state->weights;
            for (int slot = 0; slot < kMaxOptimizerSlots; ++slot) {
              arguments.slots[slot] =
                  state->slots[slot] == nullptr ? nullptr : state->slots[slot] + place;
            }
            arguments.decay = range.decay;
            state->optimizer->Update(arguments, state->scalars);
          }
        });
  }
}

}  // namespace

absl::StatusOr<StepPlan> BuildTrainingPlan(const Graph& graph, const DataInfo& data,
                                           const Loss& loss, const UpdateState& update,
                                           onednn::Type compute_type, int64_t batch,
                                           ParameterTable& parameters) {
  StepPlan step;
  PlanBuilder plan(PlanBuilder::Mode::kTraining, compute_type, batch, GroupCount(graph, batch),
                   parameters);
  ASSIGN_OR_RETURN(const Value output, EmitForward(plan, graph, data, step));
  ASSIGN_OR_RETURN(const View rows, EmitOutput(plan, output, step));
  EmitLoss(plan, output, rows, data, loss, step);
  RETURN_IF_ERROR(plan.EmitBackward());
  EmitUpdate(plan, parameters, update);
  step.batch = batch;
  step.groups = plan.groups();
  step.probes = plan.probes();
  step.algorithms = plan.algorithms();
  step.parts = plan.Finish();
  return step;
}

absl::StatusOr<StepPlan> BuildInferencePlan(const Graph& graph, const DataInfo& data,
                                            onednn::Type compute_type, int64_t batch,
                                            ParameterTable& parameters) {
  StepPlan step;
  PlanBuilder plan(PlanBuilder::Mode::kInference, compute_type, batch, GroupCount(graph, batch),
                   parameters);
  ASSIGN_OR_RETURN(const Value output, EmitForward(plan, graph, data, step));
  RETURN_IF_ERROR(EmitOutput(plan, output, step).status());
  step.batch = batch;
  step.groups = plan.groups();
  step.parts = plan.Finish();
  return step;
}

}  // namespace trainyard
