#include "engine/formats/idx.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

constexpr size_t kChunkValues = 64 << 10;

int64_t BytesOf(IdxType type) {
  switch (type) {
    case IdxType::kUnsignedByte:
    case IdxType::kSignedByte:
      return 1;
    case IdxType::kShort:
      return 2;
    case IdxType::kInt:
    case IdxType::kFloat:
      return 4;
    case IdxType::kDouble:
      return 8;
  }
  return 0;
}

template <typename Word>
Word BigEndian(const unsigned char* bytes) {
  Word word = 0;
  for (size_t i = 0; i < sizeof(Word); ++i) word = static_cast<Word>(word << 8 | bytes[i]);
  return word;
}

double ValueOf(IdxType type, const unsigned char* bytes) {
  switch (type) {
    case IdxType::kUnsignedByte:
      return *bytes;
    case IdxType::kSignedByte:
      return static_cast<int8_t>(*bytes);
    case IdxType::kShort:
      return static_cast<int16_t>(BigEndian<uint16_t>(bytes));
    case IdxType::kInt:
      return static_cast<int32_t>(BigEndian<uint32_t>(bytes));
    case IdxType::kFloat:
      return std::bit_cast<float>(BigEndian<uint32_t>(bytes));
    case IdxType::kDouble:
      return std::bit_cast<double>(BigEndian<uint64_t>(bytes));
  }
  return 0;
}

// Calls store(index, value) for each value, then expects the end.
template <typename Store>
absl::Status ReadValues(InputFile& file, const IdxHeader& header, Store store) {
  const int64_t width = BytesOf(header.type);
  std::vector<unsigned char> chunk(kChunkValues * static_cast<size_t>(width));
  for (int64_t first = 0; first < header.elements;) {
    const int64_t count = std::min<int64_t>(kChunkValues, header.elements - first);
    RETURN_IF_ERROR(file.ReadExactly(chunk.data(), static_cast<size_t>(count * width)));
    for (int64_t i = 0; i < count; ++i) {
      RETURN_IF_ERROR(store(first + i, ValueOf(header.type, chunk.data() + i * width)));
    }
    first += count;
  }
  return file.ExpectEnd();
}

}  // namespace

const char* IdxTypeName(IdxType type) {
  switch (type) {
    case IdxType::kUnsignedByte:
      return "unsigned byte";
    case IdxType::kSignedByte:
      return "signed byte";
    case IdxType::kShort:
      return "short";
    case IdxType::kInt:
      return "int";
    case IdxType::kFloat:
      return "float";
    case IdxType::kDouble:
      return "double";
  }
  return "unknown";
}

absl::StatusOr<IdxHeader> ReadIdxHeader(InputFile& file) {
  std::array<unsigned char, 4> magic;
  RETURN_IF_ERROR(file.ReadExactly(magic.data(), magic.size()));
  IdxHeader header;
  header.type = static_cast<IdxType>(magic[2]);
  const int64_t width = BytesOf(header.type);
  if (magic[0] != 0 || magic[1] != 0 || width == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.name(), ": is no IDX file: it begins with bytes ", absl::StrJoin(magic, " "),
        "; expected 0 0, a type (8, 9, 11 to 14) and the number of dimensions"));
  }
  if (magic[3] == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(file.name(), ": its header announces no dimension"));
  }
  header.elements = 1;
  bool overflow = false;
  for (int axis = 0; axis < magic[3]; ++axis) {
    std::array<unsigned char, 4> bytes;
    RETURN_IF_ERROR(file.ReadExactly(bytes.data(), bytes.size()));
    header.dims.push_back(BigEndian<uint32_t>(bytes.data()));
    overflow |= __builtin_mul_overflow(header.elements, header.dims.back(), &header.elements);
  }
  const std::string dims = absl::StrJoin(header.dims, " x ");
  if (std::find(header.dims.begin(), header.dims.end(), 0) != header.dims.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat(file.name(), ": holds no samples (dimensions ", dims, ")"));
  }
  overflow |= __builtin_mul_overflow(header.elements, width, &header.value_bytes);
  if (overflow || header.value_bytes > file.most_bytes() - file.position()) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.name(), ": its header announces ", dims, " values of type ", IdxTypeName(header.type),
        ", more than the file can hold; it is cut short or no IDX file"));
  }
  return header;
}

bool ClaimedSizeFits(const InputFile& file, const IdxHeader& header) {
  constexpr int64_t kModulus = int64_t{1} << 32;
  const int64_t expected = static_cast<int64_t>(4 + 4 * header.dims.size()) + header.value_bytes;
  const absl::StatusOr<int64_t> claimed = file.ClaimedBytes();
  return claimed.ok() && *claimed == (file.compressed() ? expected % kModulus : expected);
}

absl::Status ReadIdxBytes(InputFile& file, const IdxHeader& header, uint8_t* out) {
  if (header.type != IdxType::kUnsignedByte) {
    return absl::InvalidArgumentError(absl::StrCat(file.name(), ": holds values of type ",
                                                   IdxTypeName(header.type),
                                                   "; expected unsigned byte"));
  }
  RETURN_IF_ERROR(file.ReadExactly(out, static_cast<size_t>(header.elements)));
  return file.ExpectEnd();
}

absl::Status ReadIdxFloats(InputFile& file, const IdxHeader& header, float* out) {
  return ReadValues(file, header, [&](int64_t index, double value) {
    out[index] = static_cast<float>(value);
    if (std::isfinite(out[index])) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(file.name(), ": value ", index, " is ", value,
                     "; values must be finite and within the range of a float"));
  });
}

absl::StatusOr<std::vector<int32_t>> ReadIdxIntegers(InputFile& file, const IdxHeader& header) {
  if (header.type == IdxType::kFloat || header.type == IdxType::kDouble) {
    return absl::InvalidArgumentError(absl::StrCat(file.name(), ": holds values of type ",
                                                   IdxTypeName(header.type),
                                                   "; labels must be integers"));
  }
  std::vector<int32_t> values;
  RETURN_IF_ERROR(ReadValues(file, header, [&](int64_t, double value) {
    values.push_back(static_cast<int32_t>(value));
    return absl::OkStatus();
  }));
  return values;
}

}  // namespace trainyard
