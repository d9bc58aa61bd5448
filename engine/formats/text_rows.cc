#include "engine/formats/text_rows.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/safe_text.h"
#include "engine/base/status.h"
#include "engine/base/violations.h"
#include "engine/formats/csv.h"
#include "engine/formats/input_file.h"

namespace trainyard {
namespace {

using nlohmann::json;

constexpr size_t kMostLineBytes = 4 << 20;
constexpr size_t kChunkBytes = 64 << 10;
constexpr size_t kLongestShown = 100;
constexpr size_t kMostSuggested = 1000;

absl::Status Wrong(const std::string& where, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(where, ": ", what));
}

std::string Shown(const std::string& text) {
  return absl::StrCat("'", SafeText(text, kLongestShown), "'");
}

// Lines without their ends, in constant memory.
class LineReader {
 public:
  explicit LineReader(InputFile& file) : file_(file) {}

  // Null at the end; valid until the next call.
  absl::StatusOr<std::optional<std::string_view>> Next() {
    for (;;) {
      const size_t end = buffer_.find('\n', searched_);
      if (end != std::string::npos || (at_end_ && begin_ < buffer_.size())) {
        const size_t stop = std::min(end, buffer_.size());
        std::string_view line(buffer_.data() + begin_, stop - begin_);
        begin_ = searched_ = std::min(stop + 1, buffer_.size());
        ++line_;
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        return std::optional<std::string_view>(line);
      }
      if (at_end_) return std::optional<std::string_view>();
      RETURN_IF_ERROR(Refill());
    }
  }
  std::string Where() const { return absl::StrCat(file_.name(), ":", line_); }

 private:
  absl::Status Refill() {
    buffer_.erase(0, begin_);
    begin_ = 0;
    searched_ = buffer_.size();
    if (buffer_.size() > kMostLineBytes) {
      return Wrong(absl::StrCat(file_.name(), ":", line_ + 1),
                   absl::StrCat("is longer than ", BytesText(kMostLineBytes)));
    }
    buffer_.resize(searched_ + kChunkBytes);
    ASSIGN_OR_RETURN(const size_t got, file_.Read(buffer_.data() + searched_, kChunkBytes));
    buffer_.resize(searched_ + got);
    at_end_ = got == 0;
    return absl::OkStatus();
  }

  InputFile& file_;
  std::string buffer_;
  size_t begin_ = 0;     // of what has not been given out
  size_t searched_ = 0;  // no line end stands before
  bool at_end_ = false;
  int64_t line_ = 0;
};

// Texts, numbers and booleans, as text; null where it is anything else.
std::optional<std::string> ValueText(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return value.dump();
  return std::nullopt;
}

absl::Status ReadObject(const json& object, const std::string& where,
                        const TextRowsOptions& options,
                        const std::function<absl::Status(const TextRow&)>& row) {
  if (!object.is_object()) return Wrong(where, "is no JSON object, as each line should be");
  const auto text = object.find(options.text);
  if (text == object.end()) {
    std::vector<std::string> names;
    for (const auto& item : object.items()) {
      if (names.size() < kMostSuggested) names.push_back(item.key());
    }
    return Wrong(
        where, absl::StrCat("has no field ", Shown(options.text), Suggestion(options.text, names)));
  }
  if (!text->is_string()) return Wrong(where, absl::StrCat(Shown(options.text), " is no text"));
  const auto label = object.find(options.label);
  const bool absent = label == object.end() || label->is_null();
  if (absent && !options.label_may_be_absent)
    return Wrong(where, absl::StrCat("has no field ", Shown(options.label)));
  const std::optional<std::string> label_text = absent ? std::string() : ValueText(*label);
  if (!label_text.has_value())
    return Wrong(where, absl::StrCat(Shown(options.label), " is no text or number"));
  if (label_text->empty() && !options.label_may_be_absent)
    return Wrong(where, absl::StrCat(Shown(options.label), " is empty"));
  return row({text->get_ref<const std::string&>(), *label_text, where});
}

absl::Status ReadJsonl(InputFile& file, const TextRowsOptions& options,
                       const std::function<absl::Status(const TextRow&)>& row) {
  LineReader reader(file);
  for (;;) {
    ASSIGN_OR_RETURN(const auto line, reader.Next());
    if (!line.has_value()) return absl::OkStatus();
    if (line->find_first_not_of(" \t") == std::string_view::npos) continue;
    const json object =
        json::parse(line->begin(), line->end(), nullptr, /*allow_exceptions=*/false);
    if (object.is_discarded()) return Wrong(reader.Where(), "is no valid JSON");
    RETURN_IF_ERROR(ReadObject(object, reader.Where(), options, row));
  }
}

absl::StatusOr<size_t> FindColumn(const std::vector<std::string>& names, const std::string& name,
                                  const std::string& where) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<size_t>(found - names.begin());
  return Wrong(where, absl::StrCat("has no column ", Shown(name), Suggestion(name, names)));
}

absl::Status ReadCsv(InputFile& file, const TextRowsOptions& options,
                     const std::function<absl::Status(const TextRow&)>& row) {
  CsvReader reader(file, options.delimiter);
  ASSIGN_OR_RETURN(bool more, reader.Next());
  if (!more) return Wrong(file.name(), "is empty; its first line should name the columns");
  const std::vector<std::string> names(reader.fields().begin(), reader.fields().end());
  ASSIGN_OR_RETURN(const size_t text, FindColumn(names, options.text, reader.Where()));
  const absl::StatusOr<size_t> label = FindColumn(names, options.label, reader.Where());
  if (!label.ok() && !options.label_may_be_absent) return label.status();
  for (;;) {
    ASSIGN_OR_RETURN(more, reader.Next());
    if (!more) return absl::OkStatus();
    const auto& fields = reader.fields();
    if (fields.size() != names.size()) {
      return Wrong(reader.Where(), absl::StrCat("has ", fields.size(),
                                                " fields where the first line has ", names.size()));
    }
    const std::string_view label_text = label.ok() ? fields[*label] : std::string_view();
    if (label_text.empty() && !options.label_may_be_absent)
      return Wrong(reader.Where(), absl::StrCat("column ", Shown(options.label), " is empty"));
    RETURN_IF_ERROR(row({fields[text], label_text, reader.Where()}));
  }
}

}  // namespace

absl::Status ForEachTextRow(const std::string& path, const std::string& name,
                            const TextRowsOptions& options,
                            const std::function<absl::Status(const TextRow&)>& row) {
  ASSIGN_OR_RETURN(const auto file, InputFile::Open(path, name));
  return options.jsonl ? ReadJsonl(*file, options, row) : ReadCsv(*file, options, row);
}

}  // namespace trainyard
