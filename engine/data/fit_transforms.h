// The part of LoadData that fits transforms, and keeps what those give that are worth it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/data/load.h"
#include "engine/data/part.h"
#include "engine/data/split.h"

namespace trainyard {

// Bytes of what a transform that is worth keeping gives: for all samples where it fits any job
// (`stateless`: no transform up to it looked at the training part) and is not too large, else for
// those of this plan's parts.
int64_t KeptBytes(const DataPlan& plan, bool stateless, const Shape& shape);

// Appends the plan's transforms, fitted on parts.train, to the reader; what each found. `fill` is
// what replaced missing values.
absl::StatusOr<std::vector<FittedValues>> FitTransforms(DataPlan& plan,
                                                        const std::vector<float>& fill,
                                                        const SplitIndices& parts,
                                                        const DataRoots& roots, ThreadPool& pool,
                                                        FeatureReader& reader);

}  // namespace trainyard
