#include "server/api/study_forecaster.h"

#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "engine/base/status.h"
#include "server/api/forecast_making.h"
#include "server/rpc/exceptions.h"
#include "server/store/names.h"
#include "server/studies/study_reading.h"

namespace trainyard {
namespace {

constexpr auto kPause = std::chrono::milliseconds(500);
constexpr auto kPauseAfterError = std::chrono::seconds(30);

}  // namespace

void StudyForecaster::Tick() {
  {
    MutexLock lock(mutex_);
    const std::chrono::nanoseconds now = clock_.Monotonic();
    if (busy_ || now < next_) return;
    const uint64_t published = notifier_.published();
    if (!due_ && published == seen_) return;
    busy_ = true;
    due_ = false;
    seen_ = published;
    next_ = now + kPause;
  }
  executor_.Post([this] {
    const absl::Status done = CatchExceptions([this] { return KeepAll(); });
    if (!done.ok()) spdlog::warn("forecasts of studies were not kept: {}", Message(done));
    MutexLock lock(mutex_);
    busy_ = false;
    if (done.ok()) return;
    due_ = true;
    next_ = clock_.Monotonic() + kPauseAfterError;
  });
}

absl::Status StudyForecaster::KeepAll() {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, studies_.ForecastsDue());
  for (const std::string& name : names) RETURN_IF_ERROR(Keep(name));
  return absl::OkStatus();
}

absl::Status StudyForecaster::Keep(const std::string& name) {
  ASSIGN_OR_RETURN(v1::Study study, studies_.Get(name));
  std::vector<StoredForecast> made;
  if (study.state() == v1::SUCCEEDED && !study.specification().forecast_sizes().empty()) {
    ASSIGN_OR_RETURN(const double test_samples, FillPoints(jobs_, study));
    for (const v1::Contender& contender : study.specification().contenders()) {
      for (const auto size : study.specification().forecast_sizes()) {
        v1::Forecast wanted;
        wanted.set_contender(contender.name());
        wanted.set_samples(static_cast<double>(size));
        absl::StatusOr<StoredForecast> forecast =
            MakeForecast(jobs_, checker_, study, wanted, test_samples);
        // Too few sizes, no law, or measured already: the study's report says so of its laws.
        if (absl::IsFailedPrecondition(forecast.status())) continue;
        RETURN_IF_ERROR(forecast.status());
        made.push_back(*std::move(forecast));
      }
    }
  }
  const size_t count = made.size();
  ASSIGN_OR_RETURN(const size_t kept,
                   forecasts_.KeepOfStudy(name, study.points_size(), std::move(made), ForecastLabel,
                                          KernelRandom, clock_.Now()));
  if (count > 0) spdlog::info("{}: {} of {} forecasts kept", name, kept, count);
  return absl::OkStatus();
}

}  // namespace trainyard
