// Numbers in figures: for ticks, for cells and keys, and exactly, for files. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "client/figures/figure.h"

namespace trainyard::figures {

// The labels of an axis, all with the same decimals: 0.05, 0.10; 100, 1,000, 60,000; 1M; 10⁻⁶;
// 85 %. `unicode` false: 1e-6.
std::vector<std::string> TickLabels(const std::vector<double>& values, NumberFormat format,
                                    bool unicode = true);
// Three significant digits: 0.853, 85.3 %, 12,300, 1.2M; "no value" is "–" (or "-").
std::string ShortNumber(double value, NumberFormat format, bool unicode = true);
// "2,300 [1,500, 3,900]"
std::string WithInterval(double value, double low, double high, NumberFormat format,
                         bool unicode = true);
// The shortest text that reads back as the same number; nan, inf, -inf.
std::string ExactNumber(double value);

}  // namespace trainyard::figures
