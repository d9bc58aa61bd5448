#include <cstdio>
#include "engine/studies/curve_fit.h"
#include "engine/studies/forecast.h"
#include "tests/engine/studies/synthetic_curve.h"
using namespace trainyard::studies;
void Forecasts() {
  std::printf("b E K S noise test seeds | cover80 cover95 crps logerr chosen-log\n");
  for (double test : {0.0, 10000.0})
    for (int fs : {1, 3})
      for (auto [K, S] : {std::pair{8, 5}, {5, 3}})
        for (double noise : {0.02, 0.06})
          for (double b : {0.2, 0.5, 0.8})
            for (double E : {0.0, 0.1}) {
              SyntheticTask t;
              t.exponent = b;
              t.asymptote = E;
              t.sizes = K;
              t.seeds = S;
              t.noise = noise;
              t.test_samples = test;
              t.error_at_least_size = E + 0.4;
              t.largest = 6000;
              std::vector<std::pair<Forecast, double>> fc;
              double logs = 0;
              for (int r = 0; r < 200; ++r) {
                auto c = t.Draw(r + 5000);
                ForecastOptions o;
                o.seeds = fs;
                auto f = *MakeForecast(c, 60000, o);
                auto ch = ChooseLaw(c);
                logs += ch.Weight(LawKind::kLogarithmic);
                auto runs = t.RunsAt(60000, r + 5000);
                double m = 0;
                for (int i = 0; i < fs; ++i) m += runs[i % S].error;
                m /= fs;
                fc.push_back({f, m});
              }
              auto s = ScoreForecasts(fc);
              std::printf("%.1f %.2f %d %d %.2f %5.0f %d | %.1f %.1f %.4f %.3f  %.2f\n", b, E, K, S,
                          noise, test, fs, 100 * s.coverage80, 100 * s.coverage95, s.crps,
                          s.log_error, logs / 200);
            }
}
int main() { Forecasts(); }
