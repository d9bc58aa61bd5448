#include "tests/client/figures/svg_text.h"

#include <cstdlib>

#include "absl/strings/str_replace.h"
#include "client/figures/text_width.h"

namespace trainyard::figures {
namespace {

// Of letters of the usual fonts, above and below the baseline.
constexpr double kAscent = 0.74;
constexpr double kDescent = 0.22;

std::string Attribute(const std::string& tag, const std::string& name) {
  const std::string head = " " + name + "=\"";
  const size_t begin = tag.find(head);
  if (begin == std::string::npos) return "";
  const size_t value = begin + head.size();
  return tag.substr(value, tag.find('"', value) - value);
}

}  // namespace

std::string AttributeOf(const std::string& svg, const std::string& element,
                        const std::string& attribute) {
  const size_t begin = svg.find("<" + element + " ");
  if (begin == std::string::npos) return "";
  return Attribute(svg.substr(begin, svg.find('>', begin) - begin), attribute);
}

std::vector<SvgText> TextsOf(const std::string& svg) {
  std::vector<SvgText> texts;
  for (size_t begin = svg.find("<text "); begin != std::string::npos;
       begin = svg.find("<text ", begin + 1)) {
    const size_t open = svg.find('>', begin);
    const std::string tag = svg.substr(begin, open - begin);
    const std::string escaped = svg.substr(open + 1, svg.find("</text>", open) - open - 1);
    SvgText text;
    text.text = absl::StrReplaceAll(
        escaped, {{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}});
    const double size = std::strtod(Attribute(tag, "font-size").c_str(), nullptr);
    const double x = std::strtod(Attribute(tag, "x").c_str(), nullptr);
    const double y = std::strtod(Attribute(tag, "y").c_str(), nullptr);
    const std::string style = Attribute(tag, "class");
    const double width = TextWidth(text.text, size, style == "ty-title" || style == "ty-group");
    const std::string anchor = Attribute(tag, "text-anchor");
    const double left = anchor == "start" ? x : anchor == "middle" ? x - width / 2 : x - width;
    text.box = {left, y - kAscent * size, left + width, y + kDescent * size};
    text.slanted = !Attribute(tag, "transform").empty();
    texts.push_back(text);
  }
  return texts;
}

}  // namespace trainyard::figures
