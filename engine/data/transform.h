// Changes to features: transforms (fitted on the training part, applied to every part) and
// augmentations (random, training only). Both catalogued.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "engine/base/catalog.h"
#include "engine/base/philox.h"
#include "engine/data/affine.h"
#include "engine/data/dataset.h"
#include "engine/tensor/thread_pool.h"

namespace trainyard {

// The training samples as a transform sees them while it is fitted: after the transforms before it.
struct FittingSamples {
  Shape shape;
  int64_t count = 0;
  // Reads sample i into [shape]. Thread-safe.
  std::function<void(int64_t sample, float* out)> read;
  // Set where the samples are bytes and no transform comes before: sample i as [shape] bytes, each
  // worth byte * byte_scale. Lets a transform sum in integers, which is fast and exact.
  std::function<const uint8_t*(int64_t sample)> bytes;
  double byte_scale = 1;
  // For work in tiles; absent: the calling thread does it alone. What is found depends on the
  // samples only, never on the number of threads.
  ThreadPool* pool = nullptr;

  // function(tile) for each tile below `tiles`, on all threads that there are.
  template <typename F>
  void Run(int tiles, const F& function) const {
    if (pool != nullptr) return pool->Run(tiles, [&](int tile, int) { function(tile); });
    for (int tile = 0; tile < tiles; ++tile) function(tile);
  }
};

// What a transform found when it was fitted, by name.
using FittedValues = std::map<std::string, std::vector<float>>;

class Transform {
 public:
  virtual ~Transform() = default;
  // The shape after it. INVALID_ARGUMENT where it does not fit.
  virtual absl::StatusOr<Shape> OutputShape(const Shape& input) const = 0;
  // So many training samples Fit needs at least.
  virtual int64_t fewest_samples() const { return 1; }
  // Whether Fit depends on the samples, and not on their shape alone: then what the transform gives
  // belongs to one training part.
  virtual bool looks_at_samples() const { return true; }
  // Whether Apply takes so long that LoadData calls it once a sample and keeps what it gives, in
  // memory and in the cache folder, in place of once a reading.
  virtual bool worth_keeping() const { return false; }
  // Called once, before the others below, with the training samples only (at least fewest_samples).
  virtual absl::Status Fit(const FittingSamples& samples) = 0;
  // What Fit found, for Restore of another process; empty where there is nothing to find.
  virtual FittedValues Fitted() const { return {}; }
  // In place of Fit. INVALID_ARGUMENT where these are not values for samples of this shape.
  virtual absl::Status Restore(const Shape& input, const FittedValues& values) {
    return absl::OkStatus();
  }
  // Where the transform is one affine map a feature: that map. LoadData joins neighbours into one.
  virtual std::optional<AffineMap> Affine(const Shape& input) const { return std::nullopt; }
  // For all others. Thread-safe.
  virtual void Apply(const Shape& input, const float* in, float* out) const = 0;
};

class Augmentation {
 public:
  virtual ~Augmentation() = default;
  virtual absl::Status Check(const Shape& input) const = 0;
  // In place. The result is a function of (values, stream, epoch, sample) only. Thread-safe.
  virtual void Apply(const Shape& shape, const RandomStream& stream, uint64_t epoch, int64_t sample,
                     absl::Span<float> values) const = 0;
};

namespace transforms {
Catalog<Transform> MakeCatalog();
}
namespace augmentations {
Catalog<Augmentation> MakeCatalog();
}

}  // namespace trainyard
