#include "client/cli/text.h"

#include <algorithm>

namespace trainyard::cli {
namespace {

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }
bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

int DisplayWidth(const std::string& text) {
  int width = 0;
  for (const char c : text) {
    if (!IsContinuation(c) && !IsControl(c)) ++width;
  }
  return width;
}

std::string Ellipsize(const std::string& text, int width, bool unicode) {
  if (DisplayWidth(text) <= width) return text;
  const std::string mark = unicode ? "…" : "~";
  if (width <= 0) return "";
  std::string cut;
  int columns = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!IsContinuation(text[i]) && ++columns > width - 1) break;
    cut.push_back(text[i]);
  }
  return cut + mark;
}

std::vector<std::string> Wrap(const std::string& text, int width) {
  std::vector<std::string> lines = {""};
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    begin = end + 1;
    std::string& line = lines.back();
    if (line.empty()) {
      line = word;
    } else if (DisplayWidth(line) + 1 + DisplayWidth(word) <= width) {
      line += " " + word;
    } else {
      lines.push_back(word);
    }
  }
  return lines;
}

std::string PadRight(const std::string& text, int width) {
  const int missing = width - DisplayWidth(text);
  return missing > 0 ? text + std::string(static_cast<size_t>(missing), ' ') : text;
}

std::string PadLeft(const std::string& text, int width) {
  const int missing = width - DisplayWidth(text);
  return missing > 0 ? std::string(static_cast<size_t>(missing), ' ') + text : text;
}

std::string Printable(const std::string& text) {
  std::string clean = text;
  for (char& c : clean) {
    if (IsControl(c) && c != '\t') c = '?';
  }
  return clean;
}

}  // namespace trainyard::cli
