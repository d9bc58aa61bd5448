// NPY, numpy's file of one array (numpy.org/doc/stable/reference/generated/numpy.lib.format.html):
// versions 1 to 3, little-endian numbers in C order. Plain or gzip.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/formats/input_file.h"

namespace trainyard {

enum class NpyKind { kFloat, kSigned, kUnsigned, kBoolean };

struct NpyHeader {
  NpyKind kind = NpyKind::kFloat;
  int width = 4;           // bytes of a value: 1, 2, 4 or 8; floats 4 or 8
  std::string descriptor;  // as in the file, "<f4"
  std::vector<int64_t> shape;
  int64_t elements = 0;
  int64_t value_bytes = 0;

  bool integral() const { return kind != NpyKind::kFloat; }
};

// Reads the header and proves that the file can hold what it announces. INVALID_ARGUMENT, with the
// numpy call that cures it, for other types and orders, and for empty arrays.
absl::StatusOr<NpyHeader> ReadNpyHeader(InputFile& file);
// Whether the size that the file claims fits its header (see ClaimedSizeFits of IDX). After
// ReadNpyHeader.
bool ClaimedSizeFits(const InputFile& file, const NpyHeader& header);

// Read all values after the header into out [elements] and check that the file ends there.
absl::Status ReadNpyBytes(InputFile& file, const NpyHeader& header,
                          uint8_t* out);  // unsigned, width 1
absl::Status ReadNpyFloats(InputFile& file, const NpyHeader& header, float* out);  // finite
absl::Status ReadNpyIntegers(InputFile& file, const NpyHeader& header,
                             int32_t* out);  // integral, in range

}  // namespace trainyard
