// The training samples block by block, for sums over them: all threads read a block, then all
// threads add it up, each its own features, so that every sum is in the order of the samples.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/data/transform.h"

namespace trainyard {

inline int TilesOf(int64_t count, int64_t each) {
  return static_cast<int>((count + each - 1) / each);
}

class SampleBlocks {
 public:
  // Samples in a block, where they are so small that it has no more than kMostValues.
  static constexpr int64_t kMostSamples = 1024;
  static constexpr int64_t kMostValues = 1 << 22;
  static constexpr int64_t kSamplesPerTile = 64;

  // `mean` [features] is subtracted; empty: nothing is. The samples must outlive it.
  explicit SampleBlocks(const FittingSamples& samples, std::vector<double> mean = {})
      : samples_(samples),
        mean_(std::move(mean)),
        block_(std::clamp<int64_t>(kMostValues / features(), 1, kMostSamples)) {
    values_.resize(static_cast<size_t>(std::min(block_, samples.count) * features()));
  }

  // use(values [count, features], count) for each block, in order, on the calling thread.
  template <typename F>
  void ForEach(const F& use) {
    for (int64_t first = 0; first < samples_.count; first += block_) {
      const int64_t count = std::min(block_, samples_.count - first);
      samples_.Run(TilesOf(count, kSamplesPerTile), [&](int tile) {
        const int64_t end = std::min(count, (tile + 1) * kSamplesPerTile);
        for (int64_t i = tile * kSamplesPerTile; i < end; ++i) Read(first + i, i);
      });
      use(values_.data(), count);
    }
  }
  int64_t features() const { return samples_.shape.elements(); }

 private:
  void Read(int64_t sample, int64_t row) {
    float* const values = values_.data() + row * features();
    samples_.read(sample, values);
    for (size_t f = 0; f < mean_.size(); ++f) values[f] = static_cast<float>(values[f] - mean_[f]);
  }

  const FittingSamples& samples_;
  const std::vector<double> mean_;
  const int64_t block_;
  std::vector<float> values_;
};

}  // namespace trainyard
