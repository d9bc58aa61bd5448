// The part of Compile for a specification with a learner in place of a net.
#pragma once

#include <memory>

#include "engine/spec/compile.h"

namespace trainyard {

// A violation for each field of a net beside the learner.
void RefuseNetFields(const v1::Specification& specification, Violations& violations);

// Makes the learner and, where the data is known, checks that it fits and fills `size`. Null where
// something was added to violations.
std::unique_ptr<Learner> CompileLearner(const v1::Specification& specification,
                                        const DataPlan& data, bool data_known,
                                        const Catalogs& catalogs, LearnerSize& size,
                                        Violations& violations);

// Memory of a fit, with the samples that it takes; without the process and the data as loaded.
int64_t LearnerMemory(const Learner& learner, const LearnerSize& size, const DataPlan& data);

// Samples that are predicted at once: bounds what a wide sample takes, and how long a product runs
// before a stop is seen.
int64_t LearnerBlock(int64_t features);

}  // namespace trainyard
