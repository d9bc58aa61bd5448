// What a law misses beyond noise. Where a law is not true, the covariance of noise is the wrong
// price of a miss: the test part's noise is common to all points, so that a shift of all of them
// costs next to nothing while their differences cost much, and the best law by that price lies
// beside nearly all points (the puzzle of Peelle 1987). Used by FitCurve and FitJoint; pure
// functions.
#pragma once

#include <Eigen/Core>

#include "engine/studies/fit.h"

namespace trainyard::studies {

// log(mean / law) at each point; errors below `least_level` count as it.
Eigen::VectorXd LogResiduals(const LawFit& fit, double least_level);

struct DiscrepantFit {
  LawFit law;
  // A standard deviation, relative to the law; 0 where noise explains all.
  double discrepancy = 0;
};

// `fit` itself where its lack of fit may be chance. Otherwise its law anew, as if every point
// missed it by a deviation of its own: the least that makes the misfit what its freedom expects
// (Paule and Mandel 1982). It goes through the middle of the points, and its region holds what it
// misses.
DiscrepantFit AllowDiscrepancy(LawFit fit, double least_level);

// The same law where points beyond 2.5 standard errors count by their distance and not by its
// square (Huber). Their own variances are widened, not what they share with others.
LawFit HoldOutliers(LawFit fit, double least_level);

}  // namespace trainyard::studies
