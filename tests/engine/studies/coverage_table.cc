#include <chrono>
#include <cstdio>
#include "engine/studies/curve_fit.h"
#include "tests/engine/studies/synthetic_curve.h"
using namespace trainyard::studies;
int main() {
  std::printf("  b    E  e0  K S noise rho test | cover b  E  f(10n) | median width b  E\n");
  const int reps = 1000;
  auto t0 = std::chrono::steady_clock::now();
  for (double rho : {0.0})
    for (double test : {0.0})
      for (auto [K, S] : {std::pair{8, 5}, {8, 3}, {5, 3}})
        for (double noise : {0.02, 0.06})
          for (double b : {0.2, 0.5, 0.8})
            for (double E : {0.0, 0.1}) {
              if (b == 0.5) continue;
              if ((rho > 0 || test > 0) && (noise > 0.03 || E == 0.2)) continue;
              SyntheticTask t;
              t.exponent = b;
              t.asymptote = E;
              t.sizes = K;
              t.seeds = S;
              t.noise = noise;
              t.seed_correlation = rho;
              t.test_samples = test;
              t.error_at_least_size = E + 0.4;
              int cb = 0, ce = 0, cf = 0;
              std::vector<double> wb, we;
              double rhos = 0;
              for (int r = 0; r < reps; ++r) {
                auto fit = FitCurve(t.Draw(r + 1000), LawKind::kPower);
                auto eb = fit.law.Exponent(), ee = fit.law.Asymptote(), ef = fit.MeanAt(600000);
                rhos += fit.noise.correlation;
                cb += eb.interval.Contains(b);
                ce += ee.interval.Contains(E);
                cf += ef.interval.Contains(t.law().At(600000));
                wb.push_back(eb.interval.high - eb.interval.low);
                we.push_back(ee.interval.high - ee.interval.low);
              }
              std::sort(wb.begin(), wb.end());
              std::sort(we.begin(), we.end());
              std::printf(
                  "%4.1f %5.2f %d %d %5.2f %.1f %6.0f | %5.1f %5.1f %5.1f | %.3f %.3f rho %.2f\n",
                  b, E, K, S, noise, rho, test, 100. * cb / reps, 100. * ce / reps,
                  100. * cf / reps, wb[reps / 2], we[reps / 2], rhos / reps);
            }
  std::fprintf(stderr, "%.2f s\n",
               std::chrono::duration<double>(std::chrono::steady_clock::now() - t0).count());
}
