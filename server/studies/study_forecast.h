// From the measured points of a study to a forecast, and from a job to its score. Pure functions.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "trainyard/v1/forecast.pb.h"
#include "trainyard/v1/job.pb.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard {

// `study` has its points filled in; `wanted` has contender, samples and parameters (0: those of the
// contender). `test_samples` as for AnalyseStudy. FAILED_PRECONDITION INSUFFICIENT_DATA,
// ILL_BEHAVED.
absl::StatusOr<v1::Forecast> ForecastStudy(const v1::Study& study, const v1::Forecast& wanted,
                                           double test_samples);

// By the mean test error of the job's runs. FAILED_PRECONDITION NO_RESULTS, NO_VALIDATION.
absl::StatusOr<v1::ForecastScore> ScoreBy(const v1::Forecast& forecast, const v1::Job& job);

v1::ForecastRecord RecordOf(const std::vector<v1::Forecast>& scored);

}  // namespace trainyard
