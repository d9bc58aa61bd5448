// Figures such as studies make, with numbers of their size: for tests, and to be looked at
// (sample_figures_main.cc writes them to a folder).
#pragma once

#include <string>
#include <vector>

#include "client/figures/figure.h"
#include "client/figures/report.h"

namespace trainyard::figures {

Plot ScalingFigure();     // seven models, eight sizes, bands, laws and forecasts, both axes log
Plot CrossoverFigure();   // two curves that cross, with the interval of where
Plot LossCurves();        // three runs of 2,000 steps
HeatMap ActivationMap();  // gradient RMS by activation and layer
HeatMap GainMap();        // diverging
RowChart EffectsFigure();
RowChart BarsFigure();

struct NamedFigure {
  std::string name;
  Figure figure;
};
std::vector<NamedFigure> SampleFigures();

// Six verdicts, three figures, a table.
Report SampleReport();

// Numbers in [0, 1) that are the same everywhere.
class Noise {
 public:
  explicit Noise(unsigned long seed) : state_(seed * 2654435761UL + 1) {}
  double Next() {
    state_ = state_ * 6364136223846793005UL + 1442695040888963407UL;
    return static_cast<double>(state_ >> 11) / 9007199254740992.0;
  }
  // Around 0, of standard deviation about 1.
  double Normal() {
    double sum = 0;
    for (int i = 0; i < 12; ++i) sum += Next();
    return sum - 6;
  }

 private:
  unsigned long state_;
};

}  // namespace trainyard::figures
