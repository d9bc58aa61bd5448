#include "server/store/forecast_store.h"

#include <utility>

#include <google/protobuf/util/time_util.h>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "server/store/names.h"
#include "server/store/rows.h"

namespace trainyard {
namespace {

// A list scores all that wait for their runs, and a record reads all that have a score.
constexpr int64_t kMostForecasts = 2000;
constexpr char kSelect[] = "SELECT id, result_key, forecast FROM forecasts";

absl::Status ReadRow(const Statement& query, StoredForecast& row) {
  row.result_key = query.Bytes(1);
  if (row.forecast.ParseFromString(query.Bytes(2))) return absl::OkStatus();
  return UnreadableRow(kForecasts.noun);
}

absl::StatusOr<bool> IsFull(Connection& connection) {
  Statement count = connection.Query("SELECT COUNT(*) FROM forecasts");
  const bool full = count.Next() && count.Int(0) >= kMostForecasts;
  RETURN_IF_ERROR(count.status());
  return full;
}

// Gives it its name and time.
absl::Status InsertRow(Connection& connection, const std::string& label,
                       const std::function<uint64_t()>& random, std::chrono::nanoseconds now,
                       StoredForecast& forecast) {
  ASSIGN_OR_RETURN(const std::string name, UnusedName(connection, kForecasts, label, random));
  forecast.forecast.set_name(name);
  *forecast.forecast.mutable_create_time() =
      google::protobuf::util::TimeUtil::NanosecondsToTimestamp(now.count());
  return connection.Run(
      "INSERT INTO forecasts (name, scored, result_key, forecast) VALUES (?, 0, ?, ?)", name,
      forecast.result_key, Blob{forecast.forecast.SerializeAsString()});
}

// The id of the study where its forecasts are due and rest on so many points, else 0.
absl::StatusOr<int64_t> DueStudy(Connection& connection, const std::string& study, int points) {
  Statement query = connection.Query(
      "SELECT id FROM studies s WHERE name = ? AND forecasts_due = 1 AND ? = (SELECT COUNT(*) FROM "
      "study_jobs p WHERE p.study_id = s.id)",
      study, int64_t{points});
  const int64_t id = query.Next() ? query.Int(0) : 0;
  RETURN_IF_ERROR(query.status());
  return id;
}

// False where one was stored before, even if somebody removed it since.
absl::StatusOr<bool> IsFirst(Connection& connection, int64_t study, const v1::Forecast& forecast) {
  const auto samples = static_cast<int64_t>(forecast.samples());
  {
    Statement known = connection.Query(
        "SELECT 1 FROM study_forecasts WHERE study_id = ? AND contender = ? AND samples = ?", study,
        forecast.contender(), samples);
    if (known.Next()) return false;
    RETURN_IF_ERROR(known.status());
  }
  RETURN_IF_ERROR(
      connection.Run("INSERT INTO study_forecasts (study_id, contender, samples) VALUES (?, ?, ?)",
                     study, forecast.contender(), samples));
  return true;
}

}  // namespace

absl::StatusOr<v1::Forecast> ForecastStore::Insert(StoredForecast forecast,
                                                   const std::string& label,
                                                   const std::function<uint64_t()>& random,
                                                   std::chrono::nanoseconds now) {
  RETURN_IF_ERROR(store_.WriteAndWait([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(const bool full, IsFull(connection));
    if (full) {
      return WithReason(
          absl::ResourceExhaustedError(absl::StrCat("at most ", kMostForecasts,
                                                    " forecasts are kept; 'trainyard forecast "
                                                    "rm' makes room")),
          "TOO_MANY_FORECASTS", {{"limit", absl::StrCat(kMostForecasts)}});
    }
    return InsertRow(connection, label, random, now, forecast);
  }));
  return std::move(forecast.forecast);
}

absl::StatusOr<size_t> ForecastStore::KeepOfStudy(
    const std::string& study, int points, std::vector<StoredForecast> forecasts,
    const std::function<std::string(const v1::Forecast&)>& label,
    const std::function<uint64_t()>& random, std::chrono::nanoseconds now) {
  size_t kept = 0;
  RETURN_IF_ERROR(store_.WriteAndWait([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(const int64_t id, DueStudy(connection, study, points));
    if (id == 0) return absl::OkStatus();
    for (StoredForecast& each : forecasts) {
      ASSIGN_OR_RETURN(const bool full, IsFull(connection));
      if (full) break;
      ASSIGN_OR_RETURN(const bool first, IsFirst(connection, id, each.forecast));
      if (!first) continue;
      RETURN_IF_ERROR(InsertRow(connection, label(each.forecast), random, now, each));
      ++kept;
    }
    return connection.Run("UPDATE studies SET forecasts_due = 0 WHERE id = ?", id);
  }));
  return kept;
}

absl::StatusOr<StoredForecast> ForecastStore::Get(const std::string& name) const {
  StoredForecast row;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(const std::string full, ResolveName(connection, kForecasts, name, "name"));
    return ReadRowOf(connection, kForecasts, kSelect, full,
                     [&](const Statement& query) { return ReadRow(query, row); });
  }));
  return row;
}

