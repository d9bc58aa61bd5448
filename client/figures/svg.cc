#include "client/figures/svg.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "client/figures/bounded.h"
#include "client/figures/palette.h"
#include "client/figures/svg_parts.h"
#include "client/figures/svg_writer.h"
#include "client/text/text.h"

namespace trainyard::figures {
namespace {

constexpr int kNarrowest = 320;
constexpr int kWidest = 2000;
constexpr size_t kMostDescription = 4000;

// What does not depend on the theme.
constexpr char kShapes[] =
    ".ty text{font-family:\"Helvetica Neue\",Helvetica,Arial,\"Liberation Sans\",sans-serif;"
    "font-variant-numeric:tabular-nums}\n"
    ".ty .ty-title,.ty .ty-group{font-weight:600}\n"
    ".ty .ty-line,.ty .ty-forecast,.ty .ty-asymptote{fill:none;stroke:currentColor;"
    "stroke-width:2;stroke-linejoin:round;stroke-linecap:round}\n"
    ".ty .ty-thin{stroke-width:1.3}\n"
    ".ty .ty-forecast{stroke-width:1.8;stroke-dasharray:5 5}\n"
    ".ty .ty-asymptote{stroke-width:1.2;stroke-dasharray:.1 4}\n"
    ".ty .ty-band{fill:currentColor;fill-opacity:.15;stroke:none}\n"
    ".ty .ty-mark{fill:currentColor;stroke-width:1}\n"
    ".ty .ty-hollow{stroke:currentColor;stroke-width:1.8}\n"
    ".ty .ty-error{stroke:currentColor;stroke-width:1.3}\n"
    ".ty .ty-whisker{stroke:currentColor;stroke-width:1.6}\n"
    ".ty .ty-bar{fill:currentColor;fill-opacity:.85}\n"
    ".ty .ty-leader{fill:none;stroke-width:.8}\n"
    ".ty .ty-at{stroke-width:1.2;stroke-dasharray:2 3}\n"
    ".ty .ty-reference{stroke-width:1.2;stroke-dasharray:8 3 2 3}\n"
    ".ty .ty-grid{stroke-width:1}\n"
    ".ty .ty-empty{stroke-width:1;stroke-dasharray:3 3}\n"
    ".ty .ty-halo{paint-order:stroke;stroke-width:3;stroke-linejoin:round}\n"
    ".ty .ty-on-light{fill:#111}.ty .ty-on-dark{fill:#fff}\n"
    // Beyond the first eight, lines differ in their dashes too.
    ".ty .ty-s8 .ty-line,.ty .ty-s9 .ty-line,.ty .ty-s10 .ty-line,.ty .ty-s11 .ty-line"
    "{stroke-dasharray:9 3 1 3}\n";

struct Tones {
  const char* ink;
  const char* muted;
  const char* axis;
  const char* grid;
  const char* shade;  // of intervals
  const char* paper;
};
constexpr Tones kLightTones = {"#1b1f24", "#59616b", "#8a929c", "#e6e8eb", "#5b6470", "#ffffff"};
constexpr Tones kDarkTones = {"#e8eaed", "#a3abb5", "#6d7681", "#2c323a", "#aab4c0", "#14171b"};

// The rules of one theme, each selector behind `scope`.
std::string Rules(const Tones& tones, bool dark, const std::string& scope) {
  std::string rules;
  const auto add = [&](const char* selectors, const std::string& declarations) {
    absl::StrAppend(&rules, scope, selectors, "{", declarations, "}\n");
  };
  add(" text", absl::StrCat("fill:", tones.ink));
  add(" .ty-muted", absl::StrCat("fill:", tones.muted));
  add(" .ty-axis", absl::StrCat("stroke:", tones.axis));
  add(" .ty-error-on-bar", absl::StrCat("stroke:", tones.ink, ";stroke-width:1.4"));
  add(" .ty-grid", absl::StrCat("stroke:", tones.grid));
  add(" .ty-leader", absl::StrCat("stroke:", tones.axis));
  add(" .ty-anchor", absl::StrCat("fill:", tones.ink));
  add(" .ty-at", absl::StrCat("stroke:", tones.ink));
  add(" .ty-reference", absl::StrCat("stroke:", tones.muted));
  add(" .ty-interval", absl::StrCat("fill:", tones.shade, ";fill-opacity:.13"));
  add(" .ty-empty", absl::StrCat("fill:none;stroke:", tones.axis));
  add(" .ty-mark", absl::StrCat("stroke:", tones.paper));
  add(" .ty-hollow", absl::StrCat("fill:", tones.paper));
  add(" .ty-halo", absl::StrCat("stroke:", tones.paper));
  add(" .ty-paper", absl::StrCat("fill:", tones.paper));
  for (size_t i = 0; i <= kMostColors; ++i) {
    absl::StrAppend(&rules, scope, " .", SeriesStyle(i), "{color:", Hex(SeriesColor(i, dark)),
                    "}\n");
  }
  return rules;
}

Figure AsDrawn(const Figure& figure) {
  return std::visit([](const auto& one) -> Figure { return Bounded(one); }, figure);
}

Drawn Draw(const Figure& figure, const SvgOptions& options) {
  if (const Plot* plot = std::get_if<Plot>(&figure)) return DrawPlot(*plot, options);
  if (const HeatMap* map = std::get_if<HeatMap>(&figure)) return DrawHeatMap(*map, options);
  return DrawRowChart(std::get<RowChart>(figure), options);
}

std::string CleanId(const std::string& id) {
  std::string clean;
  for (const char c : id) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter || (!clean.empty() && ((c >= '0' && c <= '9') || c == '-'))) clean += c;
  }
  return clean.empty() ? "figure" : clean;
}

}  // namespace

std::string SvgStyle(Theme theme) {
  std::string style = kShapes + Rules(theme == Theme::kDark ? kDarkTones : kLightTones,
                                      theme == Theme::kDark, ".ty");
  if (theme == Theme::kAuto) {
    // On screens only: paper is white.
    absl::StrAppend(&style, "@media screen and (prefers-color-scheme:dark){\n",
                    Rules(kDarkTones, true, ".ty"), "}\n");
  }
  return style;
}

std::string Svg(const Figure& given_figure, const SvgOptions& given) {
  const Figure figure = AsDrawn(given_figure);
  SvgOptions options = given;
  options.width = std::clamp(options.width, kNarrowest, kWidest);
  options.id = CleanId(options.id);
  const Drawn drawn = Draw(figure, options);
  const std::string width = absl::StrCat(options.width);
  const std::string height = absl::StrCat(static_cast<int>(std::ceil(drawn.height)));
  const std::string& title = HeadingOf(figure).title;
  std::string svg = absl::StrCat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"ty\" role=\"img\" width=\"", width,
      "\" height=\"", height, "\" viewBox=\"0 0 ", width, " ", height, "\" aria-labelledby=\"",
      options.id, "-title ", options.id, "-description\">\n", "<title id=\"", options.id,
      "-title\">", EscapeXml(title.empty() ? "Figure" : title), "</title>\n<desc id=\"", options.id,
      "-description\">", EscapeXml(Describe(figure).substr(0, kMostDescription)), "</desc>\n");
  if (!options.inline_in_page) {
    absl::StrAppend(&svg, "<style>\n", SvgStyle(options.theme), "</style>\n",
                    "<rect class=\"ty-paper\" width=\"", width, "\" height=\"", height, "\"/>\n");
  }
  absl::StrAppend(&svg, drawn.body, "</svg>\n");
  return svg;
}

}  // namespace trainyard::figures
