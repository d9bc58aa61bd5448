// IDX, the format of MNIST and its relatives: a magic number with type and rank, the dimensions,
// then the values, all big-endian (yann.lecun.com/exdb/mnist). Plain or gzip.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/formats/input_file.h"

namespace trainyard {

enum class IdxType : uint8_t {
  kUnsignedByte = 0x08,
  kSignedByte = 0x09,
  kShort = 0x0B,
  kInt = 0x0C,
  kFloat = 0x0D,
  kDouble = 0x0E,
};

struct IdxHeader {
  IdxType type = IdxType::kUnsignedByte;
  std::vector<int64_t> dims;  // at least one
  int64_t elements = 0;       // product of dims
  int64_t value_bytes = 0;    // elements * size of one
};

// Reads the header and proves that the file can hold what it announces, so that `elements` is
// bounded by the size of the file. For gzip that bound is loose; see ClaimedSizeFits.
absl::StatusOr<IdxHeader> ReadIdxHeader(InputFile& file);

// Whether the size that the file claims fits its header: sees most cut and padded files without
// reading them. OK does not prove that the contents are whole.
bool ClaimedSizeFits(const InputFile& file, const IdxHeader& header);

// Reads all values after the header into out [elements] and checks that the file ends there.
// INVALID_ARGUMENT for another type than unsigned byte.
absl::Status ReadIdxBytes(InputFile& file, const IdxHeader& header, uint8_t* out);
// Any type; INVALID_ARGUMENT for NaN and infinities.
absl::Status ReadIdxFloats(InputFile& file, const IdxHeader& header, float* out);
// Integer types only. The values grow with what is decoded: a header that announces more than there
// is costs nothing.
absl::StatusOr<std::vector<int32_t>> ReadIdxIntegers(InputFile& file, const IdxHeader& header);

const char* IdxTypeName(IdxType type);

}  // namespace trainyard
