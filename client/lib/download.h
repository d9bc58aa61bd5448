// Fetches a file that a job left, or of a data set. A broken stream goes on from the byte it
// reached; the whole is checked against its SHA-256 before it takes its name, so that no half or
// wrong file is ever seen.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "client/lib/client.h"
#include "trainyard/v1/dataset.pb.h"
#include "trainyard/v1/event.pb.h"

namespace trainyard::client {

// Writes artifact `artifact` of `job` ("jobs/...") to `path`, replacing what is there. DATA_LOSS:
// the bytes do not match the hash.
absl::StatusOr<v1::Artifact> DownloadArtifact(Client& client, const std::string& job,
                                              const std::string& artifact, const std::string& path);

// Small ones (predictions) into memory; INVALID_ARGUMENT beyond `limit` bytes.
absl::StatusOr<std::string> ReadArtifact(Client& client, const std::string& job,
                                         const std::string& artifact, size_t limit);

// Writes a file of a version ("flowers@3") to `path`. What an earlier call left of it stands in
// "<path>.<hash>.part", and is gone on with. `progress` gets numbers of bytes that came, or were
// there.
absl::Status DownloadDatasetFile(Client& client, const std::string& version,
                                 const v1::DatasetFile& file, const std::string& path,
                                 const std::function<void(uint64_t)>& progress);

}  // namespace trainyard::client
