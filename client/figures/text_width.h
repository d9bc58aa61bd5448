// How wide text is in a picture whose fonts we cannot ask, and text cut or broken to a width.
// Widths are those of Helvetica (Arial and Liberation Sans have the same), with a margin for
// others.
#pragma once

#include <string>
#include <vector>

namespace trainyard::figures {

// `size` and result in pixels.
double TextWidth(const std::string& text, double size, bool bold = false);
// The longest beginning that fits, with an ellipsis where something was cut.
std::string CutToWidth(const std::string& text, double size, double width, bool bold = false);
// Lines that fit, broken between words and within words that are too long; the last of `most_lines`
// is cut. None for an empty text.
std::vector<std::string> BreakToWidth(const std::string& text, double size, double width,
                                      size_t most_lines, bool bold = false);

}  // namespace trainyard::figures
