// Heat maps in characters: numbers where they fit, else shades.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "client/figures/number.h"
#include "client/figures/palette.h"
#include "client/figures/terminal_parts.h"
#include "client/text/text.h"

namespace trainyard::figures {
namespace {

constexpr int kWidestLabelShare = 3;  // of the width
constexpr int kWidestCell = 10;
constexpr int kLegendWidth = 24;
const std::vector<std::string>& Shades(bool unicode) {
  static const auto& blocks = *new std::vector<std::string>{" ", "░", "▒", "▓", "█"};
  static const auto& ascii =
      *new std::vector<std::string>{" ", ".", ":", "-", "=", "+", "*", "#", "%", "@"};
  return unicode ? blocks : ascii;
}

// The colour of the 6x6x6 cube that is nearest.
int CubeColor(Rgb color) {
  const auto level = [](uint8_t part) { return part < 48 ? 0 : part < 115 ? 1 : (part - 35) / 40; };
  return 16 + 36 * level(color.red) + 6 * level(color.green) + level(color.blue);
}

std::string OnColor(const std::string& text, Rgb color) {
  return absl::StrCat("\x1b[48;5;", CubeColor(color), "m\x1b[38;5;", IsLight(color) ? 16 : 231, "m",
                      text, "\x1b[0m");
}

std::string Centered(const std::string& text, int width) {
  const int before = std::max(0, (width - DisplayWidth(text)) / 2);
  return PadRight(std::string(static_cast<size_t>(before), ' ') + text, width);
}

class MapText {
 public:
  MapText(const HeatMap& map, const TerminalOptions& options)
      : map_(map), options_(options), colors_(map) {
    for (const std::string& row : map.rows) label_ = std::max(label_, DisplayWidth(row));
    label_ = std::min(label_, options.width / kWidestLabelShare);
    int widest = 0;
    for (const auto& row : map.values) {
      for (const double value : row) widest = std::max(widest, DisplayWidth(Number(value)));
    }
    const int columns = static_cast<int>(map.columns.size());
    const int room = options.width - label_ - 1;
    cell_ = std::clamp(room / std::max(1, columns), 1, kWidestCell);
    shown_ = std::min(columns, room / cell_);
    texts_ = map.cell_text && widest + 1 <= cell_;
  }

  bool empty() const { return colors_.empty(); }

  void Write(TerminalLines& lines) const {
    for (size_t i = 0; i < map_.rows.size(); ++i) {
      std::string line = PadLeft(Ellipsize(map_.rows[i], label_, options_.unicode), label_) + " ";
      for (int j = 0; j < shown_; ++j) line += Cell(map_.values[i][static_cast<size_t>(j)]);
      lines.Add(line.substr(0, line.find_last_not_of(' ') + 1));
    }
    WriteColumns(lines);
    WriteLegend(lines);
  }

 private:
  std::string Number(double value) const {
    return ShortNumber(value, map_.format, options_.unicode);
  }

  const std::string& Shade(double share) const {
    const std::vector<std::string>& shades = Shades(options_.unicode);
    const auto last = static_cast<double>(shades.size() - 1);
    return shades[static_cast<size_t>(std::lround(std::clamp(share, 0.0, 1.0) * last))];
  }

  std::string Repeated(const std::string& glyph, int count) const {
    std::string text;
    for (int i = 0; i < count; ++i) text += glyph;
    return text;
  }

  std::string Cell(double value) const {
    const double share = colors_.Share(value);
    if (texts_) {
      const std::string text = PadLeft(Number(value), cell_);
      const bool colored = options_.color && std::isfinite(share);
      return colored ? OnColor(text, colors_.Color(value)) : text;
    }
    if (!std::isfinite(share)) return Centered(options_.unicode ? "–" : "?", cell_);
    if (options_.color) return OnColor(Repeated(" ", cell_), colors_.Color(value));
    return Repeated(Shade(share), cell_);
  }

  void WriteColumns(TerminalLines& lines) const {
    if (shown_ == 0) return;
    const std::string indent(static_cast<size_t>(label_) + 1, ' ');
    const bool fit =
        std::all_of(map_.columns.begin(), map_.columns.begin() + shown_,
                    [&](const std::string& name) { return DisplayWidth(name) + 1 <= cell_; });
    std::string line;
    if (fit) {
      for (int j = 0; j < shown_; ++j) {
        const std::string& name = map_.columns[static_cast<size_t>(j)];
        line += texts_ ? PadLeft(name, cell_) : Centered(name, cell_);
      }
      lines.Add(indent + line.substr(0, line.find_last_not_of(' ') + 1));
    } else {
      lines.Wrapped(absl::StrCat("columns: ", map_.columns.front(), " to ",
                                 map_.columns[static_cast<size_t>(shown_) - 1]),
                    kDim);
    }
    if (shown_ < static_cast<int>(map_.columns.size())) {
      lines.Wrapped(absl::StrCat("The first ", shown_, " of ", map_.columns.size(),
                                 " columns; a wider terminal shows more."),
                    kDim);
    }
    if (map_.column_title.empty()) return;
    const std::string title = Ellipsize(map_.column_title, options_.width, options_.unicode);
    const int middle = label_ + 1 + cell_ * shown_ / 2;
    const int start =
        std::clamp(middle - DisplayWidth(title) / 2, 0, options_.width - DisplayWidth(title));
    lines.Add(std::string(static_cast<size_t>(start), ' ') + title);
  }

  // Only where shades or colours stand for numbers.
  void WriteLegend(TerminalLines& lines) const {
    if (texts_ && !options_.color) return;
    std::string ramp;
    for (int i = 0; i < kLegendWidth; ++i) {
      const double share = (i + 0.5) / kLegendWidth;
      ramp += options_.color ? OnColor(" ", MapColor(share, map_.scale == ColorScale::kDiverging))
                             : Shade(share);
    }
    const char* log = map_.scale == ColorScale::kLog10 ? " (log)" : "";
    const std::string low = Number(colors_.low()) + " ";
    const std::string high = absl::StrCat(" ", Number(colors_.high()), log);
    // Cannot be broken: colours have no width, spaces are part of it.
    const int room = options_.width - DisplayWidth(low) - kLegendWidth;
    if (room >= 0) lines.Add(low + ramp + Ellipsize(high, room, options_.unicode));
  }

  const HeatMap& map_;
  const TerminalOptions& options_;
  const ColorRange colors_;
  int label_ = 0;
  int cell_ = 1;
  int shown_ = 0;
  bool texts_ = false;
};

}  // namespace

std::string TerminalHeatMap(const HeatMap& map, const TerminalOptions& options) {
  TerminalLines lines(options);
  lines.Heading(map.heading);
  const MapText text(map, options);
  if (text.empty()) {
    lines.Add("no data");
    return lines.text();
  }
  std::string title = map.value_label;
  if (!map.row_title.empty()) {
    absl::StrAppend(&title, title.empty() ? "" : ", ", "rows: ", map.row_title);
  }
  lines.Wrapped(title);
  text.Write(lines);
  lines.Wrapped(map.heading.note, kDim);
  return lines.text();
}

}  // namespace trainyard::figures
