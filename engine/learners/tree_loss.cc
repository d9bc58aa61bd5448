#include "engine/learners/tree_loss.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace trainyard::learners {
namespace {

constexpr int kTiles = 64;
constexpr int kExactBits = 52;
// A curvature of 0 would let a leaf's value grow without bound.
constexpr float kLeastCurvature = 0x1p-24f;

int64_t TileBegin(int64_t count, int tile) { return count * tile / kTiles; }

// The spacing at which the sum of `count` numbers up to 2^exponent is exact in double.
double Grid(int64_t count, int exponent) {
  int bits = 0;
  while ((int64_t{1} << bits) < count) ++bits;
  return std::ldexp(1.0, exponent + bits - kExactBits);
}

float ToGrid(double value, double grid) {
  return static_cast<float>(std::nearbyint(value / grid) * grid);
}

// Probabilities of one row.
double LogSum(const float* outputs, int64_t columns, double& largest) {
  largest = *std::max_element(outputs, outputs + columns);
  double sum = 0;
  for (int64_t i = 0; i < columns; ++i) sum += std::exp(outputs[i] - largest);
  return std::log(sum);
}

double Logistic(double x) { return 1 / (1 + std::exp(-x)); }

struct Sums {
  double loss = 0;
  int64_t right = 0;
};

void AddRow(const LearnerSamples& samples, const DataInfo& info, const float* outputs,
            int64_t sample, int64_t columns, Sums& sums) {
  if (info.task == Task::kRegression) {
    for (int64_t i = 0; i < columns; ++i) {
      const double error = outputs[i] - samples.targets[sample * columns + i];
      sums.loss += error * error / static_cast<double>(columns);
    }
    return;
  }
  const int32_t label = samples.labels[sample];
  if (columns == 1) {
    const double margin = label == 1 ? outputs[0] : -outputs[0];
    sums.loss += std::log1p(std::exp(-std::abs(margin))) + std::max(0.0, -margin);
    sums.right += (outputs[0] > 0) == (label == 1);
    return;
  }
  double largest = 0;
  const double log_sum = LogSum(outputs, columns, largest);
  sums.loss += log_sum + largest - outputs[label];
  sums.right += std::max_element(outputs, outputs + columns) - outputs == label;
}

}  // namespace

int64_t TreeColumns(const DataInfo& info) {
  if (info.task == Task::kRegression) return info.targets;
  return info.classes == 2 ? 1 : info.classes;
}

TreeLoss MeasureOutputs(const LearnerSamples& samples, const DataInfo& info, const float* outputs,
                        ThreadPool& pool) {
  const int64_t columns = TreeColumns(info);
  std::vector<Sums> tiles(kTiles);
  pool.Run(kTiles, [&](int tile, int) {
    Sums sums;
    const int64_t end = TileBegin(samples.count, tile + 1);
    for (int64_t i = TileBegin(samples.count, tile); i < end; ++i)
      AddRow(samples, info, outputs + i * columns, i, columns, sums);
    tiles[static_cast<size_t>(tile)] = sums;
  });
  Sums total;
  for (const Sums& sums : tiles) {
    total.loss += sums.loss;
    total.right += sums.right;
  }
  const double count = static_cast<double>(samples.count);
  const bool classes = info.task == Task::kClassification;
  return {total.loss / count, classes ? static_cast<double>(total.right) / count
                                      : std::numeric_limits<double>::quiet_NaN()};
}

void Derivatives(const LearnerSamples& samples, const DataInfo& info, const float* outputs,
                 int64_t column, ThreadPool& pool, std::vector<float>& gradient,
                 std::vector<float>& curvature) {
  const int64_t columns = TreeColumns(info);
  int exponent = 0;
  if (info.task == Task::kRegression) {
    float largest = 0;
    for (int64_t i = 0; i < samples.count; ++i) {
      const int64_t place = i * columns + column;
      largest = std::max(largest, std::abs(outputs[place] - samples.targets[place]));
    }
    std::frexp(largest, &exponent);
  }
  const double grid = Grid(samples.count, exponent);
  const double curvature_grid = Grid(samples.count, 0);
  pool.Run(kTiles, [&](int tile, int) {
    const int64_t end = TileBegin(samples.count, tile + 1);
    for (int64_t i = TileBegin(samples.count, tile); i < end; ++i) {
      const float* const row = outputs + i * columns;
      if (info.task == Task::kRegression) {
        gradient[i] =
            ToGrid(static_cast<double>(row[column]) - samples.targets[i * columns + column], grid);
        curvature[i] = 1;
        continue;
      }
      double probability = 0;
      if (columns == 1) {
        probability = Logistic(row[0]);
      } else {
        double largest = 0;
        const double log_sum = LogSum(row, columns, largest);
        probability = std::exp(row[column] - largest - log_sum);
      }
      const int32_t right = columns == 1 ? 1 : static_cast<int32_t>(column);
      const double target = samples.labels[i] == right ? 1 : 0;
      // As xgboost takes it for a softmax: twice the diagonal of the Hessian.
      const double scale = columns == 1 ? 1 : 2;
      gradient[i] = ToGrid(probability - target, grid);
      curvature[i] = std::max(kLeastCurvature,
                              ToGrid(scale * probability * (1 - probability), curvature_grid));
    }
  });
}

}  // namespace trainyard::learners
