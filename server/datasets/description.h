// What a version holds, for people: shapes, samples, classes with their balance, columns with their
// ranges. Reads every file that it understands, within bounds. Never fails: what cannot be read is
// said in the part's `problem`.
#pragma once

#include <string>

#include "trainyard/v1/dataset.pb.h"

namespace trainyard {

// `tree`: the version's folder, see version_tree.h. The version's own field is left out.
v1::DatasetDescription DescribeFiles(const v1::DatasetLayout& layout, const std::string& tree);

}  // namespace trainyard
