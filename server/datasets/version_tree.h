// A version of a data set as a folder that the engine reads: <folder>/versions/flowers@3 with a
// hard link to the stored content of each file, and for files of several segments what
// engine/formats/file_bytes.h says. Costs names and no bytes. Blocks.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "server/datasets/content_store.h"
#include "trainyard/v1/dataset.pb.h"

namespace trainyard {

// Makes the folder `path`, in place of what is there: all of it or nothing.
absl::Status MakeVersionTree(const v1::DatasetLayout& layout, const ContentStore& contents,
                             const std::string& path);

}  // namespace trainyard
