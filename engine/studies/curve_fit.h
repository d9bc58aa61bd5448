// A law fitted to a learning curve: noise of the seeds and of the test part as weights, outlying
// runs and sizes held down (Huber), and the likelihood region of fit.h for every question about it.
//
//   const CurveFit fit = FitCurve(curve, LawKind::kPower);
//   fit.law.Exponent();  fit.law.Asymptote();  fit.MeanAt(1e6);
#pragma once

#include "engine/studies/curve.h"
#include "engine/studies/fit.h"
#include "engine/studies/noise.h"

namespace trainyard::studies {

struct CurveFit {
  LearningCurve curve;  // without outlying runs
  Noise noise;
  LawFit law;
  // Before sizes far from the law were given less weight: whether the law is one of this curve.
  double lack_of_fit = 1;     // P(such a misfit or more), were the law true
  double discrepancy = 0;     // see DiscrepantFit
  double worst_residual = 0;  // largest |log(mean / law)|

  // The law at a size, over all subsets, seeds and test parts.
  Estimate MeanAt(double size, double level = 0.95) const;
};

// Of a curve with at least one point; not the joint law.
CurveFit FitCurve(const LearningCurve& curve, LawKind kind);

// What FitCurve fits to: the means, with the covariance of `noise` and of the test part.
Observations ObservationsOf(const LearningCurve& curve, const Noise& noise);
// The same where errors are believed to be `levels`: a handful of errors on the test part is no
// measure of its own doubt.
Observations ObservationsOf(const LearningCurve& curve, const Noise& noise,
                            const Eigen::VectorXd& levels);

}  // namespace trainyard::studies
