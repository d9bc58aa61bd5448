// What the jobs of a study say of its points, read from the store. Blocks, see job_store.h.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/job_store.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard {

// Fills in a point whose job has ended. `test_samples`: see FillPoints; left as it is where the job
// does not tell.
absl::Status ReadPoint(const JobStore& jobs, const v1::StudySpecification& study,
                       v1::StudyPoint& point, double& test_samples);
// Fills in the points whose jobs have ended. Returns the number of samples of the test part that
// all are judged on, where the error is a share of them, else 0.
absl::StatusOr<double> FillPoints(const JobStore& jobs, v1::Study& study);

}  // namespace trainyard
