#include "server/studies/study_reading.h"

#include <algorithm>

#include "engine/base/status.h"
#include "server/store/job_state.h"
#include "server/store/log_reading.h"
#include "server/studies/activation_points.h"
#include "server/studies/study_points.h"

namespace trainyard {

absl::Status ReadPoint(const JobStore& jobs, const v1::StudySpecification& study,
                       v1::StudyPoint& point, double& test_samples) {
  ASSIGN_OR_RETURN(const v1::Job job, jobs.GetJob(point.job()));
  FillPoint(study, job, point);
  const bool shares =
      std::any_of(job.specification().metrics().begin(), job.specification().metrics().end(),
                  [](const v1::Component& metric) { return metric.type() == "accuracy"; });
  if (shares) test_samples = static_cast<double>(job.model().test_samples());
  if (!study.has_activation()) return absl::OkStatus();
  TrainingCurves curves;
  RETURN_IF_ERROR(ForEachEvent(jobs, job.name(), {v1::Event::kMetrics},
                               [&](const v1::Event& event) { curves.Add(event); }));
  FillActivationPoint(study, job, curves, point);
  return absl::OkStatus();
}

absl::StatusOr<double> FillPoints(const JobStore& jobs, v1::Study& study) {
  double test_samples = 0;
  for (v1::StudyPoint& point : *study.mutable_points()) {
    if (!IsTerminal(point.state())) continue;
    RETURN_IF_ERROR(ReadPoint(jobs, study.specification(), point, test_samples));
  }
  return test_samples;
}

}  // namespace trainyard
