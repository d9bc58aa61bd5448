// A figure as a PNG, for papers, slides and chats that take no SVG: the same picture, at twice the
// pixels so that screens and print have sharp text. Drawn by librsvg and cairo with the fonts of
// this machine; widths of words are those of Liberation Sans, so that is the font to have. The one
// file that includes them. Thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/figures/figure.h"
#include "client/figures/svg.h"

namespace trainyard::figures {

inline constexpr int kPngScale = 2;  // pixels for one of the SVG's

// No reader's screen is asked here: kAuto is light. INTERNAL where the libraries fail.
absl::StatusOr<std::string> Png(const Figure& figure, SvgOptions options);

}  // namespace trainyard::figures
