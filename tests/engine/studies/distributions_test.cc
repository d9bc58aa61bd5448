#include "engine/studies/distributions.h"

#include <gtest/gtest.h>

#include <cmath>

namespace trainyard::studies {
namespace {

// Textbook tables.
TEST(DistributionsTest, NormalAgreesWithTables) {
  EXPECT_NEAR(NormalQuantile(0.975), 1.959963984540054, 1e-12);
  EXPECT_NEAR(NormalQuantile(1e-10), -6.361340902404056, 1e-9);
  EXPECT_NEAR(NormalCdf(1), 0.8413447460685429, 1e-15);
  EXPECT_NEAR(NormalDensity(0), 0.3989422804014327, 1e-15);
  EXPECT_TRUE(std::isinf(NormalQuantile(0)));
}

TEST(DistributionsTest, StudentAgreesWithTables) {
  EXPECT_NEAR(StudentQuantile(0.975, 1), 12.706204736, 1e-8);
  EXPECT_NEAR(StudentQuantile(0.975, 4), 2.7764451052, 1e-9);
  EXPECT_NEAR(StudentQuantile(0.95, 30), 1.6972608866, 1e-9);
  EXPECT_NEAR(StudentQuantile(0.025, 4), -2.7764451052, 1e-9);
  EXPECT_NEAR(StudentQuantile(0.975, INFINITY), 1.959963984540054, 1e-12);
  EXPECT_NEAR(StudentCdf(0, 3), 0.5, 1e-15);
  // One degree of freedom is Cauchy's distribution.
  EXPECT_NEAR(StudentCdf(2, 1), 0.5 + std::atan(2.0) / M_PI, 1e-12);
}

TEST(DistributionsTest, FisherAgreesWithTables) {
  EXPECT_NEAR(FisherTail(4.10282101513, 2, 10), 0.05, 1e-9);
  EXPECT_NEAR(FisherTail(1, 5, 5), 0.5, 1e-12);
  EXPECT_EQ(FisherTail(0, 2, 10), 1);
  // Of an infinite denominator: chi-squared, whose tail at 2 degrees of freedom is exp(-x/2).
  EXPECT_NEAR(FisherTail(3, 2, INFINITY), std::exp(-3.0), 1e-6);
}

TEST(DistributionsTest, BetaOfWholeNumbersIsABinomialTail) {
  // I_p(2, 3) = P(at least 2 of 4).
  const double p = 0.3;
  const double tail = 1 - std::pow(1 - p, 4) - 4 * p * std::pow(1 - p, 3);
  EXPECT_NEAR(IncompleteBeta(2, 3, p), tail, 1e-14);
  EXPECT_NEAR(BetaQuantile(tail, 2, 3), p, 1e-12);
}

TEST(DistributionsTest, DerivativesOfLogGamma) {
  EXPECT_NEAR(Digamma(1), -0.5772156649015329, 1e-12);
  EXPECT_NEAR(Digamma(0.5), -1.9635100260214235, 1e-12);
  EXPECT_NEAR(Trigamma(1), M_PI * M_PI / 6, 1e-10);
  EXPECT_NEAR(Trigamma(0.5), M_PI * M_PI / 2, 1e-10);
}

}  // namespace
}  // namespace trainyard::studies
