// Keeps the forecasts that studies ask for with forecast_sizes: once a study has SUCCEEDED, that of
// every contender at every such size that nobody has measured is stored, to be scored when its run
// comes. A study that is extended is looked at again.
//
//   StudyForecaster forecaster(executor, notifier, jobs, studies, forecasts, checker, clock);
//   ... every 100 ms or so: forecaster.Tick();
//
// Which studies are due is on disk, and is taken back in the transaction that stores the forecasts:
// a server that is killed at any point goes on where it was, and no forecast is kept twice. Thread-
// safe; the work runs on `executor`, one study at a time, and may take seconds. End: stop the
// executor before it goes.
#pragma once

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "server/api/specification_checker.h"
#include "server/jobs/executor.h"
#include "server/jobs/notifier.h"
#include "server/store/forecast_store.h"
#include "server/store/job_store.h"
#include "server/store/study_store.h"

namespace trainyard {

class StudyForecaster {
 public:
  StudyForecaster(Executor& executor, const Notifier& notifier, const JobStore& jobs,
                  const StudyStore& studies, ForecastStore& forecasts,
                  const SpecificationChecker& checker, const Clock& clock)
      : executor_(executor),
        notifier_(notifier),
        jobs_(jobs),
        studies_(studies),
        forecasts_(forecasts),
        checker_(checker),
        clock_(clock) {}

  // Looks for studies that are due, where a job has moved since the last time.
  void Tick();

 private:
  absl::Status KeepAll();
  absl::Status Keep(const std::string& study);

  Executor& executor_;
  const Notifier& notifier_;
  const JobStore& jobs_;
  const StudyStore& studies_;
  ForecastStore& forecasts_;
  const SpecificationChecker& checker_;
  const Clock& clock_;
  Mutex mutex_;
  bool busy_ TRAINYARD_GUARDED_BY(mutex_) = false;
  // Something may be due: at first, when a job moved, and after an error.
  bool due_ TRAINYARD_GUARDED_BY(mutex_) = true;
  uint64_t seen_ TRAINYARD_GUARDED_BY(mutex_) = 0;
  std::chrono::nanoseconds next_ TRAINYARD_GUARDED_BY(mutex_){0};
};

}  // namespace trainyard
