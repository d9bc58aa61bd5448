// A forecast from what a study has measured, as it is stored: with the key of the job that would
// measure it. Used by ForecastService, for users, and by StudyForecaster. Blocks: fits laws, and
// reads the store.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "server/api/specification_checker.h"
#include "server/store/forecast_store.h"
#include "server/store/job_store.h"
#include "trainyard/v1/forecast.pb.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard {

// `study` has its points filled in; see ForecastStudy for `wanted`, `test_samples` and errors.
// FAILED_PRECONDITION ALREADY_MEASURED{job}, too: it could not fail.
absl::StatusOr<StoredForecast> MakeForecast(const JobStore& jobs,
                                            const SpecificationChecker& checker,
                                            const v1::Study& study, const v1::Forecast& wanted,
                                            double test_samples);
// What names of forecasts begin with: "mlp-100000".
std::string ForecastLabel(const v1::Forecast& wanted);

}  // namespace trainyard
