#include "engine/formats/npy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kLongestHeader = 64 << 10;
constexpr size_t kMostDimensions = 32;  // numpy's own limit
constexpr size_t kChunkValues = 64 << 10;

absl::Status Wrong(const InputFile& file, const std::string& message) {
  return absl::InvalidArgumentError(absl::StrCat(file.name(), ": ", message));
}

// Reads the Python literal {'descr': '<f4', 'fortran_order': False, 'shape': (60000, 784), }.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text) {}

  bool Parse() {
    if (!Take('{')) return false;
    while (!Take('}')) {
      const std::optional<std::string> key = String();
      if (!key || !Take(':') || !Value(*key)) return false;
      if (!Take(',') && Peek() != '}') return false;
    }
    return Peek() == '\0' && descriptor && fortran && shape;
  }

  std::optional<std::string> descriptor;
  std::optional<bool> fortran;
  std::optional<std::vector<int64_t>> shape;

 private:
  bool Value(const std::string& key) {
    if (key == "descr") return (descriptor = String()).has_value();
    if (key == "shape") return Tuple();
    if (key != "fortran_order") return false;
    if (Word("True")) {
      fortran = true;
    } else if (Word("False")) {
      fortran = false;
    }
    return fortran.has_value();
  }
  bool Tuple() {
    if (!Take('(')) return false;
    shape.emplace();
    while (!Take(')')) {
      int64_t dim = 0;
      Peek();
      const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), dim);
      if (error != std::errc() || dim < 0 || shape->size() == kMostDimensions) return false;
      text_.remove_prefix(static_cast<size_t>(end - text_.data()));
      Take('L');  // Python 2
      shape->push_back(dim);
      if (!Take(',') && Peek() != ')') return false;
    }
    return true;
  }
  std::optional<std::string> String() {
    const char quote = Peek();
    if (quote != '\'' && quote != '"') return std::nullopt;
    const size_t end = text_.find(quote, 1);
    if (end == std::string_view::npos) return std::nullopt;
    std::string value(text_.substr(1, end - 1));
    text_.remove_prefix(end + 1);
    return value;
  }
  bool Word(std::string_view word) {
    Peek();
    if (text_.substr(0, word.size()) != word) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  bool Take(char c) {
    if (Peek() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  // The next character that is no blank; 0 at the end.
  char Peek() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\n'))
      text_.remove_prefix(1);
    return text_.empty() ? '\0' : text_.front();
  }

  std::string_view text_;
};

absl::Status ReadType(const InputFile& file, NpyHeader& header) {
  const std::string& descriptor = header.descriptor;
  const auto refuse = [&](const std::string& cure) {
    return Wrong(
        file, absl::StrCat("holds values of numpy type '", descriptor.substr(0, 32), "'; ", cure));
  };
  constexpr char kCure[] = "save array.astype('<f4') for features, array.astype('<i4') for labels";
  if (descriptor.size() != 3) return refuse(kCure);
  const char order = descriptor[0];
  header.width = descriptor[2] - '0';
  if (order == '>' && header.width > 1) return refuse(kCure);
  if (order != '<' && order != '|' && order != '>' && order != '=') return refuse(kCure);
  const bool whole =
      header.width == 1 || header.width == 2 || header.width == 4 || header.width == 8;
  switch (descriptor[1]) {
    case 'f':
      header.kind = NpyKind::kFloat;
      return header.width == 4 || header.width == 8 ? absl::OkStatus() : refuse(kCure);
    case 'i':
      header.kind = NpyKind::kSigned;
      return whole ? absl::OkStatus() : refuse(kCure);
    case 'u':
      header.kind = NpyKind::kUnsigned;
      return whole ? absl::OkStatus() : refuse(kCure);
    case 'b':
      header.kind = NpyKind::kBoolean;
      return header.width == 1 ? absl::OkStatus() : refuse(kCure);
    default:
      return refuse(kCure);
  }
}

uint64_t LittleEndian(const unsigned char* bytes, int width) {
  uint64_t word = 0;
  for (int i = width - 1; i >= 0; --i) word = word << 8 | bytes[i];
  return word;
}

template <typename To, typename From>
To BitCopy(From from) {
  To to;
  static_assert(sizeof(To) == sizeof(From));
  std::memcpy(&to, &from, sizeof(to));
  return to;
}

int64_t SignedValue(uint64_t word, int width) {
  const int unused = 64 - 8 * width;
  return static_cast<int64_t>(word << unused) >> unused;
}

double FloatValue(const NpyHeader& header, const unsigned char* bytes) {
  const uint64_t word = LittleEndian(bytes, header.width);
  switch (header.kind) {
    case NpyKind::kFloat:
      return header.width == 4 ? BitCopy<float>(static_cast<uint32_t>(word))
                               : BitCopy<double>(word);
    case NpyKind::kSigned:
      return static_cast<double>(SignedValue(word, header.width));
    case NpyKind::kUnsigned:
      return static_cast<double>(word);
    case NpyKind::kBoolean:
      return word != 0 ? 1 : 0;
  }
  return 0;
}

// Calls store(index, bytes) for each value, then expects the end.
template <typename Store>
absl::Status ReadValues(InputFile& file, const NpyHeader& header, Store store) {
  std::vector<unsigned char> chunk(kChunkValues * static_cast<size_t>(header.width));
  for (int64_t first = 0; first < header.elements;) {
    const int64_t count = std::min<int64_t>(kChunkValues, header.elements - first);
    RETURN_IF_ERROR(file.ReadExactly(chunk.data(), static_cast<size_t>(count * header.width)));
    for (int64_t i = 0; i < count; ++i)
      RETURN_IF_ERROR(store(first + i, chunk.data() + i * header.width));
    first += count;
  }
  return file.ExpectEnd();
}

}  // namespace

