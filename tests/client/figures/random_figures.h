// Figures of every shape, good and hostile, from a seed.
#pragma once

#include <string>

#include "client/figures/figure.h"
#include "tests/client/figures/sample_figures.h"

namespace trainyard::figures {

std::string RandomName(Noise& noise);
// Usual numbers; now and then NaN, an infinity, 0, or one of any size.
double RandomNumber(Noise& noise);
Plot RandomPlot(Noise& noise);
HeatMap RandomHeatMap(Noise& noise);
RowChart RandomRowChart(Noise& noise);
Figure RandomFigure(Noise& noise);

}  // namespace trainyard::figures
