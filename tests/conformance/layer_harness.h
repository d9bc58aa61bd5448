// Puts one layer into a small network, between trainable layers, and trains it on fixed random
// samples: what the conformance suite asks of every layer of the catalog.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/spec/catalogs.h"
#include "engine/training/network.h"

namespace trainyard {

// Random samples and labels, a function of their place.
class FixedFeed final : public BatchFeed {
 public:
  // `vocabulary`: features are ids below it; 0: normal numbers.
  FixedFeed(int64_t elements, int64_t classes, int64_t vocabulary)
      : elements_(elements), classes_(classes), vocabulary_(vocabulary) {}
  void Load(int64_t position, float* features, int32_t* label, float* targets) const override;

 private:
  int64_t elements_;
  int64_t classes_;
  int64_t vocabulary_;
};

// What a layer is tested on: the output [features] of a dense layer, [channels, height, width] of a
// convolution, [positions, features] of an embedding, or the data themselves, ids [positions].
enum class HarnessInput { kVector, kImage, kSequence, kIds };

class LayerHarness {
 public:
  static constexpr int64_t kBatch = 12;
  static constexpr int64_t kClasses = 3;

  // The layer on its example's parameters. INVALID_ARGUMENT where the layer does not take that
  // input.
  static absl::StatusOr<std::unique_ptr<LayerHarness>> Create(const Catalogs& catalogs,
                                                              const RawComponent& layer,
                                                              HarnessInput kind);

  absl::StatusOr<std::unique_ptr<Network>> NewNetwork(int threads) const;
  // One step; returns the loss before the update.
  double Step(Network& network, int64_t step, double learning_rate) const;
  const Graph& graph() const { return graph_; }
  const FixedFeed& feed() const { return *feed_; }

 private:
  Graph graph_;
  DataInfo data_;
  std::unique_ptr<Loss> loss_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<FixedFeed> feed_;
};

}  // namespace trainyard