absl::StatusOr<NpyHeader> ReadNpyHeader(InputFile& file) {
  std::array<unsigned char, 8> start;
  RETURN_IF_ERROR(file.ReadExactly(start.data(), start.size()));
  if (std::memcmp(start.data(), kMagic.data(), kMagic.size()) != 0) {
    return Wrong(file, "is no NPY file; write it with numpy.save");
  }
  const int version = start[6];
  if (version < 1 || version > 3)
    return Wrong(file, absl::StrCat("is of NPY version ", version, "; expected 1 to 3"));
  std::array<unsigned char, 4> length_bytes = {};
  RETURN_IF_ERROR(file.ReadExactly(length_bytes.data(), version == 1 ? 2 : 4));
  const uint64_t length = LittleEndian(length_bytes.data(), 4);
  if (length > kLongestHeader)
    return Wrong(file, absl::StrCat("announces a header of ", length, " bytes; it is broken"));
  std::string text(length, '\0');
  RETURN_IF_ERROR(file.ReadExactly(text.data(), text.size()));
  HeaderParser parser(text);
  if (!parser.Parse()) {
    return Wrong(
        file,
        "has a header that is none of a plain array; save one array of numbers with numpy.save");
  }
  NpyHeader header;
  header.descriptor = *parser.descriptor;
  header.shape = *parser.shape;
  RETURN_IF_ERROR(ReadType(file, header));
  if (*parser.fortran && header.shape.size() > 1) {
    return Wrong(file, "is in Fortran order; save numpy.ascontiguousarray(array)");
  }
  header.elements = 1;
  bool overflow = false;
  for (int64_t dim : header.shape)
    overflow |= __builtin_mul_overflow(header.elements, dim, &header.elements);
  const std::string shape = absl::StrCat("(", absl::StrJoin(header.shape, ", "), ")");
  if (header.shape.empty() ||
      std::find(header.shape.begin(), header.shape.end(), 0) != header.shape.end()) {
    return Wrong(file, absl::StrCat("holds no samples (shape ", shape, ")"));
  }
  overflow |= __builtin_mul_overflow(header.elements, header.width, &header.value_bytes);
  if (overflow || header.value_bytes > file.most_bytes() - file.position()) {
    return Wrong(
        file, absl::StrCat("announces an array of shape ", shape, " and type ", header.descriptor,
                           ", more than the file can hold; it is cut short"));
  }
  return header;
}

bool ClaimedSizeFits(const InputFile& file, const NpyHeader& header) {
  constexpr int64_t kModulus = int64_t{1} << 32;
  const int64_t expected = file.position() + header.value_bytes;
  const absl::StatusOr<int64_t> claimed = file.ClaimedBytes();
  return claimed.ok() && *claimed == (file.compressed() ? expected % kModulus : expected);
}

absl::Status ReadNpyBytes(InputFile& file, const NpyHeader& header, uint8_t* out) {
  RETURN_IF_ERROR(file.ReadExactly(out, static_cast<size_t>(header.elements)));
  return file.ExpectEnd();
}

absl::Status ReadNpyFloats(InputFile& file, const NpyHeader& header, float* out) {
  const int64_t row = header.elements / header.shape[0];
  return ReadValues(file, header, [&](int64_t index, const unsigned char* bytes) {
    const double value = FloatValue(header, bytes);
    out[index] = static_cast<float>(value);
    if (std::isfinite(out[index])) return absl::OkStatus();
    return Wrong(
        file,
        absl::StrCat("value ", index % row, " of sample ", index / row, " is ", value,
                     "; values must be finite and within the range of a float (numpy.nan_to_num)"));
  });
}

absl::Status ReadNpyIntegers(InputFile& file, const NpyHeader& header, int32_t* out) {
  if (!header.integral()) {
    return Wrong(
        file,
        absl::StrCat("holds values of type ", header.descriptor,
                     "; class labels must be integers: save labels.astype('<i4'), or set `task: "
                     "regression`"));
  }
  return ReadValues(file, header, [&](int64_t index, const unsigned char* bytes) {
    const uint64_t word = LittleEndian(bytes, header.width);
    const bool is_signed = header.kind == NpyKind::kSigned;
    const int64_t value = is_signed ? SignedValue(word, header.width) : static_cast<int64_t>(word);
    out[index] = static_cast<int32_t>(value);
    const bool huge = !is_signed && value < 0;  // beyond 2^63
    if (!huge && out[index] == value) return absl::OkStatus();
    return Wrong(file, absl::StrCat("label of sample ", index, " is ",
                                    huge ? "beyond 2^63" : absl::StrCat(value),
                                    "; class labels are numbered from 0"));
  });
}

}  // namespace trainyard
