#include "engine/training/feeds.h"

#include <numeric>
#include <utility>

#include "engine/base/philox.h"

namespace trainyard {
namespace {

void LoadTarget(const Part& part, int64_t sample, int32_t* labels, float* targets) {
  if (labels != nullptr) part.Labels(sample, labels);
  if (targets != nullptr) part.Targets(sample, targets);
}

}  // namespace

void ShuffleEpoch(uint64_t seed, uint64_t epoch, int64_t size, std::vector<int64_t>& order) {
  order.resize(static_cast<size_t>(size));
  std::iota(order.begin(), order.end(), int64_t{0});
  const RandomStream stream(seed, RandomPurpose::kShuffle);
  for (int64_t i = size - 1; i > 0; --i) {
    const uint64_t other =
        stream.Below(epoch, static_cast<uint64_t>(i), static_cast<uint64_t>(i) + 1);
    std::swap(order[static_cast<size_t>(i)], order[other]);
  }
}

void TrainingFeed::BeginEpoch(uint64_t epoch) {
  epoch_ = epoch;
  ShuffleEpoch(seed_, epoch, part_.size(), order_);
}

void TrainingFeed::Load(int64_t position, float* features, int32_t* labels, float* targets) const {
  const int64_t sample = order_[static_cast<size_t>(first_ + position)];
  part_.ReadAugmented(sample, seed_, epoch_, features);
  LoadTarget(part_, sample, labels, targets);
}

void EvaluationFeed::Load(int64_t position, float* features, int32_t* labels,
                          float* targets) const {
  part_.Read(first_ + position, features);
  LoadTarget(part_, first_ + position, labels, targets);
}

}  // namespace trainyard
