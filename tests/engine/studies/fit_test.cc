#include "engine/studies/fit.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/studies/distributions.h"
#include "tests/engine/normal.h"

namespace trainyard::studies {
namespace {

// Exact values of a law at these sizes, with a relative deviation of 1 %.
Observations Of(const Law& law, const std::vector<double>& sizes,
                const std::vector<double>& parameters = {}) {
  Observations observed;
  observed.samples = sizes;
  observed.parameters = parameters;
  const auto count = static_cast<Eigen::Index>(sizes.size());
  observed.means.resize(count);
  observed.covariance = Eigen::MatrixXd::Zero(count, count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const auto at = static_cast<size_t>(i);
    observed.means[i] = law.At(sizes[at], parameters.empty() ? 1 : parameters[at]);
    observed.covariance(i, i) = std::pow(0.01 * observed.means[i], 2);
  }
  observed.freedom = 20;
  return observed;
}

const std::vector<double> kSizes = {100, 250, 600, 1500, 4000, 10000, 25000, 60000};

TEST(LawTest, ByHand) {
  const Law power{LawKind::kPower, {0.1, 2, 0}, {0.5, 0}};
  EXPECT_DOUBLE_EQ(power.At(400), 0.2);
  EXPECT_DOUBLE_EQ(power.At(INFINITY), 0.1);
  EXPECT_DOUBLE_EQ(power.Asymptote(), 0.1);
  // From 0.2 to 0.1 + 0.1 / sqrt 2.
  EXPECT_NEAR(power.ImprovementPerDoubling(400), 0.5 * (1 - std::sqrt(0.5)), 1e-15);
  const Law logarithmic{LawKind::kLogarithmic, {0.5, 0.05, 0}, {}};
  EXPECT_NEAR(logarithmic.At(M_E * M_E), 0.4, 1e-15);
  EXPECT_TRUE(std::isinf(logarithmic.Asymptote()));
  const Law joint{LawKind::kJoint, {0.1, 2, 3}, {0.5, 1}};
  EXPECT_DOUBLE_EQ(joint.At(30, 100), 0.1 + 0.2 + 0.1);
  const Law nothing{LawKind::kConstant, {}, {}};
  EXPECT_EQ(nothing.ImprovementPerDoubling(100), 0);
}

TEST(LawFitTest, FindsEveryExactLaw) {
  for (double exponent : {0.05, 0.2, 0.5, 0.8, 1.5}) {
    for (double asymptote : {0.0, 0.05, 0.2}) {
      const Law law{LawKind::kPower, {asymptote, 0.4 * std::pow(100, exponent), 0}, {exponent, 0}};
      const LawFit fit(LawKind::kPower, Of(law, kSizes));
      EXPECT_NEAR(fit.law().exponents[0], exponent, 1e-4 * exponent) << exponent << asymptote;
      EXPECT_NEAR(fit.law().coefficients[0], asymptote, 2e-5) << exponent << asymptote;
      EXPECT_LT(fit.misfit(), 1e-6);
      EXPECT_GT(fit.LackOfFit(), 0.99);
    }
  }
  const Law logarithmic{LawKind::kLogarithmic, {0.8, 0.06, 0}, {}};
  const LawFit fit(LawKind::kLogarithmic, Of(logarithmic, kSizes));
  EXPECT_NEAR(fit.law().coefficients[0], 0.8, 1e-9);
  EXPECT_NEAR(fit.law().coefficients[1], 0.06, 1e-9);
}

TEST(LawFitTest, FindsTheJointLaw) {
  const Law law{LawKind::kJoint, {0.05, 2, 5}, {0.3, 0.5}};
  std::vector<double> samples, parameters;
  for (double n : kSizes) {
    for (double own : {3e3, 1e4, 1e5, 1e6}) {
      samples.push_back(n);
      parameters.push_back(own);
    }
  }
  const LawFit fit(LawKind::kJoint, Of(law, samples, parameters));
  EXPECT_NEAR(fit.law().exponents[0], 0.3, 1e-3);
  EXPECT_NEAR(fit.law().exponents[1], 0.5, 1e-3);
  EXPECT_NEAR(fit.law().coefficients[0], 0.05, 1e-3);
}

// A rising curve would want a negative A: the best law is the constant, its weighted mean.
TEST(LawFitTest, CoefficientsAreNotNegative) {
  Observations observed = Of({LawKind::kConstant, {0.2, 0, 0}, {}}, {100, 200, 400, 800});
  observed.means << 0.1, 0.2, 0.3, 0.4;
  observed.covariance = Eigen::MatrixXd::Identity(4, 4);
  const LawFit fit(LawKind::kPower, observed);
  EXPECT_EQ(fit.law().coefficients[1], 0);
  EXPECT_NEAR(fit.law().coefficients[0], 0.25, 1e-12);
  EXPECT_NEAR(fit.misfit(), 0.05, 1e-12);
}

// Two points of standard errors 1 and 2 and one that shares noise with the second: generalised
// least squares by hand. Inverse covariance of {{1,0},{0,4}}: weights 0.8 and 0.2.
TEST(LawFitTest, WeighsByTheCovariance) {
  Observations observed = Of({LawKind::kConstant, {1, 0, 0}, {}}, {100, 200});
  observed.means << 1, 2;
  observed.covariance << 1, 0, 0, 4;
  EXPECT_NEAR(LawFit(LawKind::kConstant, observed).law().coefficients[0], 1.2, 1e-12);
  // With covariance 1 the first point takes all of the weight: (4 - 1) against (1 - 1).
  observed.covariance << 1, 1, 1, 4;
  EXPECT_NEAR(LawFit(LawKind::kConstant, observed).law().coefficients[0], 1, 1e-12);
}

TEST(LawFitTest, AnIntervalOfAMeanIsStudents) {
  Observations observed = Of({LawKind::kConstant, {1, 0, 0}, {}}, {100, 200, 300, 400});
  observed.means << 1, 1.1, 0.9, 1;
  observed.covariance = 0.04 * Eigen::MatrixXd::Identity(4, 4);
  observed.freedom = 8;
  const Estimate estimate = LawFit(LawKind::kConstant, observed).Asymptote();
  EXPECT_NEAR(estimate.value, 1, 1e-12);
  EXPECT_NEAR(estimate.interval.high, 1 + StudentQuantile(0.975, 8) * 0.1, 1e-9);
  EXPECT_NEAR(estimate.interval.low, 1 - StudentQuantile(0.975, 8) * 0.1, 1e-9);
}

// The definition, slowly: every law of a fine grid whose misfit is low enough.
TEST(LawFitTest, ProfilesAgreeWithTheDefinition) {
  Observations observed = Of({LawKind::kPower, {0.1, 4, 0}, {0.5, 0}}, kSizes);
  const RandomStream stream(3, RandomPurpose::kSynthetic);
  for (Eigen::Index i = 0; i < observed.count(); ++i) {
    observed.means[i] *= 1 + 0.01 * Normal(stream, 0, static_cast<uint64_t>(i));
  }
  const LawFit fit(LawKind::kPower, observed);
  const double most = fit.misfit() + std::pow(StudentQuantile(0.975, 20), 2);
  Interval exponents{9, 0}, asymptotes{9, 0};
  for (double b = 0.4; b < 0.65; b += 0.0005) {
    for (double asymptote = 0.08; asymptote < 0.12; asymptote += 0.0001) {
      // The best A, by least squares.
      double up = 0, down = 0;
      for (Eigen::Index i = 0; i < observed.count(); ++i) {
        const double basis = std::pow(kSizes[static_cast<size_t>(i)], -b);
        up += basis * (observed.means[i] - asymptote) / observed.covariance(i, i);
        down += basis * basis / observed.covariance(i, i);
      }
      double misfit = 0;
      for (Eigen::Index i = 0; i < observed.count(); ++i) {
        const double law = asymptote + up / down * std::pow(kSizes[static_cast<size_t>(i)], -b);
        misfit += std::pow(observed.means[i] - law, 2) / observed.covariance(i, i);
      }
      if (misfit > most) continue;
      exponents = {std::min(exponents.low, b), std::max(exponents.high, b)};
      asymptotes = {std::min(asymptotes.low, asymptote), std::max(asymptotes.high, asymptote)};
    }
  }
  const Interval exponent = fit.Exponent().interval, asymptote = fit.Asymptote().interval;
  EXPECT_NEAR(exponent.low, exponents.low, 0.001);
  EXPECT_NEAR(exponent.high, exponents.high, 0.001);
  EXPECT_NEAR(asymptote.low, asymptotes.low, 0.0004);
  EXPECT_NEAR(asymptote.high, asymptotes.high, 0.0004);
}

TEST(LawFitTest, AFlatCurveHasNoExponent) {
  const LawFit fit(LawKind::kPower, Of({LawKind::kConstant, {0.2, 0, 0}, {}}, kSizes));
  EXPECT_EQ(fit.Exponent().interval.low, 0);
  EXPECT_TRUE(std::isinf(fit.Exponent().interval.high));
  EXPECT_NEAR(fit.law().At(1e6), 0.2, 1e-9);
}

TEST(LawFitTest, ALawThatDoesNotFitIsWider) {
  const Law law{LawKind::kPower, {0.1, 4, 0}, {0.5, 0}};
  const LawFit good(LawKind::kPower, Of(law, kSizes));
  Observations bent = Of(law, kSizes);
  for (Eigen::Index i = 0; i < bent.count(); ++i) bent.means[i] *= i % 2 ? 1.06 : 0.94;
  const LawFit bad(LawKind::kPower, bent);
  EXPECT_LT(bad.LackOfFit(), 0.001);
  EXPECT_GT(bad.Reach(0.95), 3 * good.Reach(0.95));
}

TEST(LawFitTest, OnePointIsAConstant) {
  const LawFit fit(LawKind::kPower, Of({LawKind::kConstant, {0.2, 0, 0}, {}}, {100}));
  EXPECT_NEAR(fit.law().At(100), 0.2, 1e-9);
  EXPECT_EQ(fit.LackOfFit(), 1);
}

}  // namespace
}  // namespace trainyard::studies
