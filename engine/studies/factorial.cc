#include "engine/studies/factorial.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/studies/distributions.h"

namespace trainyard::studies {
namespace {

constexpr size_t kMostFactors = 8;

std::string Name(const std::vector<std::string>& factors, uint32_t chosen) {
  std::string name;
  for (size_t i = 0; i < factors.size(); ++i) {
    if (chosen >> i & 1) absl::StrAppend(&name, name.empty() ? "" : " x ", factors[i]);
  }
  return name.empty() ? "none" : name;
}

// The responses by cell: one row for each seed where seeds are shared, else one of means.
class Cells {
 public:
  static absl::StatusOr<Cells> Make(const std::vector<std::string>& factors,
                                    const std::vector<FactorialRun>& runs,
                                    const Eigen::MatrixXd& shared);

  // Of a sum of cells with these weights.
  Estimate Contrast(const Eigen::VectorXd& weights, double* p_value) const;
  void Describe(Factorial& result) const;

 private:
  absl::Status Block(const std::map<uint64_t, std::map<uint32_t, std::pair<double, int>>>& seeds);
  absl::Status Pool(const std::vector<FactorialRun>& runs, const Eigen::VectorXd& counts);

  Eigen::Index size_ = 0;
  Eigen::MatrixXd rows_;    // [seeds or 1][cells]
  Eigen::MatrixXd shared_;  // [cells][cells]
  Eigen::VectorXd counts_;  // of runs; used where they are pooled
  double variance_ = 0;     // of a run about its cell
  double freedom_ = 0;
  bool blocked_ = false;
  int left_out_ = 0;
};

absl::StatusOr<Cells> Cells::Make(const std::vector<std::string>& factors,
                                  const std::vector<FactorialRun>& runs,
                                  const Eigen::MatrixXd& shared) {
  Cells cells;
  cells.size_ = Eigen::Index{1} << factors.size();
  cells.shared_ = shared.size() > 0 ? shared : Eigen::MatrixXd::Zero(cells.size_, cells.size_);
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(cells.size_);
  std::map<uint64_t, std::map<uint32_t, std::pair<double, int>>> seeds;
  bool any_shared = false;
  for (const FactorialRun& run : runs) {
    auto& [sum, count] = seeds[run.seed][run.factors];
    sum += run.response;
    ++count;
    counts[run.factors] += 1;
    any_shared = any_shared || seeds[run.seed].size() > 1;
  }
  for (Eigen::Index cell = 0; cell < cells.size_; ++cell) {
    if (counts[cell] > 0) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("no run that ended well with ", Name(factors, static_cast<uint32_t>(cell)),
                     " on and the other factors off: no effect can be told from the rest"));
  }
  RETURN_IF_ERROR(any_shared ? cells.Block(seeds) : cells.Pool(runs, counts));
  return cells;
}

absl::Status Cells::Block(
    const std::map<uint64_t, std::map<uint32_t, std::pair<double, int>>>& seeds) {
  blocked_ = true;
  std::vector<Eigen::RowVectorXd> whole;
  for (const auto& [seed, cells] : seeds) {
    if (static_cast<Eigen::Index>(cells.size()) < size_) {
      ++left_out_;
      continue;
    }
    Eigen::RowVectorXd row(size_);
    for (const auto& [cell, run] : cells) row[cell] = run.first / run.second;
    whole.push_back(std::move(row));
  }
  if (whole.size() < 2) {
    return absl::FailedPreconditionError(
        absl::StrCat("insufficient data: ", whole.size(), " of ", seeds.size(),
                     " seeds have a run that ended well for every setting of the factors; it takes "
                     "two"));
  }
  const auto count = static_cast<Eigen::Index>(whole.size());
  rows_.resize(count, size_);
  for (Eigen::Index i = 0; i < count; ++i) rows_.row(i) = whole[static_cast<size_t>(i)];
  freedom_ = static_cast<double>(count - 1);
  const Eigen::MatrixXd residuals = ((rows_.rowwise() - rows_.colwise().mean()).colwise() -
                                     (rows_.rowwise().mean().array() - rows_.mean()).matrix());
  variance_ = residuals.squaredNorm() /
              (freedom_ * static_cast<double>(std::max<Eigen::Index>(1, size_ - 1)));
  return absl::OkStatus();
}

absl::Status Cells::Pool(const std::vector<FactorialRun>& runs, const Eigen::VectorXd& counts) {
  counts_ = counts;
  rows_ = Eigen::MatrixXd::Zero(1, size_);
  for (const FactorialRun& run : runs) rows_(0, run.factors) += run.response / counts[run.factors];
  freedom_ = static_cast<double>(runs.size()) - static_cast<double>(size_);
  if (freedom_ < 1) {
    return absl::FailedPreconditionError(
        "insufficient data: no factor setting was run with two seeds, so that noise is unknown");
  }
  for (const FactorialRun& run : runs) {
    const double residual = run.response - rows_(0, run.factors);
    variance_ += residual * residual / freedom_;
  }
  return absl::OkStatus();
}

Estimate Cells::Contrast(const Eigen::VectorXd& weights, double* p_value) const {
  const Eigen::VectorXd values = rows_ * weights;
  const double value = values.mean();
  double squared = 0;  // of the standard error, from the seeds
  if (blocked_) {
    squared = (values.array() - value).square().sum() / freedom_ / (freedom_ + 1);
  } else {
    squared = variance_ * (weights.array().square() / counts_.array()).sum();
  }
  const double shared = weights.dot(shared_ * weights);
  const double error = std::sqrt(squared + shared);
  // Welch and Satterthwaite: what is shared is known, and has no degrees of freedom to lose.
  const double freedom = squared > 0 ? freedom_ * std::pow((squared + shared) / squared, 2)
                                     : std::numeric_limits<double>::infinity();
  const double reach = error > 0 ? StudentQuantile(0.975, freedom) * error : 0;
  *p_value = error > 0 ? 2 * StudentCdf(-std::abs(value / error), freedom) : value == 0 ? 1 : 0;
  return {value, {value - reach, value + reach}};
}

void Cells::Describe(Factorial& result) const {
  result.deviation = std::sqrt(variance_);
  result.freedom = freedom_;
  result.blocked = blocked_;
  result.seeds = blocked_ ? static_cast<int>(rows_.rows()) : static_cast<int>(counts_.sum());
  result.seeds_left_out = left_out_;
}

}  // namespace

