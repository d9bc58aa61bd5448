// Error as a function of both the model's parameters N and the training samples n:
// L = E + A/N^a + B/n^b (Hoffmann et al. 2022), and what it says of a user's own point.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/studies/curve.h"
#include "engine/studies/fit.h"
#include "engine/studies/guards.h"
#include "engine/studies/verdict.h"

namespace trainyard::studies {

// The learning curve of a model of `parameters` parameters.
struct ModelCurve {
  double parameters = 0;
  LearningCurve curve;
};

struct JointFit {
  LawFit law;
  // Run-to-run variance relative to the squared error: a mean over the cells.
  double relative_variance = 0;
  double test_samples = 0;    // see LearningCurve
  double lack_of_fit = 1;     // P(such a misfit or more by noise), were the law true
  double discrepancy = 0;     // see DiscrepantFit
  double worst_residual = 0;  // largest |log(mean / law)|
};

// What a joint fit takes beside Guards for its n axis.
struct JointGuards {
  Guards curve;
  int models = 3;        // different N
  double decades = 0.9;  // of N
};

// FAILED_PRECONDITION, with the reason as its message, where there is not enough; INVALID_ARGUMENT
// for parameters that are not above 0 and at most 1e15, and for more than 400 cells.
absl::StatusOr<JointFit> FitJoint(const std::vector<ModelCurve>& curves,
                                  const JointGuards& guards = {});

enum class Limit { kData, kModel, kNoise, kUndecided };
// "data-limited", ...
std::string LimitName(Limit limit);

struct LimitVerdict {
  Limit limit = Limit::kUndecided;
  // kHolds where one of the three shares is surely the largest.
  Finding finding;
  // Shares of the predicted error: B/n^b, A/N^a, E. They add up to 1.
  Estimate data, model, noise;
};

// What the error at a user's (N, n) is made of, and so what would lower it.
LimitVerdict JudgeLimits(const JointFit& fit, double samples, double parameters);
// The same where many points are asked about: `region` is fit.law.Region(), which takes long.
LimitVerdict JudgeLimits(const JointFit& fit, const std::vector<Law>& region, double samples,
                         double parameters);

}  // namespace trainyard::studies
