// The list of files that a version is made of, as clients send it: "<sha256> <size> <path>\n" for
// each file, sorted by path. Its SHA-256 is that of the version. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "trainyard/v1/dataset.pb.h"

namespace trainyard {

inline constexpr size_t kMostDatasetFiles = 100'000;
inline constexpr uint64_t kLargestFileList = 64 << 20;

// INVALID_ARGUMENT where a name leads out of the data set, begins with '.', is no UTF-8 or too
// long, where a file is also a folder, and for lines that are none of a list.
absl::StatusOr<std::vector<v1::DatasetFile>> ParseFileList(const std::string& text);
std::string WriteFileList(const std::vector<v1::DatasetFile>& files);

// Data source that a specification reads a version with: "idx", "csv", "npy", "text"; "" where its
// files do not tell.
std::string SourceOf(const std::vector<v1::DatasetFile>& files);
// By name: idx, csv, npy, jsonl, text, images, other. A ".gz" at the end does not count.
std::string FormatOf(const std::string& path);

}  // namespace trainyard
