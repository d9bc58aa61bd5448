// From the same weights, data order and hyper-parameters our losses are PyTorch's
// (torch_reference.txt, made by torch_reference.py, records its version).
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "engine/data/load.h"
#include "engine/spec/catalogs.h"
#include "engine/training/feeds.h"
#include "engine/training/network.h"

namespace trainyard {
namespace {

constexpr int kSteps = 50;
constexpr int64_t kBatch = 64;
constexpr double kTolerance = 1e-4;  // relative

// The formula of torch_reference.py.
void Fill(uint32_t number, int64_t fan_in, std::vector<float>& values) {
  for (size_t i = 0; i < values.size(); ++i) {
    uint32_t x = static_cast<uint32_t>(i + 1) * 0x9E3779B1u + number * 0x85EBCA6Bu;
    x ^= x >> 16;
    x *= 0x7FEB352Du;
    x ^= x >> 15;
    x *= 0x846CA68Bu;
    x ^= x >> 16;
    const double uniform = static_cast<double>(x >> 8) * 0x1.0p-24;
    values[i] = static_cast<float>((2 * uniform - 1) / std::sqrt(static_cast<double>(fan_in)));
  }
}

std::map<std::string, std::vector<double>> ReadReference() {
  std::map<std::string, std::vector<double>> losses;
  std::ifstream file(std::string(TRAINYARD_SOURCE_DIR) +
                     "/tests/engine/training/torch_reference.txt");
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind('#', 0) == 0) continue;
    std::istringstream words(line);
    std::string model;
    int step = 0;
    double loss = 0;
    words >> model >> step >> loss;
    losses[model].push_back(loss);
  }
  return losses;
}

// Batches of the training part in the file's order.
class InOrder final : public BatchFeed {
 public:
  explicit InOrder(const Part& part) : part_(part) {}
  void Seek(int64_t first) { first_ = first; }
  void Load(int64_t position, float* features, int32_t* label, float*) const override {
    part_.Read(first_ + position, features);
    part_.Labels(first_ + position, label);
  }

 private:
  const Part& part_;
  int64_t first_ = 0;
};

class TorchReference : public ::testing::Test {
 protected:
  void SetUp() override {
    roots_.folders = {"/usr/share/datasets"};
    DataPlan plan;
    Violations violations;
    plan.source = catalogs_.data_sources.Make({"idx", {{"path", {std::string("fashion-mnist")}}}},
                                              "source", violations);
    plan.transforms.push_back(catalogs_.transforms.Make(
        {"normalize", {{"mean", {0.2860}}, {"standard_deviation", {0.3530}}}}, "transforms[0]",
        violations));
    ASSERT_TRUE(violations.empty()) << violations.ToStatus();
    ProvePlan(plan, nullptr, roots_, "data", violations);
    ASSERT_TRUE(violations.empty())
        << violations.ToStatus() << ": is dataset-fashion-mnist installed?";
    auto loaded = LoadData(std::move(plan), roots_);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    data_ = *std::move(loaded);
  }

  // The losses of kSteps steps.
  std::vector<double> Train(const std::vector<LayerRequest>& layers) {
    Violations violations;
    const Graph graph = Graph::Build(layers, {"he", {}}, data_.info.input_shape, catalogs_.layers,
                                     catalogs_.initializers, "model", violations);
    const auto loss = catalogs_.losses.Make({"softmax_cross_entropy", {}}, "loss", violations);
    const auto optimizer = catalogs_.optimizers.Make(
        {"momentum", {{"learning_rate", {0.01}}, {"momentum", {0.9}}}}, "optimizer", violations);
    EXPECT_TRUE(violations.empty()) << violations.ToStatus();
    NetworkOptions options;
    options.threads = 2;
    options.batch = kBatch;
    auto network = Network::Create(graph, data_.info, *loss, *optimizer, options);
    EXPECT_TRUE(network.ok()) << network.status();
    std::vector<NamedTensor> tensors;
    int64_t fan_in = 1;
    for (const GraphNode& node : graph.nodes()) {
      for (const GraphParameter& parameter : node.parameters) {
        if (parameter.spec.shape.rank() > 1)
          fan_in = parameter.spec.shape.elements() / parameter.spec.shape[0];
        NamedTensor tensor{parameter.name, parameter.spec.shape.dims(), {}};
        tensor.values.resize(static_cast<size_t>(parameter.spec.shape.elements()));
        Fill(static_cast<uint32_t>(tensors.size()), fan_in, tensor.values);
        tensors.push_back(std::move(tensor));
      }
    }
    EXPECT_TRUE((*network)->Import(tensors, /*slots=*/false).ok());
    std::vector<double> losses;
    InOrder feed(*data_.train);
    for (int step = 0; step < kSteps; ++step) {
      feed.Seek(step * kBatch);
      StepScalars scalars;
      scalars.step = step + 1;
      scalars.learning_rate = optimizer->learning_rate();
      losses.push_back((*network)->TrainStep(feed, kBatch, StepContext(), scalars).loss);
    }
    return losses;
  }

  void ExpectEqual(const std::vector<double>& ours, const std::string& model) {
    const std::vector<double> theirs = ReadReference()[model];
    ASSERT_EQ(theirs.size(), static_cast<size_t>(kSteps));
    for (int step = 0; step < kSteps; ++step) {
      EXPECT_NEAR(ours[step], theirs[step], kTolerance * theirs[step]) << "step " << step;
    }
  }

  static LayerRequest Layer(const std::string& type, RawMap params = {}) {
    return {{type, std::move(params)}, "", {}};
  }
  static LayerRequest Dense(double units) { return Layer("dense", {{"units", {units}}}); }
  static LayerRequest Conv(double filters) {
    return Layer("conv2d", {{"filters", {filters}}, {"kernel", {5.0}}});
  }
  static LayerRequest Pool() { return Layer("max_pool", {{"size", {2.0}}}); }

  Catalogs catalogs_;
  DataRoots roots_;
  LoadedData data_;
};

TEST_F(TorchReference, MultilayerPerceptron) {
  ExpectEqual(
      Train({Layer("flatten"), Dense(256), Layer("relu"), Dense(128), Layer("relu"), Dense(10)}),
      "mlp");
}

TEST_F(TorchReference, LeNet) {
  ExpectEqual(
      Train({Conv(6), Layer("relu"), Pool(), Conv(16), Layer("relu"), Pool(), Layer("flatten"),
             Dense(120), Layer("relu"), Dense(84), Layer("relu"), Dense(10)}),
      "lenet");
}

}  // namespace
}  // namespace trainyard
