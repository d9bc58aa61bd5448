// Finds data sets below the data roots by the names of their files. Bounded in depth and number,
// follows no links. Blocks on disk: use an executor.
#pragma once

#include <vector>

#include "engine/data/roots.h"
#include "trainyard/v1/data_service.pb.h"

namespace trainyard {

// By path; where two roots hold the same path, that of the first root, which is the one that jobs
// read.
std::vector<v1::Dataset> ScanDatasets(const DataRoots& roots);

}  // namespace trainyard
