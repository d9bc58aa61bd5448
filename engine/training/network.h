// A model that trains and predicts: plans, arenas and threads of one job.
//
//   ASSIGN_OR_RETURN(auto network, Network::Create(graph, data, loss, optimizer, options));
//   network->Initialize(seed);
//   StepResult result = network->TrainStep(feed, samples, context, scalars);
//   network->Predict(feed, count, [](const MetricBatch& batch) { ... });
//
// The trained bits are a function of the graph, the data, the options but for `threads`, and the
// instruction set. Used by one thread; graph, loss and optimizer must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/export/safetensors.h"
#include "engine/metrics/metric.h"
#include "engine/tensor/thread_pool.h"
#include "engine/training/step_plan.h"

namespace trainyard {

struct NetworkOptions {
  int threads = 1;
  // Of products; what they are added up in, and what is kept, is float32.
  onednn::Type compute_type = onednn::Type::kFloat32;
  int64_t batch = 128;
  // Size of an epoch's last, smaller batch; 0 where there is none.
  int64_t last_batch = 0;
  // A step has one batch, or up to so many, whose gradients are summed before the update.
  int64_t batches_per_step = 1;
  // Gradients of a larger norm, over all parameters, are scaled down to it; 0: none are.
  double clip_gradient_norm = 0;
};

struct StepResult {
  double loss = 0;  // mean over the samples
  // Classification: samples whose largest output is at their label; of a sample with several
  // positions its share of them.
  double correct = 0;
};

struct NamedValue {
  std::string name;
  double value;
};

class Network {
 public:
  static absl::StatusOr<std::unique_ptr<Network>> Create(const Graph& graph, const DataInfo& data,
                                                         const Loss& loss,
                                                         const Optimizer& optimizer,
                                                         const NetworkOptions& options);
  // For inference only: no gradients, no optimizer.
  static absl::StatusOr<std::unique_ptr<Network>> CreateForInference(const Graph& graph,
                                                                     const DataInfo& data,
                                                                     onednn::Type compute_type,
                                                                     int threads);

  // Fresh parameters by their initializers, and an optimizer state of zero.
  absl::Status Initialize(uint64_t seed);

  // One update. The samples are cut into batches of the options' `batch`, the last of which may be
  // of `last_batch`. Of the context, seed, step, epoch and probe are looked at.
  StepResult TrainStep(const BatchFeed& feed, int64_t samples, StepContext context,
                       const StepScalars& scalars);

  // The same on the calling thread alone; adds the seconds by operation.
  void ProfileStep(const BatchFeed& feed, int64_t samples, StepContext context,
                   const StepScalars& scalars, std::map<std::string, double>& seconds);

  // Runs samples 0 .. count - 1 of the feed through the model, in batches.
  void Predict(const BatchFeed& feed, int64_t count,
               const std::function<void(const MetricBatch&)>& take);

  // Gradient RMS and update/weight ratio by layer, of the last step, which must have been run with
  // context.probe, and saturation and dead units of its last batch, which must have been a full
  // one.
  std::vector<NamedValue> Health() const;

  // Parameters and statistics by name, in plain order; with `slots` also the optimizer's state
  // ("<slot>/<parameter>").
  absl::StatusOr<std::vector<NamedTensor>> Export(bool slots) const;
  // The reverse. INVALID_ARGUMENT where a tensor is absent or has another shape.
  absl::Status Import(const std::vector<NamedTensor>& tensors, bool slots);

  // Names of layers by the algorithm that training computes them with: a rule of their shapes and
  // of the instruction set.
  const std::map<std::string, std::vector<std::string>>& algorithms() const {
    return full_.step.algorithms;
  }

  // False where a weight or statistic is infinite or NaN.
  bool HasFiniteParameters() const;

  // What its arenas and its workspace take.
  int64_t memory_bytes() const;

 private:
  struct Bound {
    std::unique_ptr<Plan> plan;
    StepPlan step;
  };

  Network(const Graph& graph, const DataInfo& data, int threads);
  absl::Status Allocate(const Optimizer* optimizer, std::vector<Bound*> plans);
  // Runs the plan of each batch of a step.
  void ForEachBatch(const BatchFeed& feed, int64_t samples, StepContext context,
                    const StepScalars& scalars,
                    const std::function<void(const Bound&, const StepContext&)>& run);
  float* ArenaOf(const ParameterTable::Entry& entry) const;

  const Graph& graph_;
  const DataInfo data_;
  ThreadPool pool_;
  ParameterTable parameters_;
  UpdateState update_;
  std::vector<std::string> slot_names_;
  Buffer weights_, gradients_, statistics_, workspace_;
  Buffer gradient_sums_;
  std::vector<Buffer> slots_;
  Buffer previous_weights_;  // of the step that was probed
  Bound full_;
  Bound last_;
  Bound inference_;
};

}  // namespace trainyard
