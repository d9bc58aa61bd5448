// A curve in one line of text: ▁▂▃▄▅▆▇█.
#pragma once

#include <string>
#include <vector>

namespace trainyard::cli {

// At most `width` columns: more values than that are averaged in buckets. Scaled from the smallest
// to the largest finite value; a flat curve lies low; NaN and infinities are gaps. "" for no
// values.
std::string Sparkline(const std::vector<double>& values, int width);

// Means of `count` buckets, in order; the values themselves where there are no more of them.
std::vector<double> Downsample(const std::vector<double>& values, size_t count);

}  // namespace trainyard::cli
