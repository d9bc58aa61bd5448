// Which stored contents of data sets there are, and who needs them. Functions on one connection, to
// be called within a transaction. The files themselves are ContentStore's (server/datasets).
//
//   upload:        AddContent, ClaimContent   kept for a day, whatever else happens
//   new version:   UseContents, then its row; DropClaims of what it was made from
//   removal:       DropUses
//   later:         TakeContentGarbage         what nobody needs any more
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/database.h"

namespace trainyard {

struct ContentTotals {
  uint64_t size_bytes = 0;
  uint64_t number = 0;
};

// A content whose file is in place, claimed by who sent it.
absl::Status AddContent(Connection& connection, const std::string& sha256, uint64_t size_bytes,
                        std::chrono::nanoseconds now);
// False where there is no such content, of that size.
absl::StatusOr<bool> ClaimContent(Connection& connection, const std::string& sha256,
                                  uint64_t size_bytes, std::chrono::nanoseconds now);
// Without a claim. False where there is none; `size_bytes` is set where there is.
absl::StatusOr<bool> FindContent(Connection& connection, const std::string& sha256,
                                 uint64_t& size_bytes);
absl::StatusOr<ContentTotals> TotalsOfContents(Connection& connection);
// Of the versions of a data set together; what they share counts once.
absl::StatusOr<uint64_t> StoredBytesOf(Connection& connection, const std::string& dataset);

// FAILED_PRECONDITION CONTENTS_MISSING where one is not there.
absl::Status UseContents(Connection& connection, const std::string& dataset, uint32_t version,
                         const std::vector<std::string>& hashes);
absl::Status DropUses(Connection& connection, const std::string& dataset, uint32_t version);
absl::Status DropClaims(Connection& connection, const std::vector<std::string>& hashes);
// Those made before `time`.
absl::Status DropOldClaims(Connection& connection, std::chrono::nanoseconds time);

bool HasContentGarbage(Connection& connection);
// At most `limit` contents that nobody needs; forgets them. Their files are to be deleted before
// the transaction ends, so that no claim comes between.
absl::StatusOr<std::vector<std::string>> TakeContentGarbage(Connection& connection, int limit);
// Uses of versions that were never made: an earlier server died on the way.
absl::Status DropOrphanedUses(Connection& connection);

}  // namespace trainyard
