// A figure as one SVG that needs nothing else: no script, no font, no request. Colours that stay
// apart for the colour-blind, and a mark for each series beside its colour; light, dark, or as the
// reader's screen is. Pure.
#pragma once

#include <string>

#include "client/figures/figure.h"

namespace trainyard::figures {

enum class Theme { kAuto, kLight, kDark };

struct SvgOptions {
  int width = 760;  // pixels; kept within 320 and 2000
  Theme theme = Theme::kAuto;
  // Names within the picture begin with it: of pictures on one page each needs its own. Letters,
  // digits and '-'.
  std::string id = "figure";
  // A page that holds SvgStyle() itself does without: no style sheet, no title (the caption has
  // it), no background.
  bool inline_in_page = false;
};

std::string Svg(const Figure& figure, const SvgOptions& options);
// The style sheet of all figures.
std::string SvgStyle(Theme theme);

}  // namespace trainyard::figures
