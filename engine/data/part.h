// The Part of LoadData: chosen samples of a source, read through the fitted transforms.
#pragma once

#include <memory>
#include <vector>

#include "engine/data/affine.h"
#include "engine/data/source.h"
#include "engine/data/transform.h"

namespace trainyard {

// How a sample becomes what the model reads: bytes or floats, then runs of transforms joined into
// affine maps, and the other transforms, in order. Shared by the parts of one data set; immutable
// and thread-safe once it is built.
class FeatureReader {
 public:
  // The samples as they are, without transforms.
  explicit FeatureReader(std::shared_ptr<const Samples> samples);

  // These samples, which must outlive the result, for fitting the next transform.
  FittingSamples ForFitting(const std::vector<int64_t>& training, ThreadPool& pool) const;
  // The transform must have been fitted or restored.
  absl::Status Append(std::unique_ptr<Transform> transform);
  // From now on reads what the transforms so far gave, and nothing else of the features: a row of
  // `values` [rows, shape] a sample. `row_of` is by the sample's number; empty: rows are samples.
  void Replace(const Shape& shape, SharedArray<float> values, std::vector<int64_t> row_of);

  const Shape& shape() const { return stages_.back().output; }
  // Their features are of no meaning after Replace.
  const Samples& samples() const { return *samples_; }
  // out: [shape].
  void Read(int64_t sample, float* out) const;

 private:
  // A transform that is no affine map, and the maps that follow it. The first stage has no
  // transform.
  struct Stage {
    std::unique_ptr<Transform> transform;
    Shape input;
    Shape output;
    AffineMap map;
    bool identity = true;
    AffineKernel kernel;
  };

  int64_t RowOf(int64_t sample) const { return row_of_.empty() ? sample : row_of_[sample]; }

  std::shared_ptr<const Samples> samples_;
  std::vector<int64_t> row_of_;
  std::vector<Stage> stages_;
  int64_t input_size_ = 0;
  int64_t largest_ = 0;  // of the buffers between stages
};

// `samples`: numbers of the source's samples. The reader and the augmentations are shared by the
// parts.
std::unique_ptr<Part> MakePart(
    std::shared_ptr<const FeatureReader> reader,
    std::shared_ptr<const std::vector<std::unique_ptr<Augmentation>>> augmentations,
    std::vector<int64_t> samples);

}  // namespace trainyard
