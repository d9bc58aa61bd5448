// Distributions that intervals and tests are read from, in double precision.
#pragma once

namespace trainyard::studies {

double NormalDensity(double x);
double NormalCdf(double x);
// Inverse of NormalCdf; -inf and inf at 0 and 1.
double NormalQuantile(double probability);
// Student's t with `freedom` > 0 degrees of freedom (infinity: the normal).
double StudentCdf(double t, double freedom);
double StudentQuantile(double probability, double freedom);
// P(F > f) of Fisher's F; `denominator` may be infinite.
double FisherTail(double f, double numerator, double denominator);
// I_x(a, b), a > 0, b > 0, x in [0, 1].
double IncompleteBeta(double a, double b, double x);
// Inverse in x.
double BetaQuantile(double probability, double a, double b);
// First and second derivative of log Gamma, x > 0.
double Digamma(double x);
double Trigamma(double x);

}  // namespace trainyard::studies
