#include "tests/yardsticks/yardstick.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "absl/types/span.h"
#include "client/lib/specification_file.h"
#include "engine/base/status.h"
#include "engine/training/prepare.h"

namespace trainyard {
namespace {

// What a hash is of, by its first number: parameters are counted from 0.
constexpr uint32_t kPatterns = 1u << 20;
constexpr uint32_t kLabels = (1u << 20) + (1u << 16);
constexpr uint32_t kSamples = 1u << 21;
// Samples are noise and a pattern of their class, this much of it, of runs of equal elements.
constexpr double kPatternShare = 0.5;
constexpr int64_t kPatternRun = 16;
constexpr double kUnitDeviation = 1.7320508;  // a uniform number in +-sqrt(3) has the variance 1
// A symbol is followed by one of so many others.
constexpr int64_t kBranches = 4;

uint32_t Hash(uint32_t number, int64_t index) {
  uint32_t x = static_cast<uint32_t>(index + 1) * 0x9E3779B1u + number * 0x85EBCA6Bu;
  x ^= x >> 16;
  x *= 0x7FEB352Du;
  x ^= x >> 15;
  x *= 0x846CA68Bu;
  x ^= x >> 16;
  return x >> 8;
}

// In [-1, 1).
double Uniform(uint32_t number, int64_t index) {
  return 2 * (static_cast<double>(Hash(number, index)) * 0x1.0p-24) - 1;
}

// Images and vectors of classes, or sequences in which few symbols follow each other.
class FormulaFeed final : public BatchFeed {
 public:
  explicit FormulaFeed(const DataInfo& info) : info_(info) {}

  void Seek(int64_t first) { first_ = first; }

  void Load(int64_t position, float* features, int32_t* labels, float*) const override {
    const uint32_t sample = static_cast<uint32_t>(first_ + position);
    if (info_.vocabulary > 0) {
      LoadSequence(sample, features, labels);
      return;
    }
    const uint32_t label = Hash(kLabels, sample) % static_cast<uint32_t>(info_.classes);
    *labels = static_cast<int32_t>(label);
    for (int64_t i = 0; i < info_.input_shape.elements(); ++i) {
      const double pattern = Uniform(kPatterns + label, i / kPatternRun);
      features[i] = static_cast<float>(kUnitDeviation *
                                       (Uniform(kSamples + sample, i) + kPatternShare * pattern));
    }
  }

 private:
  void LoadSequence(uint32_t sample, float* ids, int32_t* labels) const {
    int64_t symbol = Hash(kSamples + sample, 0) % info_.vocabulary;
    for (int64_t i = 0; i < info_.positions; ++i) {
      ids[i] = static_cast<float>(symbol);
      symbol = (5 * symbol + Hash(kSamples + sample, i + 1) % kBranches) % info_.vocabulary;
      labels[i] = static_cast<int32_t>(symbol);
    }
  }

  const DataInfo& info_;
  int64_t first_ = 0;
};

// He et al. 2015: weights in +-sqrt(6 / inputs). Biases and shifts lie around 0 as the weights
// before them, scales around 1.
absl::Status ImportFormulaWeights(const Graph& graph, Network& network) {
  std::vector<NamedTensor> tensors;
  uint32_t number = 0;
  double bound = 0;
  for (const GraphNode& node : graph.nodes()) {
    for (const GraphParameter& parameter : node.parameters) {
      const ParameterSpec& spec = parameter.spec;
      const int64_t elements = spec.shape.elements();
      if (spec.shape.rank() > 1) {
        const int64_t inputs = elements / spec.shape[0];
        bound = std::sqrt(6 / static_cast<double>(inputs));
      }
      const double center = spec.fill == ParameterSpec::Fill::kOnes ? 1 : 0;
      NamedTensor tensor{parameter.name, spec.shape.dims(), {}};
      for (int64_t i = 0; i < elements; ++i) {
        const double by = spec.trainable ? bound * Uniform(number, i) : 0;
        tensor.values.push_back(static_cast<float>(center + by));
      }
      tensors.push_back(std::move(tensor));
      if (spec.trainable) ++number;
    }
  }
  return network.Import(tensors, /*slots=*/false);
}

double CrossEntropy(absl::Span<const float> logits, int32_t label) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - largest);
  return largest + std::log(sum) - logits[static_cast<size_t>(label)];
}

}  // namespace

std::vector<std::string> YardstickNames() {
  return {"mlp_small", "mlp_large", "cnn_small", "cnn_medium", "resnet18_cifar", "gpt_mini"};
}

absl::StatusOr<v1::Specification> ReadYardstick(const std::string& name,
                                                const std::vector<std::string>& overrides) {
  ASSIGN_OR_RETURN(client::SpecificationFile file,
                   client::ReadSpecification(TRAINYARD_YARDSTICKS "/" + name + ".yaml", overrides));
  return std::move(file.specification);
}

absl::StatusOr<Curve> TrainByFormula(const v1::Specification& specification, int64_t steps,
                                     int threads) {
  const Catalogs catalogs;
  RunOptions options;
  options.catalogs = &catalogs;
  ASSIGN_OR_RETURN(CompiledSpecification compiled, CompileForRun(specification, options));
  ASSIGN_OR_RETURN(const std::shared_ptr<const LoadedData> data, LoadForRun(compiled, options));
  const int64_t batch = compiled.specification.batch_size();
  NetworkOptions network_options;
  network_options.threads = threads;
  network_options.compute_type = ComputeTypeOf(compiled.specification);
  network_options.batch = batch;
  ASSIGN_OR_RETURN(const std::unique_ptr<Network> network,
                   Network::Create(compiled.graph, data->info, *compiled.loss, *compiled.optimizer,
                                   network_options));
  RETURN_IF_ERROR(ImportFormulaWeights(compiled.graph, *network));
  Curve curve;
  FormulaFeed feed(data->info);
  for (int64_t step = 0; step < steps; ++step) {
    feed.Seek(step * batch);
    StepScalars scalars;
    scalars.step = step + 1;
    scalars.learning_rate = compiled.optimizer->learning_rate();
    curve.losses.push_back(network->TrainStep(feed, batch, StepContext(), scalars).loss);
  }
  feed.Seek(steps * batch);
  network->Predict(feed, batch, [&](const MetricBatch& predicted) {
    const size_t width = static_cast<size_t>(predicted.width);
    for (int64_t row = 0; row < predicted.count; ++row) {
      curve.held_out +=
          CrossEntropy(absl::MakeConstSpan(predicted.outputs + row * predicted.width, width),
                       predicted.labels[row]);
    }
  });
  curve.held_out /= static_cast<double>(batch * data->info.positions);
  return curve;
}

}  // namespace trainyard
