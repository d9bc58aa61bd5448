// Text in columns: widths of UTF-8, cutting, padding. Every character that we draw is one column
// wide.
#pragma once

#include <string>
#include <vector>

namespace trainyard::cli {

// Code points; control characters count as nothing.
int DisplayWidth(const std::string& text);
// At most `width` columns, the last one an ellipsis where something was cut.
std::string Ellipsize(const std::string& text, int width, bool unicode);
// Lines of at most `width` columns, broken between words; a longer word has a line of its own.
std::vector<std::string> Wrap(const std::string& text, int width);
std::string PadRight(const std::string& text, int width);
std::string PadLeft(const std::string& text, int width);
// Control characters of foreign text become '?', so that no terminal sequence gets through.
std::string Printable(const std::string& text);

}  // namespace trainyard::cli
