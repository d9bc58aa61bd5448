// The texts of an SVG as boxes, read from its markup.
#pragma once

#include <string>
#include <vector>

#include "client/figures/placement.h"

namespace trainyard::figures {

struct SvgText {
  std::string text;  // unescaped
  Box box;
  bool slanted = false;  // the box is that of the text before it was turned
};

std::vector<SvgText> TextsOf(const std::string& svg);

// The value of an attribute of the first such element; "" for none.
std::string AttributeOf(const std::string& svg, const std::string& element,
                        const std::string& attribute);

}  // namespace trainyard::figures
