// Runs a few layers on samples written by hand: a model of a regression whose outputs are compared
// with numbers worked out on paper.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/spec/catalogs.h"
#include "engine/training/network.h"

namespace trainyard {

inline RawValue Of(double number) { return {number}; }
inline RawValue Of(const char* word) { return {std::string(word)}; }

// Samples one after another, each [elements]; every target is `target`.
class HandFeed final : public BatchFeed {
 public:
  HandFeed(std::vector<float> values, int64_t elements, int64_t targets, float target)
      : values_(std::move(values)), elements_(elements), targets_(targets), target_(target) {}
  void Load(int64_t position, float* features, int32_t*, float* targets) const override {
    std::copy_n(values_.data() + position * elements_, elements_, features);
    if (targets != nullptr) std::fill_n(targets, targets_, target_);
  }

 private:
  std::vector<float> values_;
  int64_t elements_;
  int64_t targets_;
  float target_;
};

class SmallModel {
 public:
  SmallModel(const std::vector<LayerRequest>& layers, const Shape& input) {
    Violations violations;
    graph_ = Graph::Build(layers, {"zeros", {}}, input, catalogs_.layers, catalogs_.initializers,
                          "model", violations);
    loss_ = catalogs_.losses.Make({"mean_squared_error", {}}, "loss", violations);
    optimizer_ = catalogs_.optimizers.Make({"sgd", {}}, "optimizer", violations);
    EXPECT_TRUE(violations.empty()) << violations.ToStatus();
    data_.task = Task::kRegression;
    data_.input_shape = input;
    data_.targets = graph_.output().elements();
  }

  const Shape& output() const { return graph_.output(); }

  // The outputs of `weights` on the samples, in inference.
  std::vector<float> Infer(const std::vector<NamedTensor>& weights,
                           const std::vector<float>& samples) {
    auto network =
        Network::CreateForInference(graph_, data_, onednn::Type::kFloat32, /*threads=*/1);
    EXPECT_TRUE(network.ok()) << network.status();
    EXPECT_TRUE((*network)->Import(weights, /*slots=*/false).ok());
    return Predict(**network, samples);
  }

  // A network that trains on batches of `batch`, and on a last one of `last_batch`.
  std::unique_ptr<Network> ForTraining(int64_t batch, int64_t last_batch = 0) {
    NetworkOptions options;
    options.batch = batch;
    options.last_batch = last_batch;
    auto network = Network::Create(graph_, data_, *loss_, *optimizer_, options);
    EXPECT_TRUE(network.ok()) << network.status();
    EXPECT_TRUE((*network)->Initialize(1).ok());
    return *std::move(network);
  }

  // A step that changes no weight; returns the loss: the mean of (output - target)^2.
  double Step(Network& network, const std::vector<float>& samples, float target = 0) {
    const int64_t elements = graph_.input().elements();
    const HandFeed feed(samples, elements, data_.targets, target);
    StepScalars scalars;
    scalars.step = 1;
    scalars.learning_rate = 0;
    return network
        .TrainStep(feed, static_cast<int64_t>(samples.size()) / elements, StepContext(), scalars)
        .loss;
  }

  std::vector<float> Predict(Network& network, const std::vector<float>& samples) {
    const int64_t elements = graph_.input().elements();
    const HandFeed feed(samples, elements, data_.targets, 0);
    std::vector<float> outputs;
    network.Predict(
        feed, static_cast<int64_t>(samples.size()) / elements, [&](const MetricBatch& batch) {
          outputs.insert(outputs.end(), batch.outputs, batch.outputs + batch.count * batch.width);
        });
    return outputs;
  }

  // The values of a parameter or statistic.
  static std::vector<float> ValuesOf(const Network& network, const std::string& name) {
    const auto tensors = network.Export(/*slots=*/false);
    EXPECT_TRUE(tensors.ok()) << tensors.status();
    for (const NamedTensor& tensor : *tensors) {
      if (tensor.name == name) return tensor.values;
    }
    ADD_FAILURE() << "no tensor " << name;
    return {};
  }

 private:
  Catalogs catalogs_;
  Graph graph_;
  DataInfo data_;
  std::unique_ptr<Loss> loss_;
  std::unique_ptr<Optimizer> optimizer_;
};

}  // namespace trainyard
