#include "engine/transforms/principal.h"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>

#include "engine/base/philox.h"
#include "engine/base/status.h"
#include "engine/tensor/onednn.h"
#include "engine/transforms/sample_blocks.h"

namespace trainyard {
namespace {

using Eigen::MatrixXd;
using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Sums within a block of samples are floats, over blocks doubles.
constexpr int64_t kFeaturesPerTile = 64;
// Of subspace iteration: directions beside those that are asked for, and rounds. A round multiplies
// the error of a direction by the ratio of the variance beyond the subspace to its own.
constexpr int64_t kExtraDirections = 16;
constexpr int kRounds = 8;

std::vector<double> MeanOf(const FittingSamples& samples) {
  SampleBlocks blocks(samples);
  const int64_t features = blocks.features();
  std::vector<double> mean(static_cast<size_t>(features));
  blocks.ForEach([&](const float* values, int64_t count) {
    samples.Run(TilesOf(features, kFeaturesPerTile), [&](int tile) {
      const int64_t end = std::min(features, (tile + 1) * kFeaturesPerTile);
      for (int64_t i = 0; i < count; ++i) {
        for (int64_t f = tile * kFeaturesPerTile; f < end; ++f) mean[f] += values[i * features + f];
      }
    });
  });
  for (double& value : mean) value /= static_cast<double>(samples.count);
  return mean;
}

// Of the upper triangle only, which is all that is used.
MatrixXd CovarianceOf(const FittingSamples& samples, SampleBlocks& blocks) {
  const int64_t features = blocks.features();
  MatrixXd covariance = MatrixXd::Zero(features, features);
  blocks.ForEach([&](const float* values, int64_t count) {
    samples.Run(TilesOf(features, kFeaturesPerTile), [&](int tile) {
      const int64_t first = tile * kFeaturesPerTile;
      const int64_t rows = std::min(kFeaturesPerTile, features - first);
      RowMajor product(rows, features - first);
      onednn::Gemm(rows, features - first, count, 1, {values + first, features, true},
                   {values + first, features, false}, 0, product.data(), features - first);
      // Eigen keeps columns together: the transpose goes to the lower triangle.
      covariance.block(first, first, features - first, rows) += product.transpose().cast<double>();
    });
  });
  return covariance / static_cast<double>(samples.count);
}

// Largest first, and directions of a fixed sign.
PrincipalComponents Sorted(const Eigen::VectorXd& variances, const MatrixXd& directions,
                           int64_t components) {
  PrincipalComponents found;
  for (int64_t c = 0; c < components; ++c) {
    const int64_t column = variances.size() - 1 - c;  // Eigen's order is ascending
    found.variance.push_back(std::max(0.0, variances[column]));
    Eigen::Index largest = 0;
    directions.col(column).cwiseAbs().maxCoeff(&largest);
    const double sign = directions(largest, column) < 0 ? -1 : 1;
    for (int64_t f = 0; f < directions.rows(); ++f)
      found.directions.push_back(sign * directions(f, column));
  }
  return found;
}

absl::Status TooLarge() {
  return absl::InvalidArgumentError(
      "values are so large that their squares are no numbers; put {type: standardize} before pca");
}

absl::StatusOr<PrincipalComponents> Exact(const FittingSamples& samples, SampleBlocks& blocks,
                                          int64_t components) {
  const MatrixXd covariance = CovarianceOf(samples, blocks);
  if (!covariance.allFinite()) return TooLarge();
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(covariance);
  if (solver.info() != Eigen::Success)
    return absl::InternalError("the eigenvectors of the covariance matrix were not found");
  return Sorted(solver.eigenvalues(), solver.eigenvectors(), components);
}

// Subspace iteration. The basis is [features, width].
class Subspace {
 public:
  Subspace(const FittingSamples& samples, SampleBlocks& blocks, int64_t width)
      : samples_(samples), blocks_(blocks), width_(width), basis_(blocks.features(), width) {
    const RandomStream stream(0, RandomPurpose::kInitialization);
    for (int64_t i = 0; i < basis_.size(); ++i)
      basis_.data()[i] = 2 * stream.Uniform(0, static_cast<uint64_t>(i)) - 1;
    projected_.resize(
        static_cast<size_t>(std::min(SampleBlocks::kMostSamples, samples.count) * width));
  }

