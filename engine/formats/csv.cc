#include "engine/formats/csv.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

constexpr size_t kChunkBytes = 64 << 10;
constexpr size_t kMostRecordBytes = 16 << 20;
constexpr size_t kMostFields = 1 << 20;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string CsvReader::Where() const { return absl::StrCat(file_.name(), ":", line_); }

absl::Status CsvReader::Wrong(const std::string& message) const {
  return absl::InvalidArgumentError(absl::StrCat(Where(), ": ", message));
}

absl::Status CsvReader::Refill() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  if (buffer_.size() > kMostRecordBytes) {
    return Wrong(absl::StrCat("the record that begins here is longer than ", kMostRecordBytes >> 20,
                              " MiB; is a quote not closed?"));
  }
  // Grows by doubling, so that a long record is scanned a few times only.
  const size_t old = buffer_.size();
  const size_t wanted = std::max(kChunkBytes, old);
  buffer_.resize(old + wanted);
  size_t filled = old;
  while (filled < buffer_.size() && !at_end_) {
    ASSIGN_OR_RETURN(const size_t got,
                     file_.Read(buffer_.data() + filled, buffer_.size() - filled));
    at_end_ = got == 0;
    filled += got;
  }
  buffer_.resize(filled);
  if (buffer_.find('\0', old) != std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        file_.name(), ": holds NUL bytes: it is no text in UTF-8 (save a UTF-16 file as UTF-8)"));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> CsvReader::Next() {
  if (!started_) {
    RETURN_IF_ERROR(Refill());
    if (buffer_.compare(0, kByteOrderMark.size(), kByteOrderMark) == 0)
      begin_ = kByteOrderMark.size();
    started_ = true;
  }
  for (;;) {
    line_ = next_line_;
    ASSIGN_OR_RETURN(const Parsed parsed, ParseRecord());
    if (parsed == Parsed::kNeedsMore) {
      next_line_ = line_;
      RETURN_IF_ERROR(Refill());
      continue;
    }
    const bool empty_line = fields_.size() == 1 && fields_[0].empty();
    if (!empty_line) return true;
    if (at_end_ && begin_ == buffer_.size()) return false;
  }
}

// Parses from begin_; on kRecord begin_ is after the record's line break. At the end of the file an
// empty record is one empty field.
absl::StatusOr<CsvReader::Parsed> CsvReader::ParseRecord() {
  fields_.clear();
  unescaped_.clear();
  size_t at = begin_;
  for (;;) {
    while (at < buffer_.size() && IsBlank(buffer_[at]) && buffer_[at] != delimiter_) ++at;
    if (at < buffer_.size() && buffer_[at] == '"') {
      ASSIGN_OR_RETURN(const Parsed parsed, ParseQuoted(at));
      if (parsed == Parsed::kNeedsMore) return parsed;
    } else {
      const size_t start = at;
      while (at < buffer_.size() && buffer_[at] != delimiter_ && buffer_[at] != '\n') ++at;
      std::string_view field(buffer_.data() + start, at - start);
      const bool line_ends = at == buffer_.size() || buffer_[at] == '\n';
      if (line_ends && !field.empty() && field.back() == '\r') field.remove_suffix(1);
      fields_.push_back(Trim(field));
    }
    if (fields_.size() > kMostFields)
      return Wrong(absl::StrCat("has more than ", kMostFields, " fields"));
    if (at == buffer_.size()) {
      if (!at_end_) return Parsed::kNeedsMore;
      begin_ = at;
      return Parsed::kRecord;
    }
    const char end = buffer_[at++];
    if (end == '\n') {
      ++next_line_;
      begin_ = at;
      return Parsed::kRecord;
    }
  }
}

// `at` is on the opening quote; afterwards on the delimiter or line break that ends the field, or
// at the end of the buffer.
absl::StatusOr<CsvReader::Parsed> CsvReader::ParseQuoted(size_t& at) {
  const size_t start = ++at;
  bool doubled = false;
  for (;; ++at) {
    if (at == buffer_.size()) {
      if (at_end_) return Wrong("a quote is opened here and not closed");
      return Parsed::kNeedsMore;
    }
    if (buffer_[at] == '\n') ++next_line_;
    if (buffer_[at] != '"') continue;
    if (at + 1 == buffer_.size() && !at_end_) return Parsed::kNeedsMore;
    if (at + 1 == buffer_.size() || buffer_[at + 1] != '"') break;
    doubled = true;
    ++at;
  }
  std::string_view field(buffer_.data() + start, at - start);
  if (doubled) {
    std::string& text = unescaped_.emplace_back();
    for (size_t i = 0; i < field.size(); ++i) {
      text += field[i];
      if (field[i] == '"') ++i;
    }
    field = text;
  }
  fields_.push_back(field);
  ++at;
  while (at < buffer_.size() && (IsBlank(buffer_[at]) || buffer_[at] == '\r') &&
         buffer_[at] != delimiter_)
    ++at;
  if (at < buffer_.size() && buffer_[at] != delimiter_ && buffer_[at] != '\n') {
    return Wrong(absl::StrCat("text follows the closing quote of field ", fields_.size(),
                              "; a quote within a field is written twice"));
  }
  return Parsed::kRecord;
}

CsvValue Classify(std::string_view field, float& number) {
  constexpr std::array<std::string_view, 8> kMissing = {"",    "?",   "NA",   "N/A",
                                                        "NaN", "nan", "null", "NULL"};
  if (std::find(kMissing.begin(), kMissing.end(), field) != kMissing.end())
    return CsvValue::kMissing;
  if (field.front() == '+' && field.size() > 1 && field[1] != '-') field.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (end != field.data() + field.size()) return CsvValue::kText;
  number = static_cast<float>(value);
  // A number too small for a double is one, and near enough to zero.
  const bool vanishes =
      error == std::errc::result_out_of_range && field.find("e-") != std::string_view::npos;
  if (vanishes) number = 0;
  if (error == std::errc() && std::isfinite(number)) return CsvValue::kNumber;
  return vanishes ? CsvValue::kNumber : CsvValue::kOutOfRange;
}

}  // namespace trainyard
