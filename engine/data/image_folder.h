// What files a folder of images holds, for the data source `images`: classes by subfolder, sorted
// by name, so that the samples have one order everywhere. Links are followed only within the data
// roots. Pure functions of the file system.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/data/roots.h"

namespace trainyard {

struct ImageFile {
  std::string name;  // below the roots, as messages call it
  std::string path;
  int32_t label = 0;  // -1: without
};

struct ImageFolder {
  std::vector<std::string> classes;  // by label
  std::vector<ImageFile> files;      // of training, then of the test part
  int64_t train_count = 0;
};

// `folder` holds train/<class>/* and perhaps test/<class>/*, or <class>/*. `like`: classes that a
// model knows, in their order; then images may also lie in the folder itself, without labels, and a
// class that the model does not know is an error.
absl::StatusOr<ImageFolder> ListImages(const std::string& folder,
                                       const std::vector<std::string>* like,
                                       const DataRoots& roots);

}  // namespace trainyard
