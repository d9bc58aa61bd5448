// Fits a law to mean errors by variable projection: for given exponents the best non-negative
// coefficients are exact (every set of positive ones is tried), so that only one or two exponents
// are searched, over a whole box first and then in ever smaller ones until doubles end. Nothing
// starts from a guess or stops early, and no coefficient is rounded.
//
// What is known of the law is the set of all laws whose misfit is at most so much above the least
// (the likelihood region). The range of any quantity over that set (exponent, asymptote, a
// forecast, an improvement per doubling) is its profile-likelihood interval, however crooked the
// law is in it.
#pragma once

#include <Eigen/Core>
#include <array>
#include <functional>
#include <vector>

#include "engine/studies/laws.h"
#include "engine/studies/verdict.h"

namespace trainyard::studies {

// What a law is fitted to: [count] each.
struct Observations {
  std::vector<double> samples;
  std::vector<double> parameters;  // empty unless the law is joint
  Eigen::VectorXd means;
  Eigen::MatrixXd covariance;  // positive definite
  double freedom = 1;          // degrees of freedom of the covariance's scale

  Eigen::Index count() const { return means.size(); }
};

// The search's box. An interval that reaches its edge is open there.
inline constexpr double kLeastExponent = 0.02;
inline constexpr double kMostExponent = 3;

class LawFit {
 public:
  // At least one observation of finite numbers.
  LawFit(LawKind kind, Observations observations);

  const Law& law() const { return law_; }
  const Observations& observations() const { return observations_; }
  // Squared residuals in units of their covariance: chi-squared of residual_freedom() degrees where
  // the law is true.
  double misfit() const { return misfit_; }
  double residual_freedom() const;
  // P(such a misfit or more), were the law true.
  double LackOfFit() const;

  // The likelihood region at a confidence level for one quantity, the best law first.
  std::vector<Law> Region(double level = 0.95) const;
  // The same where the rise of the misfit is given, in squared standard errors.
  std::vector<Law> RegionWithin(double rise) const;
  // Range of a quantity over the region.
  Estimate Profile(const std::function<double(const Law&)>& quantity, double level = 0.95) const;
  // Of exponent `index`, and of E; open ends are 0 and infinity.
  Estimate Exponent(int index = 0, double level = 0.95) const;
  Estimate Asymptote(double level = 0.95) const;

  // How many standard errors away an interval of this level ends: Student's t, wider by the lack of
  // fit where that is beyond chance.
  double Reach(double level) const;

 private:
  struct Box {
    std::array<double, 2> low, high;
  };
  struct Extent {
    Box box;
    std::vector<std::array<double, 2>> utmost;
  };
  // Misfit as a function of the coefficients: total - 2 h'c + c'Gc.
  struct Quadratic {
    Eigen::Matrix3d gram = Eigen::Matrix3d::Zero();
    Eigen::Vector3d slope = Eigen::Vector3d::Zero();
  };

  Quadratic Project(const std::array<double, 2>& exponents) const;
  double Best(const Quadratic& quadratic, Eigen::Vector3d* coefficients) const;
  double BestAt(const std::array<double, 2>& exponents) const;
  Law LawOf(const std::array<double, 2>& exponents, const Eigen::Vector3d& coefficients) const;
  void Visit(const Box& box, int steps, bool logarithmic,
             const std::function<void(const std::array<double, 2>&)>& visit) const;
  void Search();
  Extent Bound(double most) const;
  void AddSurface(const std::array<double, 2>& exponents, double most,
                  std::vector<Law>& laws) const;

  LawKind kind_;
  Observations observations_;
  Eigen::MatrixXd whiten_;    // of the covariance
  Eigen::VectorXd whitened_;  // means
  double total_ = 0;          // squares of them
  // Sizes are taken relative to their geometric means, which keeps the columns apart.
  double samples_scale_ = 1;
  double parameters_scale_ = 1;
  Law law_;
  std::array<double, 2> exponents_ = {};
  double misfit_ = 0;
};

}  // namespace trainyard::studies
