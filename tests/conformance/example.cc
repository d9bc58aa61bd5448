#include "tests/conformance/example.h"

#include <cctype>
#include <cstdlib>

namespace trainyard {
namespace {

// Flow YAML as examples use it: mappings, lists, plain scalars.
class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  RawValue Value() {
    Skip();
    if (Take('{')) return {Map()};
    if (Take('[')) return {List()};
    return Scalar();
  }
  bool AtEnd() {
    Skip();
    return good_ && place_ == text_.size();
  }

 private:
  RawMap Map() {
    RawMap map;
    while (good_ && !Take('}')) {
      Skip();
      const size_t colon = text_.find(':', place_);
      if (colon == std::string::npos) {
        good_ = false;
        break;
      }
      const std::string key = text_.substr(place_, colon - place_);
      place_ = colon + 1;
      map[key] = Value();
      if (!Take(',') && Peek() != '}') good_ = false;
    }
    return map;
  }
  RawList List() {
    RawList list;
    while (good_ && !Take(']')) {
      list.push_back(Value());
      if (!Take(',') && Peek() != ']') good_ = false;
    }
    return list;
  }
  RawValue Scalar() {
    const size_t end = std::min(text_.find_first_of(",]}", place_), text_.size());
    std::string word = text_.substr(place_, end - place_);
    while (!word.empty() && std::isspace(static_cast<unsigned char>(word.back()))) word.pop_back();
    good_ = good_ && !word.empty();
    place_ = end;
    if (word == "true" || word == "false") return {word == "true"};
    char* rest = nullptr;
    const double number = std::strtod(word.c_str(), &rest);
    if (rest != word.c_str() && *rest == '\0') return {number};
    return {word};
  }
  void Skip() {
    while (place_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[place_])))
      ++place_;
  }
  char Peek() {
    Skip();
    return place_ < text_.size() ? text_[place_] : '\0';
  }
  bool Take(char wanted) {
    if (Peek() != wanted) return false;
    ++place_;
    return true;
  }

  const std::string& text_;
  size_t place_ = 0;
  bool good_ = true;
};

}  // namespace

absl::StatusOr<RawComponent> ParseExample(const std::string& yaml) {
  Parser parser(yaml);
  const RawValue value = parser.Value();
  if (!parser.AtEnd()) return absl::InvalidArgumentError("not an example: " + yaml);
  if (const std::string* type = std::get_if<std::string>(&value.data))
    return RawComponent{*type, {}};
  const RawMap* map = std::get_if<RawMap>(&value.data);
  if (map == nullptr || map->count("type") == 0)
    return absl::InvalidArgumentError("no type: " + yaml);
  RawComponent component{std::get<std::string>(map->at("type").data), *map};
  component.params.erase("type");
  return component;
}

}  // namespace trainyard
