// The laws that error follows as data and models grow.
#pragma once

#include <array>
#include <string>

namespace trainyard::studies {

enum class LawKind {
  kConstant,     // E
  kLogarithmic,  // a - b log n (Sun et al. 2017)
  kPower,        // E + A n^-b (Hestness et al. 2017)
  kJoint,        // E + A N^-a + B n^-b (Hoffmann et al. 2022), N parameters
};

// "E + A n^-b".
std::string LawFormula(LawKind kind);
// "power law E + A n^-b".
std::string LawName(LawKind kind);
int Coefficients(LawKind kind);
int Exponents(LawKind kind);

struct Law {
  LawKind kind = LawKind::kConstant;
  // {E}, {a, b}, {E, A}, {E, A, B}; none is negative.
  std::array<double, 3> coefficients = {};
  // {}, {}, {b}, {a, b}.
  std::array<double, 2> exponents = {};

  // At n samples and, for the joint law, N parameters; either may be infinite.
  double At(double samples, double parameters = 1) const;
  // E; minus infinity for the logarithmic law, unless it is flat.
  double Asymptote() const;
  // Share of the error that doubling the samples takes away; 0 where no error is left.
  double ImprovementPerDoubling(double samples) const;
};

// The factor of coefficient `index` in the law: 1, -log n, n^-b, N^-a.
double Basis(LawKind kind, const std::array<double, 2>& exponents, int index, double samples,
             double parameters);

}  // namespace trainyard::studies
