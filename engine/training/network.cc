#include "engine/training/network.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/graph/sizing.h"

namespace trainyard {
namespace {

// The feed for inference: positions beyond the samples repeat the last one and are not read.
class Slice final : public BatchFeed {
 public:
  Slice(const BatchFeed& feed, int64_t begin, int64_t count)
      : feed_(feed), begin_(begin), count_(count) {}
  void Load(int64_t position, float* features, int32_t* labels, float* targets) const override {
    feed_.Load(begin_ + std::min(position, count_ - 1), features, labels, targets);
  }

 private:
  const BatchFeed& feed_;
  int64_t begin_;
  int64_t count_;
};

double SumOfSquares(const float* values, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += static_cast<double>(values[i]) * values[i];
  return sum;
}

}  // namespace

Network::Network(const Graph& graph, const DataInfo& data, int threads)
    : graph_(graph), data_(data), pool_(threads), parameters_(graph) {}

absl::StatusOr<std::unique_ptr<Network>> Network::Create(const Graph& graph, const DataInfo& data,
                                                         const Loss& loss,
                                                         const Optimizer& optimizer,
                                                         const NetworkOptions& options) {
  std::unique_ptr<Network> network(new Network(graph, data, options.threads));
  network->update_.clip_gradient_norm = options.clip_gradient_norm;
  network->update_.accumulate = options.batches_per_step > 1;
  ParameterTable& parameters = network->parameters_;
  ASSIGN_OR_RETURN(network->full_.step,
                   BuildTrainingPlan(graph, data, loss, network->update_, options.compute_type,
                                     options.batch, parameters));
  std::vector<Bound*> plans = {&network->full_};
  if (options.last_batch > 0) {
    ASSIGN_OR_RETURN(network->last_.step,
                     BuildTrainingPlan(graph, data, loss, network->update_, options.compute_type,
                                       options.last_batch, parameters));
    plans.push_back(&network->last_);
  }
  ASSIGN_OR_RETURN(network->inference_.step, BuildInferencePlan(graph, data, options.compute_type,
                                                                InferenceBatch(graph), parameters));
  plans.push_back(&network->inference_);
  RETURN_IF_ERROR(network->Allocate(&optimizer, plans));
  return network;
}

absl::StatusOr<std::unique_ptr<Network>> Network::CreateForInference(const Graph& graph,
                                                                     const DataInfo& data,
                                                                     onednn::Type compute_type,
                                                                     int threads) {
  std::unique_ptr<Network> network(new Network(graph, data, threads));
  ASSIGN_OR_RETURN(
      network->inference_.step,
      BuildInferencePlan(graph, data, compute_type, InferenceBatch(graph), network->parameters_));
  RETURN_IF_ERROR(network->Allocate(nullptr, {&network->inference_}));
  return network;
}

absl::Status Network::Allocate(const Optimizer* optimizer, std::vector<Bound*> plans) {
  constexpr int64_t kFloatBytes = sizeof(float);
  const int64_t weight_bytes = parameters_.weight_elements() * kFloatBytes;
  ASSIGN_OR_RETURN(weights_, Buffer::Create(weight_bytes));
  ASSIGN_OR_RETURN(statistics_, Buffer::Create(parameters_.statistic_elements() * kFloatBytes));
  if (optimizer != nullptr) {
    ASSIGN_OR_RETURN(gradients_, Buffer::Create(weight_bytes));
    ASSIGN_OR_RETURN(previous_weights_, Buffer::Create(weight_bytes));
    if (update_.accumulate) {
      ASSIGN_OR_RETURN(gradient_sums_, Buffer::Create(weight_bytes));
      update_.gradient_sums = gradient_sums_.floats();
    }
    slot_names_ = optimizer->slots();
    update_.optimizer = optimizer;
    update_.weights = weights_.floats();
    for (size_t i = 0; i < slot_names_.size(); ++i) {
      ASSIGN_OR_RETURN(Buffer slot, Buffer::Create(weight_bytes));
      update_.slots[i] = slot.floats();
      slots_.push_back(std::move(slot));
    }
  }
  int64_t workspace_bytes = 0;
  for (const Bound* bound : plans)
    workspace_bytes = std::max(workspace_bytes, bound->step.parts.WorkspaceBytes(pool_.threads()));
  ASSIGN_OR_RETURN(workspace_, Buffer::Create(workspace_bytes));
  const Arenas arenas = {weights_.floats(), gradients_.floats(), statistics_.floats()};
  for (Bound* bound : plans) {
    ASSIGN_OR_RETURN(bound->plan, Plan::Bind(std::move(bound->step.parts), workspace_.data(),
                                             arenas, pool_.threads()));
  }
  return absl::OkStatus();
}

float* Network::ArenaOf(const ParameterTable::Entry& entry) const {
  return (entry.trainable ? weights_ : statistics_).floats() + entry.offset;
}

absl::Status Network::Initialize(uint64_t seed) {
  std::vector<const GraphParameter*> parameters;
  for (const GraphNode& node : graph_.nodes()) {
    for (const GraphParameter& parameter : node.parameters) parameters.push_back(&parameter);
  }
  std::vector<NamedTensor> tensors(parameters.size());
  pool_.Run(static_cast<int>(parameters.size()), [&](int item, int) {
    const GraphParameter& parameter = *parameters[item];
    NamedTensor& tensor = tensors[item];
    tensor.name = parameter.name;
    tensor.shape = parameter.spec.shape.dims();
    tensor.values.assign(static_cast<size_t>(parameter.spec.shape.elements()),
                         parameter.spec.fill == ParameterSpec::Fill::kOnes ? 1.0f : 0.0f);
    if (!parameter.initializer) return;
    const RandomStream stream(seed, RandomPurpose::kInitialization, static_cast<uint32_t>(item));
    parameter.initializer->Fill(stream, parameter.spec.fans, absl::MakeSpan(tensor.values));
  });
  for (Buffer& slot : slots_) std::memset(slot.data(), 0, static_cast<size_t>(slot.bytes()));
  return Import(tensors, /*slots=*/false);
}

void Network::ForEachBatch(const BatchFeed& feed, int64_t samples, StepContext context,
                           const StepScalars& scalars,
                           const std::function<void(const Bound&, const StepContext&)>& run) {
  context.feed = &feed;
  context.step_samples = samples;
  update_.scalars = scalars;
  const bool probe = context.probe;
  if (probe)
    std::memcpy(previous_weights_.data(), weights_.data(), static_cast<size_t>(weights_.bytes()));
  for (int64_t begin = 0; begin < samples;) {
    const int64_t count = std::min(full_.step.batch, samples - begin);
    const Bound& bound = count == full_.step.batch ? full_ : last_;
    TRAINYARD_CHECK(bound.plan != nullptr && bound.step.batch == count,
                    "no plan for this batch size");
    TRAINYARD_CHECK(count == samples || update_.accumulate, "a step of several batches");
    context.first_sample = begin;
    begin += count;
    context.probe = probe && begin == samples;
    run(bound, context);
  }
}

StepResult Network::TrainStep(const BatchFeed& feed, int64_t samples, StepContext context,
                              const StepScalars& scalars) {
  StepResult result;
  ForEachBatch(feed, samples, context, scalars,
               [&](const Bound& bound, const StepContext& batch_context) {
                 bound.plan->PrepareWeights(pool_, batch_context);
                 bound.plan->Run(pool_, batch_context);
                 const Memory& memory = bound.plan->memory();
                 for (size_t group = 0; group < bound.step.groups.size(); ++group) {
                   result.loss += memory.Get<double>(bound.step.losses)[group];
                   result.correct += memory.Get<double>(bound.step.correct)[group];
                 }
               });
  result.loss /= static_cast<double>(samples * data_.positions);
  result.correct /= static_cast<double>(data_.positions);
  return result;
}

void Network::ProfileStep(const BatchFeed& feed, int64_t samples, StepContext context,
                          const StepScalars& scalars, std::map<std::string, double>& seconds) {
  ForEachBatch(feed, samples, context, scalars,
               [&](const Bound& bound, const StepContext& batch_context) {
                 bound.plan->Profile(batch_context, seconds);
               });
}

void Network::Predict(const BatchFeed& feed, int64_t count,
                      const std::function<void(const MetricBatch&)>& take) {
  StepContext context;
  inference_.plan->PrepareWeights(pool_, context);
  const Memory& memory = inference_.plan->memory();
  const int64_t most = inference_.step.batch;
  for (int64_t begin = 0; begin < count; begin += most) {
    const int64_t size = std::min(most, count - begin);
    const Slice slice(feed, begin, size);
    context.feed = &slice;
    inference_.plan->Run(pool_, context);
    MetricBatch batch;
    batch.count = size * data_.positions;
    batch.width = graph_.output().elements() / data_.positions;
    batch.outputs = memory.Get<float>(inference_.step.outputs);
    if (data_.task == Task::kClassification) {
      batch.labels = memory.Get<int32_t>(inference_.step.labels);
    } else {
      batch.targets = memory.Get<float>(inference_.step.targets);
    }
    take(batch);
  }
}

std::vector<NamedValue> Network::Health() const {
  std::vector<NamedValue> values;
  int index = 0;
  for (const GraphNode& node : graph_.nodes()) {
    double gradient_squares = 0, update_squares = 0, weight_squares = 0;
    double gradients = 0;
    for (size_t i = 0; i < node.parameters.size(); ++i, ++index) {
      const ParameterTable::Entry& entry = parameters_[index];
      if (!entry.trainable) continue;
      gradient_squares += SumOfSquares(gradients_.floats() + entry.offset, entry.padded_elements);
      gradients += static_cast<double>(entry.shape.elements());
      if (!entry.decay) continue;  // biases start at zero: a ratio to them says nothing
      const float* const now = weights_.floats() + entry.offset;
      const float* const before = previous_weights_.floats() + entry.offset;
      weight_squares += SumOfSquares(before, entry.padded_elements);
      for (int64_t k = 0; k < entry.padded_elements; ++k) {
        const double change = static_cast<double>(now[k]) - before[k];
        update_squares += change * change;
      }
    }
    if (gradients > 0)
      values.push_back({node.name + "/gradient_rms", std::sqrt(gradient_squares / gradients)});
    if (weight_squares > 0) {
      values.push_back({node.name + "/update_ratio", std::sqrt(update_squares / weight_squares)});
    }
  }
  const Memory& memory = full_.plan->memory();
  for (const Probe& probe : full_.step.probes) {
    const float* const counts = memory.Get<float>(probe.ref);
    const size_t groups = full_.step.groups.size();
    if (probe.elements > 0) {  // a share of all outputs
      double sum = 0;
      for (size_t group = 0; group < groups; ++group) sum += counts[group];
      values.push_back({probe.name, sum / static_cast<double>(probe.elements * full_.step.batch)});
      continue;
    }
    double dead = 0;
    for (int64_t unit = 0; unit < probe.width; ++unit) {
      bool alive = false;
      for (size_t group = 0; group < groups; ++group)
        alive |= counts[group * probe.width + unit] != 0;
      dead += alive ? 0 : 1;
    }
    values.push_back({probe.name, dead / static_cast<double>(probe.width)});
  }
  return values;
}

bool Network::HasFiniteParameters() const {
  const auto finite = [](const Buffer& buffer, int64_t count) {
    return std::all_of(buffer.floats(), buffer.floats() + count,
                       [](float value) { return std::isfinite(value); });
  };
  return finite(weights_, parameters_.weight_elements()) &&
         finite(statistics_, parameters_.statistic_elements());
}

int64_t Network::memory_bytes() const {
  int64_t bytes = 0;
  for (const Buffer* buffer :
       {&weights_, &gradients_, &gradient_sums_, &statistics_, &workspace_, &previous_weights_}) {
    bytes += buffer->bytes();
  }
  for (const Buffer& slot : slots_) bytes += slot.bytes();
  return bytes;
}

absl::StatusOr<std::vector<NamedTensor>> Network::Export(bool slots) const {
  std::vector<NamedTensor> tensors;
  const auto add = [&](const std::string& name, const ParameterTable::Entry& entry,
                       const float* from) -> absl::Status {
    NamedTensor tensor;
    tensor.name = name;
    tensor.shape = entry.shape.dims();
    tensor.values.resize(static_cast<size_t>(entry.shape.elements()));
    RETURN_IF_ERROR(onednn::Copy(entry.layout, from, onednn::Plain(onednn::DimsOf(entry.layout)),
                                 tensor.values.data()));
    tensors.push_back(std::move(tensor));
    return absl::OkStatus();
  };
  for (const ParameterTable::Entry& entry : parameters_.entries()) {
    RETURN_IF_ERROR(add(entry.name, entry, ArenaOf(entry)));
    if (!slots || !entry.trainable) continue;
    for (size_t slot = 0; slot < slots_.size(); ++slot) {
      RETURN_IF_ERROR(
          add(slot_names_[slot] + "/" + entry.name, entry, slots_[slot].floats() + entry.offset));
    }
  }
  return tensors;
}

absl::Status Network::Import(const std::vector<NamedTensor>& tensors, bool slots) {
  std::map<std::string, const NamedTensor*> by_name;
  for (const NamedTensor& tensor : tensors) by_name[tensor.name] = &tensor;
  const auto take = [&](const std::string& name, const ParameterTable::Entry& entry,
                        float* to) -> absl::Status {
    const auto found = by_name.find(name);
    if (found == by_name.end())
      return absl::InvalidArgumentError(absl::StrCat("tensor '", name, "' is missing"));
    if (Shape(found->second->shape) != entry.shape) {
      return absl::InvalidArgumentError(absl::StrCat("tensor '", name, "' has shape ",
                                                     Shape(found->second->shape).ToString(),
                                                     ", the model has ", entry.shape.ToString()));
    }
    return onednn::Copy(onednn::Plain(onednn::DimsOf(entry.layout)), found->second->values.data(),
                        entry.layout, to);
  };
  for (const ParameterTable::Entry& entry : parameters_.entries()) {
    RETURN_IF_ERROR(take(entry.name, entry, ArenaOf(entry)));
    if (!slots || !entry.trainable) continue;
    for (size_t slot = 0; slot < slots_.size(); ++slot) {
      RETURN_IF_ERROR(
          take(slot_names_[slot] + "/" + entry.name, entry, slots_[slot].floats() + entry.offset));
    }
  }
  return absl::OkStatus();
}

}  // namespace trainyard
