// How the cache writes what belongs to its files' sections: texts and numbers one after another.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace trainyard {

// Writes texts and numbers one after another.
class MetaWriter {
 public:
  void Number(uint64_t number) {
    text_.append(reinterpret_cast<const char*>(&number), sizeof(number));
  }
  void Text(const std::string& text) {
    Number(text.size());
    text_.append(text);
  }
  void Texts(const std::vector<std::string>& texts) {
    Number(texts.size());
    for (const std::string& text : texts) Text(text);
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

// Reads what MetaWriter wrote; what does not fit makes it bad, and everything after it empty.
class MetaReader {
 public:
  // `text` outlives it.
  explicit MetaReader(absl::string_view text) : left_(text) {}

  uint64_t Number() {
    uint64_t number = 0;
    if (left_.size() < sizeof(number)) return Bad();
    std::memcpy(&number, left_.data(), sizeof(number));
    left_.remove_prefix(sizeof(number));
    return number;
  }
  std::string Text() {
    const uint64_t size = Number();
    if (size > left_.size()) return std::string(Bad(), '\0');
    std::string text(left_.data(), size);
    left_.remove_prefix(size);
    return text;
  }
  std::vector<std::string> Texts() {
    std::vector<std::string> texts;
    for (uint64_t count = Count(); count > 0; --count) texts.push_back(Text());
    return texts;
  }
  // Of things that take a number each at least.
  uint64_t Count() {
    const uint64_t count = Number();
    return count > left_.size() / sizeof(uint64_t) ? Bad() : count;
  }
  bool good() const { return good_ && left_.empty(); }

 private:
  uint64_t Bad() {
    good_ = false;
    left_ = {};
    return 0;
  }

  absl::string_view left_;
  bool good_ = true;
};

}  // namespace trainyard