absl::StatusOr<Factorial> AnalyseFactorial(const std::vector<std::string>& factors,
                                           const std::vector<FactorialRun>& runs,
                                           const Eigen::MatrixXd& shared_covariance) {
  if (factors.empty() || factors.size() > kMostFactors) {
    return absl::InvalidArgumentError(
        absl::StrCat(factors.size(), " factors; it takes 1 to ", kMostFactors));
  }
  const uint32_t size = uint32_t{1} << factors.size();
  std::vector<FactorialRun> finite;
  for (const FactorialRun& run : runs) {
    if (run.factors >= size) {
      return absl::InvalidArgumentError(
          absl::StrCat("a run with factors ", run.factors, " of ", factors.size()));
    }
    // A failed run is left out; its cell says so if it was the only one.
    if (std::isfinite(run.response)) finite.push_back(run);
  }
  ASSIGN_OR_RETURN(const Cells cells, Cells::Make(factors, finite, shared_covariance));
  const auto effect = [&](uint32_t chosen, const Eigen::VectorXd& weights) {
    Effect made{chosen, Name(factors, chosen), {}, 1};
    made.estimate = cells.Contrast(weights, &made.p_value);
    return made;
  };
  Factorial result;
  result.factors = static_cast<int>(factors.size());
  cells.Describe(result);
  for (uint32_t chosen = 1; chosen < size; ++chosen) {
    Eigen::VectorXd weights(size);
    for (uint32_t cell = 0; cell < size; ++cell)
      weights[cell] = (std::popcount(chosen & ~cell) % 2 == 1 ? -2.0 : 2.0) / size;
    result.effects.push_back(effect(chosen, weights));
  }
  std::stable_sort(result.effects.begin(), result.effects.end(),
                   [](const Effect& a, const Effect& b) {
                     return std::popcount(a.factors) < std::popcount(b.factors);
                   });
  const Eigen::MatrixXd unit = Eigen::MatrixXd::Identity(size, size);
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(size);
  for (size_t i = 0; i < factors.size(); ++i) {
    const uint32_t cell = uint32_t{1} << i;
    result.alone.push_back(effect(cell, unit.col(cell) - unit.col(0)));
    result.over_alone.push_back(effect(cell, unit.col(size - 1) - unit.col(cell)));
    sum += unit.col(cell) - unit.col(0);
  }
  result.together = effect(size - 1, unit.col(size - 1) - unit.col(0));
  result.sum_alone = effect(size - 1, sum);
  result.beyond_sum = effect(size - 1, unit.col(size - 1) - unit.col(0) - sum);
  return result;
}

}  // namespace trainyard::studies
