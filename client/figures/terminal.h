// A figure in characters: braille dots, blocks and box lines, or ASCII where the locale has no
// more. No line is wider than the terminal, with or without colours. Pure.
#pragma once

#include <string>

#include "client/figures/figure.h"

namespace trainyard::figures {

struct TerminalOptions {
  int width = 80;   // columns; kept within 40 and 400
  int height = 18;  // rows of a plot without axes and words; kept within 5 and 200
  bool unicode = true;
  bool color = false;
};

// Lines, each with its end.
std::string TerminalText(const Figure& figure, const TerminalOptions& options);

}  // namespace trainyard::figures
