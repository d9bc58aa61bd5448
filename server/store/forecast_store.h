// Forecasts as they were made, and their scores. Blocks on SQLite, see job_store.h. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/store.h"
#include "trainyard/v1/forecast.pb.h"

namespace trainyard {

struct StoredForecast {
  v1::Forecast forecast;
  // Of the job that measures it, see result_keys.h; empty where it is scored by hand alone.
  std::string result_key;
};

class ForecastStore {
 public:
  explicit ForecastStore(Store& store) : store_(store) {}

  // Gives it a name, "forecasts/<label>-<random>", and its time. RESOURCE_EXHAUSTED
  // TOO_MANY_FORECASTS.
  absl::StatusOr<v1::Forecast> Insert(StoredForecast forecast, const std::string& label,
                                      const std::function<uint64_t()>& random,
                                      std::chrono::nanoseconds now);
  // Stores those of a study that it has not stored for the same contender and samples before, as
  // many as there is room for, and takes back that they are due: all in one transaction. Does
  // nothing where the study has other than `points` points by now, or nothing is due. Returns how
  // many.
  absl::StatusOr<size_t> KeepOfStudy(const std::string& study, int points,
                                     std::vector<StoredForecast> forecasts,
                                     const std::function<std::string(const v1::Forecast&)>& label,
                                     const std::function<uint64_t()>& random,
                                     std::chrono::nanoseconds now);
  // NOT_FOUND FORECAST_NOT_FOUND. See names.h for `name`.
  absl::StatusOr<StoredForecast> Get(const std::string& name) const;
  // Newest first; those before `before_id` where it is not 0. `last_id`: where the next page
  // begins, 0 where there is none.
  absl::StatusOr<std::vector<StoredForecast>> List(int count, bool scored, int64_t before_id,
                                                   int64_t& last_id) const;
  absl::StatusOr<std::vector<v1::Forecast>> Scored() const;
  absl::StatusOr<std::vector<StoredForecast>> Unscored() const;
  absl::StatusOr<int64_t> Count() const;
  // Writes its score.
  absl::Status Update(const v1::Forecast& forecast);
  absl::Status Delete(const std::string& name);

 private:
  absl::StatusOr<std::vector<StoredForecast>> Select(const std::string& where, int64_t a, int64_t b,
                                                     int64_t limit, int64_t* last_id) const;

  Store& store_;
};

}  // namespace trainyard