absl::StatusOr<std::vector<StoredForecast>> ForecastStore::Select(const std::string& where,
                                                                  int64_t a, int64_t b,
                                                                  int64_t limit,
                                                                  int64_t* last_id) const {
  std::vector<StoredForecast> rows;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    Statement query = connection.Query(
        absl::StrCat(kSelect, " WHERE ", where, " ORDER BY id DESC LIMIT ?3"), a, b, limit);
    while (query.Next()) {
      RETURN_IF_ERROR(ReadRow(query, rows.emplace_back()));
      if (last_id != nullptr) *last_id = query.Int(0);
    }
    return query.status();
  }));
  return rows;
}

absl::StatusOr<std::vector<StoredForecast>> ForecastStore::List(int count, bool scored,
                                                                int64_t before_id,
                                                                int64_t& last_id) const {
  last_id = 0;
  // One more tells whether there is another page.
  ASSIGN_OR_RETURN(std::vector<StoredForecast> rows,
                   Select("(?1 = 0 OR id < ?1) AND scored >= ?2", before_id, scored ? 1 : 0,
                          count + 1, nullptr));
  if (rows.size() <= static_cast<size_t>(count)) return rows;
  ASSIGN_OR_RETURN(rows, Select("(?1 = 0 OR id < ?1) AND scored >= ?2", before_id, scored ? 1 : 0,
                                count, &last_id));
  return rows;
}

absl::StatusOr<std::vector<v1::Forecast>> ForecastStore::Scored() const {
  ASSIGN_OR_RETURN(std::vector<StoredForecast> rows,
                   Select("scored = ?1 AND ?2 = 0", 1, 0, kMostForecasts, nullptr));
  std::vector<v1::Forecast> forecasts;
  for (StoredForecast& row : rows) forecasts.push_back(std::move(row.forecast));
  return forecasts;
}

absl::StatusOr<std::vector<StoredForecast>> ForecastStore::Unscored() const {
  return Select("scored = ?1 AND ?2 = 0 AND result_key <> ''", 0, 0, kMostForecasts, nullptr);
}

absl::StatusOr<int64_t> ForecastStore::Count() const {
  int64_t count = 0;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    Statement query = connection.Query("SELECT COUNT(*) FROM forecasts");
    if (query.Next()) count = query.Int(0);
    return query.status();
  }));
  return count;
}

absl::Status ForecastStore::Update(const v1::Forecast& forecast) {
  return store_.WriteAndWait([&](Connection& connection) {
    return connection.Run("UPDATE forecasts SET scored = ?, forecast = ? WHERE name = ?",
                          forecast.has_score() ? 1 : 0, Blob{forecast.SerializeAsString()},
                          forecast.name());
  });
}

absl::Status ForecastStore::Delete(const std::string& name) {
  return store_.WriteAndWait([&](Connection& connection) {
    return connection.Run("DELETE FROM forecasts WHERE name = ?", name);
  });
}

}  // namespace trainyard
