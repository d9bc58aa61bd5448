// The two streams and what they can show. Data goes to `out`, everything else to `err`. Made by
// main; tests make one on string streams. Used by one thread.
#pragma once

#include <functional>
#include <ostream>

namespace trainyard::cli {

struct Console {
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  // Colours are welcome: a terminal, no NO_COLOR, TERM not dumb.
  bool color = false;
  // The locale is UTF-8: bars, sparklines and ellipses may be drawn.
  bool unicode = true;
  // Columns of the terminal, asked anew each time since windows change.
  std::function<int()> width = [] { return 80; };
  // Its rows, alike.
  std::function<int()> height = [] { return 24; };
};

}  // namespace trainyard::cli
