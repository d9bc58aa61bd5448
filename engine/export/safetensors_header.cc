#include "engine/export/safetensors_header.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

constexpr char kMetadataName[] = "__metadata__";

// One pass over the text. After an error every method fails.
class HeaderParser {
 public:
  explicit HeaderParser(absl::string_view text) : text_(text) {}

  absl::StatusOr<SafetensorsHeader> Parse() {
    SafetensorsHeader header;
    RETURN_IF_ERROR(Object([&](std::string name) {
      if (name == kMetadataName) return Metadata(header.metadata);
      SafetensorsEntry entry;
      entry.name = std::move(name);
      RETURN_IF_ERROR(Tensor(entry));
      header.entries.push_back(std::move(entry));
      return absl::OkStatus();
    }));
    SkipSpace();
    if (position_ != text_.size()) return Error("expected the end of the header");
    return header;
  }

 private:
  absl::Status Error(const std::string& message) const {
    return absl::InvalidArgumentError(
        absl::StrCat("safetensors header, byte ", position_, ": ", message));
  }

  void SkipSpace() {
    while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\n' ||
                                        text_[position_] == '\t' || text_[position_] == '\r')) {
      ++position_;
    }
  }

  // Skips space, then takes the character where it comes next.
  bool Take(char character) {
    SkipSpace();
    if (position_ == text_.size() || text_[position_] != character) return false;
    ++position_;
    return true;
  }

  absl::Status Expect(char character) {
    return Take(character) ? absl::OkStatus()
                           : Error(absl::StrCat("expected '", std::string(1, character), "'"));
  }

  // {"name": value, ...}, each name once; `read_value` is called where the value begins.
  template <typename ReadValue>
  absl::Status Object(ReadValue read_value) {
    RETURN_IF_ERROR(Expect('{'));
    if (Take('}')) return absl::OkStatus();
    std::set<std::string> names;
    do {
      ASSIGN_OR_RETURN(std::string name, Text());
      if (!names.insert(name).second) return Error("a name that came before");
      RETURN_IF_ERROR(Expect(':'));
      RETURN_IF_ERROR(read_value(std::move(name)));
    } while (Take(','));
    return Expect('}');
  }

  absl::Status Metadata(std::map<std::string, std::string>& metadata) {
    return Object([&](std::string name) {
      ASSIGN_OR_RETURN(metadata[name], Text());
      return absl::OkStatus();
    });
  }

  absl::Status Tensor(SafetensorsEntry& entry) {
    int fields = 0;
    RETURN_IF_ERROR(Object([&](std::string name) -> absl::Status {
      ++fields;
      if (name == "dtype") {
        ASSIGN_OR_RETURN(entry.dtype, Text());
        return absl::OkStatus();
      }
      if (name == "shape") {
        ASSIGN_OR_RETURN(entry.shape, Integers());
        return absl::OkStatus();
      }
      if (name != "data_offsets") return Error("expected dtype, shape or data_offsets");
      ASSIGN_OR_RETURN(const std::vector<int64_t> offsets, Integers());
      if (offsets.size() != 2) return Error("expected two offsets");
      entry.begin = offsets[0];
      entry.end = offsets[1];
      return absl::OkStatus();
    }));
    return fields == 3 ? absl::OkStatus() : Error("a tensor needs dtype, shape and data_offsets");
  }

  absl::StatusOr<std::vector<int64_t>> Integers() {
    RETURN_IF_ERROR(Expect('['));
    std::vector<int64_t> values;
    if (Take(']')) return values;
    do {
      ASSIGN_OR_RETURN(const int64_t value, Integer());
      values.push_back(value);
    } while (Take(','));
    RETURN_IF_ERROR(Expect(']'));
    return values;
  }

  absl::StatusOr<int64_t> Integer() {
    SkipSpace();
    const size_t start = position_;
    int64_t value = 0;
    while (position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9') {
      if (__builtin_mul_overflow(value, int64_t{10}, &value) ||
          __builtin_add_overflow(value, int64_t{text_[position_] - '0'}, &value)) {
        return Error("a number beyond 64 bits");
      }
      ++position_;
    }
    const size_t digits = position_ - start;
    if (digits == 0 || (digits > 1 && text_[start] == '0'))
      return Error("expected a whole number of 0 or more");
    return value;
  }

  absl::StatusOr<std::string> Text() {
    RETURN_IF_ERROR(Expect('"'));
    std::string text;
    while (position_ < text_.size()) {
      const char character = text_[position_++];
      if (character == '"') return text;
      if (static_cast<unsigned char>(character) < 0x20)
        return Error("a control character within a string");
      if (character == '\\') {
        RETURN_IF_ERROR(Escape(text));
      } else {
        text.push_back(character);
      }
    }
    return Error("a string without end");
  }

  // What follows a backslash.
  absl::Status Escape(std::string& text) {
    if (position_ == text_.size()) return Error("a string without end");
    const char character = text_[position_++];
    switch (character) {
      case '"':
      case '\\':
      case '/':
        text.push_back(character);
        return absl::OkStatus();
      case 'b':
        text.push_back('\b');
        return absl::OkStatus();
      case 'f':
        text.push_back('\f');
        return absl::OkStatus();
      case 'n':
        text.push_back('\n');
        return absl::OkStatus();
      case 'r':
        text.push_back('\r');
        return absl::OkStatus();
      case 't':
        text.push_back('\t');
        return absl::OkStatus();
      case 'u':
        break;
      default:
        return Error("an unknown escape");
    }
    ASSIGN_OR_RETURN(uint32_t code, Hex4());
    if (code >= 0xDC00 && code < 0xE000) return Error("half of a surrogate pair");
    if (code >= 0xD800 && code < 0xDC00) {
      if (text_.substr(position_, 2) != "\\u") return Error("half of a surrogate pair");
      position_ += 2;
      ASSIGN_OR_RETURN(const uint32_t low, Hex4());
      if (low < 0xDC00 || low >= 0xE000) return Error("half of a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    AppendUtf8(code, text);
    return absl::OkStatus();
  }

  absl::StatusOr<uint32_t> Hex4() {
    uint32_t code = 0;
    for (int digit = 0; digit < 4; ++digit) {
      if (position_ == text_.size()) return Error("a string without end");
      const char c = text_[position_++];
      if (c >= '0' && c <= '9') {
        code = code << 4 | static_cast<uint32_t>(c - '0');
      } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
        code = code << 4 | static_cast<uint32_t>((c | 0x20) - 'a' + 10);
      } else {
        return Error("expected four hexadecimal digits");
      }
    }
    return code;
  }

  static void AppendUtf8(uint32_t code, std::string& text) {
    if (code < 0x80) {
      text.push_back(static_cast<char>(code));
      return;
    }
    const int continuations = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    constexpr uint32_t kLeads[] = {0, 0xC0, 0xE0, 0xF0};
    text.push_back(static_cast<char>(kLeads[continuations] | code >> (6 * continuations)));
    for (int i = continuations - 1; i >= 0; --i) {
      text.push_back(static_cast<char>(0x80 | (code >> (6 * i) & 0x3F)));
    }
  }

  const absl::string_view text_;
  size_t position_ = 0;
};

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (char character : text) {
    const unsigned char byte = static_cast<unsigned char>(character);
    if (character == '"' || character == '\\') {
      quoted.push_back('\\');
      quoted.push_back(character);
    } else if (byte < 0x20) {
      absl::StrAppend(&quoted, "\\u", absl::Hex(byte, absl::kZeroPad4));
    } else {
      quoted.push_back(character);
    }
  }
  quoted.push_back('"');
  return quoted;
}

}  // namespace

absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(absl::string_view json) {
  return HeaderParser(json).Parse();
}

std::string SafetensorsHeaderJson(const SafetensorsHeader& header) {
  std::vector<std::string> fields;
  if (!header.metadata.empty()) {
    const std::string values =
        absl::StrJoin(header.metadata, ",", [](std::string* out, const auto& item) {
          absl::StrAppend(out, Quoted(item.first), ":", Quoted(item.second));
        });
    fields.push_back(absl::StrCat(Quoted(kMetadataName), ":{", values, "}"));
  }
  for (const SafetensorsEntry& entry : header.entries) {
    fields.push_back(absl::StrCat(Quoted(entry.name), ":{\"dtype\":", Quoted(entry.dtype),
                                  ",\"shape\":[", absl::StrJoin(entry.shape, ","),
                                  "],\"data_offsets\":[", entry.begin, ",", entry.end, "]}"));
  }
  return absl::StrCat("{", absl::StrJoin(fields, ","), "}");
}

}  // namespace trainyard
