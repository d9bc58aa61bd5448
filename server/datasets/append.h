// Appending to files without writing what is there again: the new file is the old one's segments
// and a few more. The old file's samples are the first ones of the new file, in their order.
//
//   csv, tsv     rows; a header is compared and left out
//   jsonl, txt   lines
//   npy, idx     along the first axis; type and other axes are compared, the header is made anew
//
// Plain and gzip in any mixture; the file stays what it was. Blocks: reads both files.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/datasets/content_store.h"
#include "trainyard/v1/dataset.pb.h"

namespace trainyard {

// `before_path`: where the file is now, in the tree of its version. INVALID_ARGUMENT, beginning
// with the file's path: what cannot be appended, and what would be right. DATA_LOSS: stored bytes
// have changed.
absl::StatusOr<v1::DatasetLayout::File> AppendToFile(const v1::DatasetLayout::File& before,
                                                     const std::string& before_path,
                                                     const v1::DatasetFile& more,
                                                     ContentStore& contents);

// Whether IDX files of images and of their labels, which lie side by side, have as many of both.
absl::Status CheckIdxPairs(const v1::DatasetLayout& layout, const std::string& tree);

}  // namespace trainyard
