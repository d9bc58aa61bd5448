#include "engine/base/raw_value.h"

#include <charconv>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/safe_text.h"

namespace trainyard {

std::string ShortestNumber(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) {
    return absl::StrCat(static_cast<int64_t>(value));
  }
  // A bound that is missed by little shows it.
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof(text), value).ptr);
}

std::string DescribeRaw(const RawValue& value) {
  struct Visitor {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(double d) const { return ShortestNumber(d); }
    std::string operator()(const std::string& s) const {
      constexpr size_t kShown = 40;
      return absl::StrCat("'", SafeText(s, kShown), s.size() <= kShown ? "'" : "...'");
    }
    std::string operator()(const RawList& l) const { return absl::StrCat("a list of ", l.size()); }
    std::string operator()(const RawMap&) const { return "a mapping"; }
  };
  return std::visit(Visitor{}, value.data);
}

std::string RawYaml(const RawValue& value) {
  if (const RawList* list = std::get_if<RawList>(&value.data)) {
    std::vector<std::string> parts;
    for (const RawValue& part : *list) parts.push_back(RawYaml(part));
    return "[" + absl::StrJoin(parts, ", ") + "]";
  }
  if (const std::string* text = std::get_if<std::string>(&value.data)) return *text;
  return DescribeRaw(value);
}

}  // namespace trainyard
