#include "engine/studies/cost_law.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "engine/studies/distributions.h"

namespace trainyard::studies {
namespace {

constexpr double kSmallest = 1.0 / 30;
constexpr size_t kFewestSizes = 3;
constexpr double kUpperTail = 0.975;

bool Usable(const RunCost& run) {
  return run.samples > 0 && run.core_seconds > 0 && std::isfinite(run.core_seconds);
}

size_t CountSizes(const std::vector<RunCost>& runs) {
  std::set<double> sizes;
  for (const RunCost& run : runs) sizes.insert(run.samples);
  return sizes.size();
}

std::vector<RunCost> LargeRuns(const std::vector<RunCost>& runs) {
  std::vector<RunCost> usable;
  std::copy_if(runs.begin(), runs.end(), std::back_inserter(usable), Usable);
  double largest = 0;
  for (const RunCost& run : usable) largest = std::max(largest, run.samples);
  std::vector<RunCost> large;
  for (const RunCost& run : usable)
    if (run.samples >= kSmallest * largest) large.push_back(run);
  return CountSizes(large) >= kFewestSizes ? large : usable;
}

bool DifferInParameters(const std::vector<RunCost>& runs) {
  return std::any_of(runs.begin(), runs.end(),
                     [&](const RunCost& run) { return run.parameters != runs[0].parameters; }) &&
         std::all_of(runs.begin(), runs.end(),
                     [](const RunCost& run) { return run.parameters > 0; });
}

}  // namespace

absl::StatusOr<Estimate> PredictCost(const std::vector<RunCost>& runs, double samples,
                                     double parameters) {
  const std::vector<RunCost> used = LargeRuns(runs);
  const bool both = !used.empty() && parameters > 0 && DifferInParameters(used);
  const Eigen::Index columns = both ? 3 : 2;
  const auto rows = static_cast<Eigen::Index>(used.size());
  if (CountSizes(used) < kFewestSizes || rows <= columns) {
    return absl::FailedPreconditionError(
        absl::StrCat("the cost of ", used.size(), " points is known; a power law takes ",
                     kFewestSizes, " sizes and more points than coefficients"));
  }
  Eigen::MatrixXd design(rows, columns);
  Eigen::VectorXd logs(rows);
  for (Eigen::Index i = 0; i < rows; ++i) {
    const RunCost& run = used[static_cast<size_t>(i)];
    design(i, 0) = 1;
    design(i, 1) = std::log(run.samples);
    if (both) design(i, 2) = std::log(run.parameters);
    logs[i] = std::log(run.core_seconds);
  }
  const Eigen::MatrixXd inverse = (design.transpose() * design).inverse();
  const Eigen::VectorXd law = inverse * (design.transpose() * logs);
  const auto freedom = static_cast<double>(rows - columns);
  const double variance = (logs - design * law).squaredNorm() / freedom;
  Eigen::VectorXd at(columns);
  at[0] = 1;
  at[1] = std::log(samples);
  if (both) at[2] = std::log(parameters);
  const double center = at.dot(law);
  const double reach =
      StudentQuantile(kUpperTail, freedom) * std::sqrt(variance * (1 + at.dot(inverse * at)));
  return Estimate{std::exp(center), {std::exp(center - reach), std::exp(center + reach)}};
}

}  // namespace trainyard::studies
