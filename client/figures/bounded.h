// A figure as it can be drawn: texts made printable and cut, long curves thinned so that no spike
// disappears, no more series, rows and cells than have room. What was left out is said in the note.
// Everything that draws begins here, so that no figure, however large, makes a large picture.
#pragma once

#include <cstddef>

#include "client/figures/figure.h"

namespace trainyard::figures {

inline constexpr size_t kMostColors = 12;  // further series are drawn in one grey

Plot Bounded(const Plot& plot);
HeatMap Bounded(const HeatMap& map);
RowChart Bounded(const RowChart& chart);

}  // namespace trainyard::figures
