// What differs between specifications, by path. A pure function.
#pragma once

#include <vector>

#include "engine/spec/catalogs.h"
#include "trainyard/v1/compare.pb.h"
#include "trainyard/v1/job.pb.h"

namespace trainyard {

// In the order of the specification; see DiffJobsResponse. Lists of different lengths are aligned
// at both ends, so that a layer put between others is one difference; indexes are those of the
// longest list. Values beyond 1,000 characters are cut, and so is what comes after a megabyte.
std::vector<v1::SpecificationDifference> DiffSpecifications(const std::vector<v1::Job>& jobs,
                                                            const Catalogs& catalogs);

}  // namespace trainyard
