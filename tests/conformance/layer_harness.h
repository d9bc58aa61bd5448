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
  FixedFeed(int64_t elements, int64_t classes) : elements_(elements), classes_(classes) {}
  void Load(int64_t position, float* features, int32_t* label, float* targets) const override;

 private:
  int64_t elements_;
  int64_t classes_;
};

class LayerHarness {
 public:
  static constexpr int64_t kBatch = 12;
  static constexpr int64_t kClasses = 3;

  // The layer on its example's parameters. `image`: after a convolution, on [channels, height,
  // width]; otherwise after a dense layer, on [features]. INVALID_ARGUMENT where the layer does not
  // take that.
  static absl::StatusOr<std::unique_ptr<LayerHarness>> Create(const Catalogs& catalogs,
                                                              const RawComponent& layer,
                                                              bool image);

  absl::StatusOr<std::unique_ptr<Network>> NewNetwork(int threads) const;
  // One step; returns the loss before the update.
  double Step(Network& network, int64_t step, double learning_rate) const;
  const Graph& graph() const { return graph_; }

 private:
  Graph graph_;
  DataInfo data_;
  std::unique_ptr<Loss> loss_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<FixedFeed> feed_;
};

}  // namespace trainyard
