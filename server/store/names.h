// Names of stored resources, "<collection>/<label>-<random>": unused ones, and those that a user
// means by the beginning of one. Functions on one connection.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/database.h"

namespace trainyard {

// A table with the columns id and name.
struct Collection {
  const char* table;   // "jobs", also the first part of the names
  const char* noun;    // "job"
  const char* reason;  // "JOB_NOT_FOUND"
};
inline constexpr Collection kJobs = {"jobs", "job", "JOB_NOT_FOUND"};
inline constexpr Collection kStudies = {"studies", "study", "STUDY_NOT_FOUND"};
inline constexpr Collection kSweeps = {"sweeps", "sweep", "SWEEP_NOT_FOUND"};
inline constexpr Collection kForecasts = {"forecasts", "forecast", "FORECAST_NOT_FOUND"};

// The random ends of names, unless a test brings its own.
uint64_t KernelRandom();

// `label`: what the user would like; what names do not have is left out of it.
absl::StatusOr<std::string> UnusedName(Connection& connection, const Collection& collection,
                                       const std::string& label,
                                       const std::function<uint64_t()>& random);

// NOT_FOUND.
absl::Status NoSuch(const Collection& collection, const std::string& name);

// The full name for "jobs/...", a bare name, a unique prefix of one, or "@last" (the newest).
// NOT_FOUND; INVALID_ARGUMENT, AMBIGUOUS with the candidates, for `field` of the request.
absl::StatusOr<std::string> ResolveName(Connection& connection, const Collection& collection,
                                        const std::string& name, const std::string& field);

}  // namespace trainyard
