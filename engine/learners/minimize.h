// Minimises a smooth convex function, plus the weighted l1 norm of its variables where that is
// asked for: L-BFGS (Liu and Nocedal 1989), and OWL-QN (Andrew and Gao 2007) for the norm. One
// thread; the function may use others.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"

namespace trainyard::learners {

struct MinimizeOptions {
  // Ends where no partial derivative (of the least subgradient) is larger, or where ten iterations
  // made the value smaller by less than a tenth of it, relatively: with float sums, the derivatives
  // of badly scaled variables never get there.
  double tolerance = 1e-4;
  int64_t max_iterations = 1000;
  // Empty, or the weight of |x[i]| in the sum, [size].
  std::vector<double> l1;
};

struct MinimizeResult {
  double value = 0;
  int64_t iterations = 0;
  double largest_derivative = 0;
  bool converged = false;
};

// Value at x; writes the gradient, [size]. A value that is not finite is a step too far.
using SmoothFunction =
    std::function<double(const std::vector<double>& x, std::vector<double>& gradient)>;
// After each iteration, with its number and the value with the norm; false stops.
using MinimizeStep = std::function<bool(int64_t iteration, double value)>;

// From x, which ends at the minimum. CANCELLED where `step` stops it, FAILED_PRECONDITION where the
// function is not finite at the start.
absl::StatusOr<MinimizeResult> Minimize(const SmoothFunction& function, std::vector<double>& x,
                                        const MinimizeOptions& options, const MinimizeStep& step);

// Doubles that Minimize keeps for each variable.
constexpr int64_t kMinimizeVectors = 26;

}  // namespace trainyard::learners
