// The mean loss of linear scores over the samples, plus half the squared norm of the weights, and
// its gradient: what the linear learners minimise. Every column (a class against the rest, or a
// target) is scored at once by matrix products over blocks of samples.
//
// The samples are cut into tiles by their number alone and the tiles' sums are added in order, so
// that no bit depends on the threads. Used by one thread, which lends those of the pool.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/learners/learner.h"

namespace trainyard::learners {

enum class LinearLoss {
  kSoftmax,       // log loss of the softmax over the columns
  kLogistic,      // log loss of each column against the rest, summed
  kSquaredHinge,  // max(0, 1 - y s)^2 of each column against the rest, summed
  kSquared,       // (s - target)^2 / 2 of each target, summed
};

// Columns of scores: one for two classes told apart by one score.
int64_t LinearColumns(LinearLoss loss, const DataInfo& info);

// Scores [rows, columns] of samples [rows, features] by weights [columns, features] and bias
// [columns].
void LinearScores(const float* rows, int64_t count, int64_t features, const float* weights,
                  const float* bias, int64_t columns, float* scores);

class LinearObjective {
 public:
  // `l2`: of half the squared norm of the weights; the bias is free. All must outlive it.
  LinearObjective(LinearLoss loss, const LearnerSamples& samples, int64_t columns, double l2,
                  ThreadPool& pool, const LearnerRun& run);

  // x: weights [columns, features], then bias [columns]. NaN where the run stops.
  double Evaluate(const std::vector<double>& x, std::vector<double>& gradient);

  // Of the last evaluation, without the norm; accuracy NaN for targets.
  double mean_loss() const { return mean_loss_; }
  double accuracy() const { return accuracy_; }

  static int64_t MemoryBytes(int64_t samples, int64_t features, int64_t columns, int64_t threads);

 private:
  struct Sums {
    double loss = 0;
    int64_t right = 0;
  };
  void AddTile(int tile, int thread);
  // Turns scores of one row into the derivatives of its loss.
  void RowLoss(int64_t sample, float* scores, Sums& sums) const;
  void SoftmaxRow(int32_t label, float* scores, Sums& sums) const;

  const LinearLoss loss_;
  const LearnerSamples& samples_;
  const int64_t columns_;
  const double l2_;
  ThreadPool& pool_;
  const LearnerRun& run_;
  const int tiles_;
  std::vector<float> weights_;              // x in float
  std::vector<float> gradients_;            // [tiles, size of x]
  std::vector<std::vector<float>> scores_;  // of each thread
  std::vector<Sums> sums_;                  // of each tile
  double mean_loss_ = 0;
  double accuracy_ = 0;
};

}  // namespace trainyard::learners
