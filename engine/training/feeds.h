// Feeds that read a part of the data: in a shuffled order for training, in its own order for
// evaluation.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/training/step_plan.h"

namespace trainyard {

// The order of an epoch: a permutation of 0 .. size - 1, a pure function of (seed, epoch).
// Fisher-Yates with Philox draws; `order` is reused.
void ShuffleEpoch(uint64_t seed, uint64_t epoch, int64_t size, std::vector<int64_t>& order);

// Samples of a batch of training, augmented.
class TrainingFeed final : public BatchFeed {
 public:
  TrainingFeed(const Part& part, uint64_t seed) : part_(part), seed_(seed) {}

  // Draws the order of an epoch; not while a plan runs.
  void BeginEpoch(uint64_t epoch);
  // The batch starts at this place of the epoch.
  void Seek(int64_t first) { first_ = first; }
  void Load(int64_t position, float* features, int32_t* labels, float* targets) const override;

 private:
  const Part& part_;
  uint64_t seed_;
  uint64_t epoch_ = 0;
  int64_t first_ = 0;
  std::vector<int64_t> order_;
};

class EvaluationFeed final : public BatchFeed {
 public:
  explicit EvaluationFeed(const Part& part, int64_t first = 0) : part_(part), first_(first) {}
  void Load(int64_t position, float* features, int32_t* labels, float* targets) const override;

 private:
  const Part& part_;
  int64_t first_;
};

}  // namespace trainyard
