#include "engine/learners/linear_objective.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/saturated.h"
#include "engine/tensor/onednn.h"

namespace trainyard::learners {
namespace {

constexpr int64_t kBlockRows = 256;
constexpr int64_t kMostTiles = 64;
// For the gradients of the tiles.
constexpr int64_t kTileFloats = int64_t{1} << 26;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

int TilesFor(int64_t samples, int64_t size) {
  const int64_t blocks = (samples + kBlockRows - 1) / kBlockRows;
  const int64_t affordable = std::max<int64_t>(1, kTileFloats / std::max<int64_t>(1, size));
  return static_cast<int>(std::clamp<int64_t>(std::min(blocks, affordable), 1, kMostTiles));
}

// log(1 + exp(-margin)), and its derivative by the margin.
double LogisticLoss(double margin, double& derivative) {
  const double small = std::exp(-std::abs(margin));
  derivative = margin > 0 ? -small / (1 + small) : -1 / (1 + small);
  return std::log1p(small) + std::max(0.0, -margin);
}

}  // namespace

int64_t LinearColumns(LinearLoss loss, const DataInfo& info) {
  if (info.task == Task::kRegression) return info.targets;
  return info.classes == 2 ? 1 : info.classes;
}

void LinearScores(const float* rows, int64_t count, int64_t features, const float* weights,
                  const float* bias, int64_t columns, float* scores) {
  for (int64_t row = 0; row < count; ++row) std::copy_n(bias, columns, scores + row * columns);
  onednn::Gemm(count, columns, features, 1, {rows, features, false}, {weights, features, true}, 1,
               scores, columns);
}

LinearObjective::LinearObjective(LinearLoss loss, const LearnerSamples& samples, int64_t columns,
                                 double l2, ThreadPool& pool, const LearnerRun& run)
    : loss_(loss),
      samples_(samples),
      columns_(columns),
      l2_(l2),
      pool_(pool),
      run_(run),
      tiles_(TilesFor(samples.count, columns * (samples.features + 1))),
      weights_(static_cast<size_t>(columns * (samples.features + 1))),
      gradients_(weights_.size() * static_cast<size_t>(tiles_)),
      scores_(static_cast<size_t>(pool.threads()),
              std::vector<float>(static_cast<size_t>(kBlockRows * columns))),
      sums_(static_cast<size_t>(tiles_)) {}

int64_t LinearObjective::MemoryBytes(int64_t samples, int64_t features, int64_t columns,
                                     int64_t threads) {
  const int64_t size = MultiplySaturated(columns, features + 1);
  const int64_t vectors = MultiplySaturated(size, TilesFor(samples, size) + 1);
  return MultiplySaturated(AddSaturated(vectors, MultiplySaturated(threads, kBlockRows * columns)),
                           sizeof(float));
}

void LinearObjective::SoftmaxRow(int32_t label, float* scores, Sums& sums) const {
  const int64_t best = std::max_element(scores, scores + columns_) - scores;
  const double largest = scores[best];
  const double own = scores[label] - largest;
  double sum = 0;
  for (int64_t i = 0; i < columns_; ++i) {
    scores[i] = std::exp(scores[i] - static_cast<float>(largest));
    sum += scores[i];
  }
  sums.loss += std::log(sum) - own;
  sums.right += best == label;
  const float inverse = static_cast<float>(1 / sum);
  for (int64_t i = 0; i < columns_; ++i) scores[i] *= inverse;
  scores[label] -= 1;
}

void LinearObjective::RowLoss(int64_t sample, float* scores, Sums& sums) const {
  if (loss_ == LinearLoss::kSquared) {
    for (int64_t i = 0; i < columns_; ++i) {
      scores[i] -= samples_.targets[sample * columns_ + i];
      sums.loss += 0.5 * static_cast<double>(scores[i]) * scores[i];
    }
    return;
  }
  const int32_t label = samples_.labels[sample];
  if (loss_ == LinearLoss::kSoftmax && columns_ > 1) return SoftmaxRow(label, scores, sums);
  const int64_t right = columns_ == 1 ? label - 1 : label;
  const int64_t best = columns_ == 1 ? (scores[0] > 0 ? 0 : -1)
                                     : std::max_element(scores, scores + columns_) - scores;
  sums.right += best == right;
  for (int64_t i = 0; i < columns_; ++i) {
    const double sign = i == right ? 1 : -1;
    double derivative = 0;
    if (loss_ == LinearLoss::kSquaredHinge) {
      const double shortfall = std::max(0.0, 1 - sign * scores[i]);
      sums.loss += std::isnan(scores[i]) ? kNaN : shortfall * shortfall;
      derivative = -2 * shortfall;
    } else {
      sums.loss += LogisticLoss(sign * scores[i], derivative);
    }
    scores[i] = static_cast<float>(sign * derivative);
  }
}

void LinearObjective::AddTile(int tile, int thread) {
  const int64_t features = samples_.features;
  const int64_t begin = samples_.count * tile / tiles_;
  const int64_t end = samples_.count * (tile + 1) / tiles_;
  float* const gradient = &gradients_[weights_.size() * static_cast<size_t>(tile)];
  float* const bias = gradient + columns_ * features;
  float* const scores = scores_[static_cast<size_t>(thread)].data();
  std::fill_n(gradient, weights_.size(), 0.0f);
  Sums sums;
  for (int64_t first = begin; first < end && !run_.Stopping(); first += kBlockRows) {
    const int64_t count = std::min(kBlockRows, end - first);
    const float* const rows = samples_.values + first * features;
    LinearScores(rows, count, features, weights_.data(), &weights_[columns_ * features], columns_,
                 scores);
    for (int64_t row = 0; row < count; ++row) {
      float* const derivatives = scores + row * columns_;
      RowLoss(first + row, derivatives, sums);
      for (int64_t i = 0; i < columns_; ++i) bias[i] += derivatives[i];
    }
    onednn::Gemm(columns_, features, count, 1, {scores, columns_, true}, {rows, features, false}, 1,
                 gradient, features);
  }
  sums_[static_cast<size_t>(tile)] = sums;
}

double LinearObjective::Evaluate(const std::vector<double>& x, std::vector<double>& gradient) {
  std::transform(x.begin(), x.end(), weights_.begin(),
                 [](double value) { return static_cast<float>(value); });
  pool_.Run(tiles_, [this](int tile, int thread) { AddTile(tile, thread); });
  if (run_.Stopping()) return kNaN;
  Sums total;
  for (const Sums& sums : sums_) {
    total.loss += sums.loss;
    total.right += sums.right;
  }
  const double count = static_cast<double>(samples_.count);
  const size_t penalised = static_cast<size_t>(columns_ * samples_.features);
  double norm = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    double sum = 0;
    for (int tile = 0; tile < tiles_; ++tile)
      sum += gradients_[weights_.size() * static_cast<size_t>(tile) + i];
    gradient[i] = sum / count;
    if (i >= penalised) continue;
    gradient[i] += l2_ * x[i];
    norm += x[i] * x[i];
  }
  mean_loss_ = total.loss / count;
  accuracy_ = loss_ == LinearLoss::kSquared ? kNaN : static_cast<double>(total.right) / count;
  return mean_loss_ + 0.5 * l2_ * norm;
}

}  // namespace trainyard::learners
