// Where labels go so that none lies on another. Pure geometry, in pixels, y downwards.
#pragma once

#include <cstddef>
#include <vector>

#include "client/figures/figure.h"

namespace trainyard::figures {

struct Box {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
  bool Overlaps(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
  bool Contains(const Position& at) const {
    return at.x >= left && at.x <= right && at.y >= top && at.y <= bottom;
  }
};

// Places of items in a column: each as near to where it wants to be as the others, `distance`
// apart, allow (least squares); all within low and high where there is room. Items that want
// nothing (NaN) come last. In the order of the input.
std::vector<double> Spread(const std::vector<double>& wanted, double distance, double low,
                           double high);

// Items of these widths in rows of at most `width`: the left end and the row of each.
struct FlowPlace {
  double left = 0;
  int row = 0;
};
std::vector<FlowPlace> Flow(const std::vector<double>& widths, double gap, double width);

// Rows for items that want to be centred at `centers`, each kept within left and right: the left
// end and the row of each, no two of one row closer than `gap`.
std::vector<FlowPlace> Stack(const std::vector<double>& centers, const std::vector<double>& widths,
                             double gap, double left, double right);

// The place near `at` for a box of that size: within `frame`, clear of `taken`, over as few of
// `marks` as can be. False where there is none.
bool PlaceNear(const Position& at, double width, double height, const Box& frame,
               const std::vector<Box>& taken, const std::vector<Position>& marks, Box& place);

}  // namespace trainyard::figures
