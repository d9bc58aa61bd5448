// Files of this machine as the files of a data set: which they are, what they are called there, and
// their hashes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace trainyard::client {

struct LocalFile {
  std::string path;   // in the data set: "images/cat/1.png"
  std::string local;  // on this machine
  uint64_t size_bytes = 0;
  std::string sha256;
};

// A file is called by its last name; a folder gives all files in it, by their paths below it,
// without those whose names begin with '.'. `as` renames: the path of the only file, or a folder
// for all of them. Sorted by path. INVALID_ARGUMENT, NOT_FOUND: what there is nothing to send of.
// Sizes are known, hashes are not.
absl::StatusOr<std::vector<LocalFile>> CollectFiles(const std::vector<std::string>& places,
                                                    const std::string& as);

// Of a file, with its size. `hashed`: called with the number of bytes that were read.
absl::Status HashFile(LocalFile& file, const std::function<void(uint64_t)>& hashed);

uint64_t SizeOf(const std::vector<LocalFile>& files);

// "<sha256> <size> <path>\n" for each, as the server keeps them.
std::string FileListOf(const std::vector<LocalFile>& files);

}  // namespace trainyard::client
