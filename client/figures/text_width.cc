#include "client/figures/text_width.h"

#include "client/text/text.h"

namespace trainyard::figures {
namespace {

// Thousandths of the size, from ' ' to '~' (Helvetica's AFM file).
constexpr int kAscii[] = {
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333,  278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667,  611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278,  556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500,  500, 334, 260, 334, 584};
constexpr int kSuperscript = 350;
constexpr int kOther = 640;   // accented Latin, Greek, Cyrillic: the wider ones
constexpr int kScript = 900;  // scripts whose letters join or stack
constexpr int kWide = 1000;
constexpr double kMargin = 1.06;
constexpr double kBold = 1.08;

int Thousandths(char32_t point) {
  if (point >= ' ' && point <= '~') return kAscii[point - ' '];
  const int columns = ColumnsOf(point);
  if (columns != 1) return columns == 0 ? 0 : kWide;
  if (point == 0xB9 || point == 0xB2 || point == 0xB3 || (point >= 0x2070 && point <= 0x209C)) {
    return kSuperscript;
  }
  if (point == 0x2014 || point == 0x2026) return kWide;  // em dash, ellipsis
  return point < 0x590 || (point >= 0x2000 && point < 0x2300) ? kOther : kScript;
}

double PointWidth(char32_t point, double size, bool bold) {
  return Thousandths(point) / 1000.0 * size * kMargin * (bold ? kBold : 1);
}

}  // namespace

double TextWidth(const std::string& text, double size, bool bold) {
  double width = 0;
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = CodePointAt(text, i);
    width += PointWidth(point.value, size, bold);
    i += point.bytes;
  }
  return width;
}

std::string CutToWidth(const std::string& text, double size, double width, bool bold) {
  const double mark = TextWidth("…", size, bold);
  double used = 0;
  size_t cut = 0;  // where the mark would stand
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = CodePointAt(text, i);
    used += PointWidth(point.value, size, bold);
    i += point.bytes;
    if (used + mark <= width) cut = i;
    if (used > width) return cut == 0 ? "" : text.substr(0, cut) + "…";
  }
  return text;
}

std::vector<std::string> BreakToWidth(const std::string& text, double size, double width,
                                      size_t most_lines, bool bold) {
  std::vector<std::string> lines;
  std::string line;
  size_t space = std::string::npos;  // in `line`, where it may be broken
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = CodePointAt(text, i);
    std::string next = text.substr(i, point.bytes);
    if (point.value == '\n' || point.value == '\t') next = " ";
    if (next == " " && line.empty()) {
      i += point.bytes;
      continue;
    }
    if (!line.empty() && TextWidth(line + next, size, bold) > width) {
      if (lines.size() + 1 == most_lines) {
        const std::string rest = line + text.substr(i);
        lines.push_back(CutToWidth(rest, size, width, bold));
        return lines;
      }
      if (next == " ") {
        lines.push_back(line);
        line.clear();
      } else if (space != std::string::npos) {
        lines.push_back(line.substr(0, space));
        line = line.substr(space + 1);
      } else {
        lines.push_back(line);
        line.clear();
      }
      space = std::string::npos;
      continue;
    }
    if (next == " ") space = line.size();
    line += next;
    i += point.bytes;
  }
  if (!line.empty()) lines.push_back(line);
  return lines;
}

}  // namespace trainyard::figures
