#include "engine/learners/svm_pair.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/base/saturated.h"
#include "engine/base/vectorized.h"

namespace trainyard::learners {
namespace {

constexpr int64_t kWorkingSet = 512;
constexpr int64_t kAdded = kWorkingSet / 2;  // a round
// Rows computed by one product: long enough to be fast, short enough to stop in between.
constexpr int64_t kRowBlock = 128;
// A working set is solved this much closer than the whole is, and no closer than it pays.
constexpr double kShareOfGap = 0.1;
constexpr int64_t kMostInnerSteps = 100'000;
constexpr int64_t kMostRounds = 100'000;
// Of a pair's second derivative, where the kernel makes it 0 (two equal samples).
constexpr double kLeastCurvature = 1e-12;

int64_t SlotsFor(const SvmSettings& settings, int64_t count) {
  const int64_t row = std::max<int64_t>(1, count) * static_cast<int64_t>(sizeof(float));
  return std::min(count, std::max<int64_t>(settings.cache_bytes / row, kWorkingSet));
}

TRAINYARD_VECTORIZED void Subtract(double factor, const float* row, int64_t count, double* f) {
  for (int64_t k = 0; k < count; ++k) f[k] -= factor * static_cast<double>(row[k]);
}

TRAINYARD_VECTORIZED void SubtractDifference(double step, const float* a, const float* b,
                                             int64_t count, double* f) {
  for (int64_t k = 0; k < count; ++k)
    f[k] -= step * (static_cast<double>(a[k]) - static_cast<double>(b[k]));
}

}  // namespace

SvmPair::SvmPair(const Kernel& kernel, const SvmSettings& settings, int64_t features,
                 int64_t largest)
    : kernel_(kernel), settings_(settings), c_(settings.c), features_(features) {
  const size_t count = static_cast<size_t>(largest);
  sign_.reserve(count);
  alpha_.reserve(count);
  f_.reserve(count);
  diagonal_.reserve(count);
  chosen_.reserve(count);
  order_.reserve(count);
  slot_of_.reserve(count);
  cache_.reset(new float[static_cast<size_t>(SlotsFor(settings, largest) * largest)]);
  gathered_.resize(static_cast<size_t>(kRowBlock * features));
  gathered_norms_.resize(kRowBlock);
  computed_.resize(static_cast<size_t>(kRowBlock * largest));
  local_kernel_.resize(kWorkingSet * kWorkingSet);
}

int64_t SvmPair::MemoryBytes(const SvmSettings& settings, int64_t features, int64_t largest) {
  constexpr int64_t kPerSample = 64;
  const int64_t rows = AddSaturated(SlotsFor(settings, largest), kRowBlock);
  const int64_t floats = AddSaturated(MultiplySaturated(rows, largest), kRowBlock * features);
  return AddSaturated(MultiplySaturated(floats, sizeof(float)),
                      AddSaturated(MultiplySaturated(largest, kPerSample),
                                   kWorkingSet * kWorkingSet * int64_t{sizeof(float)}));
}

void SvmPair::Begin(const KernelRows& first, const KernelRows& second) {
  first_ = first;
  second_ = second;
  count_ = first.count + second.count;
  const size_t count = static_cast<size_t>(count_);
  sign_.assign(count, 1);
  std::fill(sign_.begin() + first.count, sign_.end(), int8_t{-1});
  alpha_.assign(count, 0);
  f_.assign(sign_.begin(), sign_.end());
  diagonal_.resize(count);
  for (int64_t i = 0; i < count_; ++i) {
    diagonal_[i] =
        KernelOfItself(kernel_, i < first.count ? first.norms[i] : second.norms[i - first.count]);
  }
  slots_ = SlotsFor(settings_, count_);
  slot_of_.assign(count, -1);
  sample_in_.assign(static_cast<size_t>(slots_), -1);
  used_at_.assign(static_cast<size_t>(slots_), -1);
  working_.clear();
  newest_.clear();
  round_ = 0;
}

SvmPair::Gap SvmPair::FindGap() const {
  Gap gap{-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  for (int64_t i = 0; i < count_; ++i) {
    if (CanRise(i)) gap.up = std::max(gap.up, f_[i]);
    if (CanFall(i)) gap.low = std::min(gap.low, f_[i]);
  }
  return gap;
}

// Half of the working set are the samples that the last round added, so that what was begun there
// is finished; the rest violate most, from both ends.
void SvmPair::ChooseWorkingSet() {
  chosen_.assign(static_cast<size_t>(count_), 0);
  working_ = newest_;
  newest_.clear();
  for (const int64_t sample : working_) chosen_[sample] = 1;
  const auto take = [&](bool rising, int64_t wanted) {
    order_.clear();
    for (int64_t i = 0; i < count_; ++i) {
      if (chosen_[i] == 0 && (rising ? CanRise(i) : CanFall(i))) order_.push_back(i);
    }
    const auto worse = [&](int64_t a, int64_t b) {
      if (f_[a] != f_[b]) return rising ? f_[a] > f_[b] : f_[a] < f_[b];
      return a < b;
    };
    const int64_t found = std::min<int64_t>(wanted, static_cast<int64_t>(order_.size()));
    std::nth_element(order_.begin(), order_.begin() + found, order_.end(), worse);
    std::sort(order_.begin(), order_.begin() + found, worse);
    for (int64_t k = 0; k < found; ++k) {
      chosen_[order_[k]] = 1;
      newest_.push_back(order_[k]);
    }
  };
  take(/*rising=*/true, kAdded / 2);
  take(/*rising=*/false, kAdded - static_cast<int64_t>(newest_.size()));
  working_.insert(working_.end(), newest_.begin(), newest_.end());
}

// The slot that was not used for longest; never one of this round's.
int64_t SvmPair::SlotFor(int64_t sample) {
  const int64_t slot = std::min_element(used_at_.begin(), used_at_.end()) - used_at_.begin();
  if (sample_in_[slot] >= 0) slot_of_[sample_in_[slot]] = -1;
  sample_in_[slot] = sample;
  slot_of_[sample] = slot;
  used_at_[slot] = round_;
  return slot;
}

void SvmPair::ComputeRows(const std::vector<int64_t>& missing, ThreadPool* pool) {
  const int64_t rows = static_cast<int64_t>(missing.size());
  for (int64_t k = 0; k < rows; ++k) {
    const int64_t sample = missing[k];
    const bool of_first = sample < first_.count;
    const KernelRows& part = of_first ? first_ : second_;
    const int64_t place = of_first ? sample : sample - first_.count;
    std::copy_n(part.values + place * features_, features_, &gathered_[k * features_]);
    gathered_norms_[k] = part.norms[place];
  }
  const KernelRows left = {gathered_.data(), gathered_norms_.data(), rows};
  KernelBlock(kernel_, left, first_, features_, pool, computed_.data(), count_);
  KernelBlock(kernel_, left, second_, features_, pool, computed_.data() + first_.count, count_);
  for (int64_t k = 0; k < rows; ++k) {
    std::copy_n(&computed_[k * count_], count_, cache_.get() + SlotFor(missing[k]) * count_);
  }
}

void SvmPair::FetchRows(ThreadPool* pool) {
  ++round_;
  for (const int64_t sample : working_) {
    if (slot_of_[sample] >= 0) used_at_[slot_of_[sample]] = round_;
  }
  std::vector<int64_t> missing;
  for (const int64_t sample : working_) {
    if (slot_of_[sample] < 0) missing.push_back(sample);
    if (static_cast<int64_t>(missing.size()) < kRowBlock) continue;
    ComputeRows(missing, pool);
    missing.clear();
  }
  if (!missing.empty()) ComputeRows(missing, pool);
}

void SvmPair::SolveWorkingSet(double gap) {
  const int64_t size = static_cast<int64_t>(working_.size());
  std::vector<double> f(static_cast<size_t>(size));
  for (int64_t a = 0; a < size; ++a) {
    f[a] = f_[working_[a]];
    const float* const row = cache_.get() + slot_of_[working_[a]] * count_;
    for (int64_t b = 0; b < size; ++b) local_kernel_[a * size + b] = row[working_[b]];
  }
  changes_.assign(static_cast<size_t>(size), 0);
  const double enough = std::max(0.5 * settings_.tolerance, kShareOfGap * gap);
  for (int64_t step = 0; step < kMostInnerSteps; ++step) {
    int64_t i = -1;
    double low = std::numeric_limits<double>::infinity();
    for (int64_t k = 0; k < size; ++k) {
      if (CanRise(working_[k]) && (i < 0 || f[k] > f[i])) i = k;
      if (CanFall(working_[k])) low = std::min(low, f[k]);
    }
    if (i < 0 || f[i] - low <= enough) return;
    const float* const row = &local_kernel_[i * size];
    int64_t j = -1;
    double best = 0;
    double best_curvature = 0;
    for (int64_t k = 0; k < size; ++k) {
      const double difference = f[i] - f[k];
      if (difference <= 0 || !CanFall(working_[k])) continue;
      const double curvature =
          std::max(kLeastCurvature, static_cast<double>(diagonal_[working_[i]]) +
                                        diagonal_[working_[k]] - 2.0 * static_cast<double>(row[k]));
      const double gain = difference * difference / curvature;
      if (gain <= best) continue;
      best = gain;
      best_curvature = curvature;
      j = k;
    }
    if (j < 0) return;
    const int64_t up = working_[i];
    const int64_t down = working_[j];
    const double room_up = sign_[up] > 0 ? c_ - alpha_[up] : alpha_[up];
    const double room_down = sign_[down] > 0 ? alpha_[down] : c_ - alpha_[down];
    const double length = std::min({(f[i] - f[j]) / best_curvature, room_up, room_down});
    // At a border exactly, so that a sample that is there counts as there.
    alpha_[up] = length == room_up ? (sign_[up] > 0 ? c_ : 0) : alpha_[up] + sign_[up] * length;
    alpha_[down] =
        length == room_down ? (sign_[down] > 0 ? 0 : c_) : alpha_[down] - sign_[down] * length;
    changes_[i] += length;
    changes_[j] -= length;
    SubtractDifference(length, row, &local_kernel_[j * size], size, f.data());
  }
}

void SvmPair::ApplyChanges() {
  for (size_t k = 0; k < working_.size(); ++k) {
    if (changes_[k] == 0) continue;
    Subtract(changes_[k], cache_.get() + slot_of_[working_[k]] * count_, count_, f_.data());
  }
}

// The mean of f over support vectors within the borders, where it is the same in theory; else the
// middle of what the others allow.
float SvmPair::Bias(const Gap& gap) const {
  double sum = 0;
  int64_t inside = 0;
  for (int64_t i = 0; i < count_; ++i) {
    if (alpha_[i] <= 0 || alpha_[i] >= c_) continue;
    sum += f_[i];
    ++inside;
  }
  return static_cast<float>(inside > 0 ? sum / static_cast<double>(inside)
                                       : (gap.up + gap.low) / 2);
}

bool SvmPair::Solve(const KernelRows& first, const KernelRows& second, ThreadPool* pool,
                    const std::function<bool()>& stopping, SvmSolution& solution) {
  Begin(first, second);
  Gap gap = FindGap();
  for (int64_t rounds = 0; gap.up - gap.low > settings_.tolerance; ++rounds) {
    if (stopping()) return false;
    solution.converged = rounds < kMostRounds;
    if (!solution.converged) break;
    ChooseWorkingSet();
    FetchRows(pool);
    SolveWorkingSet(gap.up - gap.low);
    ApplyChanges();
    gap = FindGap();
  }
  solution.bias = Bias(gap);
  solution.coefficients.resize(static_cast<size_t>(count_));
  for (int64_t i = 0; i < count_; ++i)
    solution.coefficients[i] = static_cast<float>(sign_[i] * alpha_[i]);
  return true;
}

}  // namespace trainyard::learners
