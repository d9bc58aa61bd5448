// What the axis of a chart of rows spans, and what stands beside a row: shared by all that draws
// them. Pure.
#pragma once

#include <optional>
#include <string>

#include "client/figures/figure.h"
#include "client/figures/scale.h"

namespace trainyard::figures {

std::optional<AxisRange> ExtentOf(const RowChart& chart);

// "+1.8 [+1.2, +2.4]"; signs only where there is a reference of 0 to differ from.
std::string RowText(const RowChart& chart, const Row& row, bool unicode = true);

// Whether the interval leaves open on which side of the reference the value is.
bool IsUndecided(const RowChart& chart, const Row& row);

}  // namespace trainyard::figures
