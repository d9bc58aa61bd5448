// Answers to requests with a request_id, so that a repeat gets what the first one got. Functions on
// one connection, to be called within the transaction that makes what the request asks for.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/database.h"
#include "trainyard/v1/job.pb.h"

namespace trainyard {

// At least so long; after it an id is a new one.
inline constexpr std::chrono::nanoseconds kAnswersAreKept = std::chrono::hours(7 * 24);

// ALREADY_EXISTS REQUEST_ID_REUSED: the id was used with another body.
absl::Status RequestIdReused(const std::string& request_id);

// `query` gives the name of what the request made, and the hash of its body. That name; "" where
// the query has no row. ALREADY_EXISTS REQUEST_ID_REUSED.
absl::StatusOr<std::string> NameMadeBy(Statement query, const std::string& request_id,
                                       const std::string& request_hash);

// The stored answer; nothing where the id is empty or new. ALREADY_EXISTS REQUEST_ID_REUSED where
// it was used with another body.
absl::StatusOr<std::optional<v1::Job>> FindAnswer(Connection& connection,
                                                  const std::string& request_id,
                                                  const std::string& body_hash);

// Does nothing where the id is empty. Forgets answers that are older than kAnswersAreKept. The
// specification and model of `answer` are not stored again.
absl::Status RememberAnswer(Connection& connection, const std::string& request_id,
                            const std::string& body_hash, int64_t job_id, v1::Job answer,
                            std::chrono::nanoseconds now);

}  // namespace trainyard
