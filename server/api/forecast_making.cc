#include "server/api/forecast_making.h"

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "engine/base/violations.h"
#include "server/studies/study_forecast.h"
#include "server/studies/study_plan.h"

namespace trainyard {
namespace {

// Of the job that would measure it; empty where none could be submitted now.
std::string ResultKeyOf(const SpecificationChecker& checker, const v1::Study& study,
                        const v1::Forecast& forecast) {
  if (forecast.contender().empty()) return "";
  v1::StudySpecification one = study.specification();
  one.clear_sizes();
  one.add_sizes(static_cast<uint64_t>(forecast.samples()));
  Violations violations;
  const StudyPlan plan = PlanStudy(one, violations);
  if (!violations.empty()) return "";
  for (int i = 0; i < plan.study.points_size(); ++i) {
    if (plan.study.points(i).contender() != forecast.contender()) continue;
    // A size beyond what the data have now is a violation, and no error.
    const CheckedSpecification checked =
        checker.CheckTraining(plan.jobs[static_cast<size_t>(i)], violations);
    return violations.empty() ? checked.result_key : "";
  }
  return "";
}

}  // namespace

absl::StatusOr<StoredForecast> MakeForecast(const JobStore& jobs,
                                            const SpecificationChecker& checker,
                                            const v1::Study& study, const v1::Forecast& wanted,
                                            double test_samples) {
  StoredForecast made;
  ASSIGN_OR_RETURN(made.forecast, ForecastStudy(study, wanted, test_samples));
  made.result_key = ResultKeyOf(checker, study, made.forecast);
  ASSIGN_OR_RETURN(const std::string known, jobs.FindResult(made.result_key));
  if (known.empty()) return made;
  return WithReason(absl::FailedPreconditionError(absl::StrCat(
                        known, " has measured this already: a forecast of it could not fail")),
                    "ALREADY_MEASURED", {{"job", known}});
}

std::string ForecastLabel(const v1::Forecast& wanted) {
  return absl::StrCat(wanted.contender().empty() ? "ladder" : wanted.contender(), "-",
                      static_cast<uint64_t>(wanted.samples()));
}

}  // namespace trainyard
