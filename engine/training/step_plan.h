// Builds the plans of a model: a training step (load, forward, loss, backward, update) or an
// inference pass (load, forward), for one batch size.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/graph/graph.h"
#include "engine/graph/plan_builder.h"
#include "engine/losses/loss.h"
#include "engine/optimizers/optimizer.h"

namespace trainyard {

// Where a plan's samples come from. Load is called from several threads at once.
class BatchFeed {
 public:
  virtual ~BatchFeed() = default;
  // Sample `position` of the step: features [elements], and labels [positions of a sample] or
  // targets [width]; null where the task has none.
  virtual void Load(int64_t position, float* features, int32_t* labels, float* targets) const = 0;
};

// What the update kernels read at run time; its address must not change while the plan lives.
struct UpdateState {
  const Optimizer* optimizer = nullptr;
  float* weights = nullptr;
  std::array<float*, kMaxOptimizerSlots> slots = {};
  StepScalars scalars;
  // Known when a plan is built: the largest norm of the gradient (0: any), and whether a step may
  // have several batches.
  double clip_gradient_norm = 0;
  bool accumulate = false;
  // As `weights`: the sum over a step's batches so far. Null where every step has one batch.
  float* gradient_sums = nullptr;
};

struct StepPlan {
  Plan::Parts parts;
  int64_t batch = 0;
  std::vector<Group> groups;
  // A row is a labelled position of a sample: rows = batch * positions.
  BufferRef labels;   // [rows] int32
  BufferRef targets;  // [batch, width]
  BufferRef outputs;  // [rows, width], plain
  BufferRef losses;   // [groups] double: sums over the group's rows
  BufferRef correct;  // [groups] double: rows whose largest output is at their label
  std::vector<Probe> probes;
  std::map<std::string, std::vector<std::string>> algorithms;  // of layers that have several
};

absl::StatusOr<StepPlan> BuildTrainingPlan(const Graph& graph, const DataInfo& data,
                                           const Loss& loss, const UpdateState& update,
                                           onednn::Type compute_type, int64_t batch,
                                           ParameterTable& parameters);
absl::StatusOr<StepPlan> BuildInferencePlan(const Graph& graph, const DataInfo& data,
                                            onednn::Type compute_type, int64_t batch,
                                            ParameterTable& parameters);

}  // namespace trainyard