  // The basis becomes one of covariance * basis.
  absl::Status Turn() {
    RowMajor product = RowMajor::Zero(basis_.rows(), width_);
    blocks_.ForEach([&](const float* values, int64_t count) {
      Project(values, count);
      samples_.Run(TilesOf(basis_.rows(), kFeaturesPerTile), [&](int tile) {
        const int64_t first = tile * kFeaturesPerTile;
        const int64_t rows = std::min<int64_t>(kFeaturesPerTile, basis_.rows() - first);
        onednn::Gemm(rows, width_, count, 1, {values + first, basis_.rows(), true},
                     {projected_.data(), width_, false}, 1, product.data() + first * width_,
                     width_);
      });
    });
    if (!product.allFinite()) return TooLarge();
    const MatrixXd exact = product.cast<double>();
    const MatrixXd orthogonal = Eigen::HouseholderQR<MatrixXd>(exact).householderQ() *
                                MatrixXd::Identity(basis_.rows(), width_);
    basis_ = orthogonal.cast<float>();
    return absl::OkStatus();
  }

  // Covariance as the basis sees it, [width, width].
  MatrixXd Covariance() {
    MatrixXd sum = MatrixXd::Zero(width_, width_);
    blocks_.ForEach([&](const float* values, int64_t count) {
      Project(values, count);
      RowMajor product(width_, width_);
      onednn::Gemm(width_, width_, count, 1, {projected_.data(), width_, true},
                   {projected_.data(), width_, false}, 0, product.data(), width_);
      sum += product.cast<double>();
    });
    return sum / static_cast<double>(samples_.count);
  }
  const RowMajor& basis() const { return basis_; }

 private:
  void Project(const float* values, int64_t count) {
    samples_.Run(TilesOf(count, SampleBlocks::kSamplesPerTile), [&](int tile) {
      const int64_t first = tile * SampleBlocks::kSamplesPerTile;
      onednn::Gemm(std::min(SampleBlocks::kSamplesPerTile, count - first), width_, basis_.rows(), 1,
                   {values + first * basis_.rows(), basis_.rows(), false},
                   {basis_.data(), width_, false}, 0, projected_.data() + first * width_, width_);
    });
  }

  const FittingSamples& samples_;
  SampleBlocks& blocks_;
  const int64_t width_;
  RowMajor basis_;
  std::vector<float> projected_;  // [block, width]
};

absl::StatusOr<PrincipalComponents> Iterative(const FittingSamples& samples, SampleBlocks& blocks,
                                              int64_t components) {
  Subspace subspace(samples, blocks, std::min(components + kExtraDirections, blocks.features()));
  for (int round = 0; round < kRounds; ++round) RETURN_IF_ERROR(subspace.Turn());
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(subspace.Covariance());
  if (solver.info() != Eigen::Success)
    return absl::InternalError("the eigenvectors within the subspace were not found");
  const MatrixXd directions = subspace.basis().cast<double>() * solver.eigenvectors();
  return Sorted(solver.eigenvalues(), directions, components);
}

}  // namespace

absl::StatusOr<PrincipalComponents> FindPrincipalComponents(const FittingSamples& samples,
                                                            int64_t components) {
  std::vector<double> mean = MeanOf(samples);
  SampleBlocks blocks(samples, mean);
  ASSIGN_OR_RETURN(PrincipalComponents found, blocks.features() <= kMostFeaturesOfCovariance
                                                  ? Exact(samples, blocks, components)
                                                  : Iterative(samples, blocks, components));
  found.mean = std::move(mean);
  return found;
}

}  // namespace trainyard
