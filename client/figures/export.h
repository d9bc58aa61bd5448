// The numbers of a figure, exactly: all that it was given, before anything is thinned or cut for
// drawing. Pure.
#pragma once

#include <string>

#include "client/figures/figure.h"

namespace trainyard::figures {

// RFC 4180 with a header, one line a number drawn:
//   Plot      series,mark,x,y,low,high   mark: point, line, forecast, band, asymptote, interval,
//                                        reference or annotation
//   HeatMap   row,column,value
//   RowChart  group,label,value,low,high
// What is absent is empty; nan, inf and -inf are what they are.
std::string Csv(const Figure& figure);

// One object; numbers as columns of equal length, NaN and infinities as the strings that protobuf's
// JSON has for them.
std::string Json(const Figure& figure);

}  // namespace trainyard::figures
