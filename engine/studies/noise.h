// How far the mean errors of a curve may be from the truth: the covariance that fits weigh by.
//
// With three to five seeds the variance of one size alone is mostly noise (its 95 % range spans a
// factor of 70 at three seeds), and weights by it are worse than none. So variances are shrunk
// towards a trend over the sizes, by as much as their own scatter says (Smyth 2004, "Linear models
// and empirical Bayes methods", the method of limma). Seeds that occur at several sizes (nested
// subsets, the same initialisation) correlate them; so does the test part, which every run is
// judged on.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "engine/studies/curve.h"

namespace trainyard::studies {

struct Noise {
  // Of one unit (see CurvePoint) at each point, shrunk.
  std::vector<double> unit_variances;
  // Between two sizes, of units of one seed; 0 unless seen beyond chance.
  double correlation = 0;
  // Degrees of freedom of the variances, all sizes together, and what weights leave of them.
  double variance_freedom = 0;
  double freedom = 0;
  // Covariance of the points' means, from the seeds alone.
  Eigen::MatrixXd mean_covariance;

  // The trend: variance of a unit, and of a single run, at a size where the error is `level`.
  double UnitVarianceAt(double size, double level) const;
  double RunVarianceAt(double size, double level) const;

  double log_relative_variance = 0;  // at log size `center`
  double slope = 0;                  // of it, per log size
  double center = 0;
  double least_level = 0;  // of an error, below which its noise does not shrink
  double run_to_unit = 1;  // variance of a run over that of a unit
};

// Of a curve with at least one point.
Noise EstimateNoise(const LearningCurve& curve);
// Of several models' curves, whose variances are shrunk towards one trend: relative to the error,
// noise is of one kind in a ladder of models, and where it is not their scatter says so.
std::vector<Noise> EstimateNoise(const std::vector<LearningCurve>& curves);

// What the choice of `test_samples` test samples adds to the covariance of errors `means`: a sample
// that a better model gets wrong is one that a worse model gets wrong, so that errors are points of
// one empirical distribution function (a Brownian bridge).
Eigen::MatrixXd TestPartCovariance(const Eigen::VectorXd& means, double test_samples);

// The same curve with runs far from the median of their size, in logarithms, brought back to the
// edge of what the scatter at all sizes allows (Huber's pseudo-values); says so in its notes. Needs
// three runs at a size to judge one.
LearningCurve Winsorized(const LearningCurve& curve);

}  // namespace trainyard::studies
