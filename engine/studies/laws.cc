#include "engine/studies/laws.h"

#include <cmath>
#include <limits>

namespace trainyard::studies {

std::string LawFormula(LawKind kind) {
  switch (kind) {
    case LawKind::kConstant:
      return "E";
    case LawKind::kLogarithmic:
      return "a - b log n";
    case LawKind::kPower:
      return "E + A n^-b";
    case LawKind::kJoint:
      return "E + A N^-a + B n^-b";
  }
  return "";
}

std::string LawName(LawKind kind) {
  switch (kind) {
    case LawKind::kConstant:
      return "constant";
    case LawKind::kLogarithmic:
      return "logarithmic law " + LawFormula(kind);
    case LawKind::kPower:
      return "power law " + LawFormula(kind);
    case LawKind::kJoint:
      return "joint law " + LawFormula(kind);
  }
  return "";
}

int Coefficients(LawKind kind) {
  return kind == LawKind::kConstant ? 1 : kind == LawKind::kJoint ? 3 : 2;
}

int Exponents(LawKind kind) {
  return kind == LawKind::kPower ? 1 : kind == LawKind::kJoint ? 2 : 0;
}

double Basis(LawKind kind, const std::array<double, 2>& exponents, int index, double samples,
             double parameters) {
  if (index == 0) return 1;
  if (kind == LawKind::kLogarithmic) return -std::log(samples);
  if (kind == LawKind::kJoint && index == 1) return std::pow(parameters, -exponents[0]);
  return std::pow(samples, -exponents[kind == LawKind::kJoint ? 1 : 0]);
}

double Law::At(double samples, double parameters) const {
  double error = 0;
  for (int i = 0; i < Coefficients(kind); ++i) {
    // A coefficient of zero stays zero at infinite sizes.
    if (coefficients[i] != 0) {
      error += coefficients[i] * Basis(kind, exponents, i, samples, parameters);
    }
  }
  return error;
}

double Law::Asymptote() const {
  if (kind == LawKind::kLogarithmic && coefficients[1] > 0) {
    return -std::numeric_limits<double>::infinity();
  }
  return coefficients[0];
}

double Law::ImprovementPerDoubling(double samples) const {
  const double now = At(samples);
  return now > 0 ? (now - At(2 * samples)) / now : 0;
}

}  // namespace trainyard::studies
