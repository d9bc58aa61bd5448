// Comma-separated values as RFC 4180 has them: quoted fields with doubled quotes and line breaks,
// LF or CRLF, a leading byte-order mark. Read record by record in constant memory.
//
//   CsvReader reader(file, ',');
//   for (;;) {
//     ASSIGN_OR_RETURN(const bool more, reader.Next());
//     if (!more) break;
//     Use(reader.fields(), reader.line());
//   }
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/formats/input_file.h"

namespace trainyard {

class CsvReader {
 public:
  // The file must outlive the reader and be at its beginning.
  CsvReader(InputFile& file, char delimiter) : file_(file), delimiter_(delimiter) {}

  // False at the end. Skips empty lines. INVALID_ARGUMENT "file:line: ..." for an unclosed quote,
  // text after a quote, NUL bytes, and records beyond a limit.
  absl::StatusOr<bool> Next();
  // Of the record just read, without quotes; unquoted ones without surrounding blanks. Valid until
  // Next.
  const std::vector<std::string_view>& fields() const { return fields_; }
  // Where the record begins, from 1.
  int64_t line() const { return line_; }
  // "file:line".
  std::string Where() const;

 private:
  enum class Parsed { kRecord, kNeedsMore };

  absl::Status Refill();
  absl::StatusOr<Parsed> ParseRecord();
  absl::StatusOr<Parsed> ParseQuoted(size_t& at);
  absl::Status Wrong(const std::string& message) const;

  InputFile& file_;
  const char delimiter_;
  std::string buffer_;
  size_t begin_ = 0;  // of what has not been parsed
  bool at_end_ = false;
  bool started_ = false;
  int64_t line_ = 1;
  int64_t next_line_ = 1;
  std::vector<std::string_view> fields_;
  std::deque<std::string> unescaped_;  // fields that are not spelt as they stand in the file
};

enum class CsvValue { kMissing, kNumber, kText, kOutOfRange };

// Empty, ?, NA, N/A, NaN and null are missing. A number is written out as a float would be; beyond
// the range of a float (or infinite) it is kOutOfRange.
CsvValue Classify(std::string_view field, float& number);

}  // namespace trainyard
