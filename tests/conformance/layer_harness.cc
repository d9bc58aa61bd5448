#include "tests/conformance/layer_harness.h"

#include "engine/base/status.h"
#include "tests/engine/normal.h"

namespace trainyard {
namespace {

LayerRequest Request(const std::string& name, const std::string& type, RawMap params,
                     std::vector<std::string> inputs = {}) {
  return {{type, std::move(params)}, name, std::move(inputs)};
}

RawValue Of(double number) { return {number}; }
RawValue Of(const char* word) { return {std::string(word)}; }

std::string Joined(const Violations& violations) { return Message(violations.ToStatus()); }

// The data and the layer before the tested one, by HarnessInput.
struct Before {
  Shape input;
  int64_t vocabulary;
  std::string type;
  RawMap params;
};
const Before kBefore[] = {
    {Shape{6000}, 0, "dense", {{"units", Of(40)}}},
    {Shape{3, 24, 24},
     0,
     "conv2d",
     {{"filters", Of(20)}, {"kernel", Of(3)}, {"padding", Of("same")}}},
    {Shape{100}, 11, "embedding", {{"vocabulary", Of(11)}, {"features", Of(40)}}},
    {Shape{100}, 11, "", {}},
};

}  // namespace

void FixedFeed::Load(int64_t position, float* features, int32_t* label, float*) const {
  const RandomStream stream(11, RandomPurpose::kSynthetic);
  for (int64_t i = 0; i < elements_; ++i) {
    const uint64_t place = static_cast<uint64_t>(position * elements_ + i);
    features[i] =
        vocabulary_ == 0
            ? static_cast<float>(Normal(stream, 0, place))
            : static_cast<float>(stream.Below(2, place, static_cast<uint64_t>(vocabulary_)));
  }
  *label = static_cast<int32_t>(
      stream.Below(1, static_cast<uint64_t>(position), static_cast<uint64_t>(classes_)));
}

absl::StatusOr<std::unique_ptr<LayerHarness>> LayerHarness::Create(const Catalogs& catalogs,
                                                                   const RawComponent& layer,
                                                                   HarnessInput kind) {
  auto harness = std::make_unique<LayerHarness>();
  // Large enough that the batch is cut into several groups, also with channels that no vector
  // divides.
  const Before& before = kBefore[static_cast<size_t>(kind)];
  const Shape& input = before.input;
  RawComponent tested = layer;
  std::vector<LayerRequest> requests;
  std::vector<std::string> inputs;
  const auto named = tested.params.find("inputs");
  if (named != tested.params.end()) {
    for (const RawValue& value : std::get<RawList>(named->second.data)) {
      inputs.push_back(std::get<std::string>(value.data));
      requests.push_back(Request(inputs.back(), before.type, before.params, {"input"}));
    }
    tested.params.erase("inputs");
  } else if (kind != HarnessInput::kIds) {
    requests.push_back(Request("before", before.type, before.params));
  }
  requests.push_back({tested, "tested", inputs});
  requests.push_back(Request("flat", "flatten", {}));
  requests.push_back(Request("after", "dense", {{"units", Of(static_cast<double>(kClasses))}}));
  Violations violations;
  harness->graph_ = Graph::Build(requests, {"glorot", {}}, input, catalogs.layers,
                                 catalogs.initializers, "model", violations);
  harness->data_.input_shape = input;
  harness->data_.classes = kClasses;
  harness->loss_ = catalogs.losses.Make({"softmax_cross_entropy", {}}, "loss", violations);
  harness->optimizer_ =
      catalogs.optimizers.Make({"sgd", {{"learning_rate", Of(1.0)}}}, "optimizer", violations);
  harness->feed_ = std::make_unique<FixedFeed>(input.elements(), kClasses, before.vocabulary);
  if (!violations.empty()) return absl::InvalidArgumentError(Joined(violations));
  return harness;
}

absl::StatusOr<std::unique_ptr<Network>> LayerHarness::NewNetwork(int threads) const {
  NetworkOptions options;
  options.threads = threads;
  options.batch = kBatch;
  ASSIGN_OR_RETURN(std::unique_ptr<Network> network,
                   Network::Create(graph_, data_, *loss_, *optimizer_, options));
  RETURN_IF_ERROR(network->Initialize(5));
  return network;
}

double LayerHarness::Step(Network& network, int64_t step, double learning_rate) const {
  StepContext context;
  context.seed = 7;
  context.step = static_cast<uint64_t>(step);
  StepScalars scalars;
  scalars.step = step + 1;
  scalars.learning_rate = learning_rate;
  return network.TrainStep(*feed_, kBatch, context, scalars).loss;
}

}  // namespace trainyard
