// Which job needs which file. Functions on one connection, to be called within a transaction.
//
//   upload:      AddUpload      the lease's reference, before the file is put in place
//   event:       KeepArtifact   makes it last; superseded files of the same name lose theirs
//   next claim:  DropUploads    what was uploaded and never reported
//   later:       TakeGarbage    files that lost a reference and have none left
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/database.h"
#include "server/store/jobs_table.h"
#include "trainyard/v1/event.pb.h"

namespace trainyard {

inline constexpr char kCheckpointName[] = "checkpoint";

absl::Status AddUpload(Connection& connection, int64_t job_id, uint32_t attempt,
                       const v1::Artifact& artifact);

// INVALID_ARGUMENT where the artifact was not uploaded before. Of checkpoints, row.checkpoints_kept
// stay; of other names one. Sets row.checkpoint_step.
absl::Status KeepArtifact(Connection& connection, JobRow& row, const v1::Artifact& artifact,
                          uint64_t sequence);

// False where it was dropped meanwhile, with its lease.
absl::StatusOr<bool> HasReference(Connection& connection, const std::string& job,
                                  const v1::Artifact& artifact);
// Has a file deleted, unless something refers to it.
absl::Status AddGarbage(Connection& connection, const std::string& sha256);

absl::Status DropUploads(Connection& connection, int64_t job_id);
// Forgets a reference whose file turned out to be damaged.
absl::Status DropArtifact(Connection& connection, int64_t job_id, const v1::Artifact& artifact);

// Reported artifacts of a job by name, newest step first.
absl::StatusOr<std::vector<v1::Artifact>> ArtifactsOf(Connection& connection, int64_t job_id);

bool HasGarbage(Connection& connection);
// Hashes that nothing refers to; forgets them.
absl::StatusOr<std::vector<std::string>> TakeGarbage(Connection& connection);

}  // namespace trainyard
