// Sends files to the server as a version of a data set. What the server has is not sent again: a
// broken stream, a restarted server and a client that was killed all go on where they were, by the
// hash of each content.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/lib/client.h"
#include "client/lib/dataset_files.h"
#include "trainyard/v1/data_service.pb.h"

namespace trainyard::client {

struct UploadPlan {
  std::string dataset;
  std::vector<LocalFile> files;  // with hashes
  bool append = false;
  bool repeat = false;
};

// What is on its way. Called again and again; `sent` counts what the server had, too.
struct UploadProgress {
  uint64_t sent = 0;
  uint64_t total = 0;
  // That the server had when we began: whole files, and beginnings of files.
  uint64_t known = 0;
  // The last bytes are there; the server makes the version.
  bool making = false;
};
using OnProgress = std::function<void(const UploadProgress&)>;

// DATA_LOSS: what arrived is not what was hashed. FAILED_PRECONDITION: a file changed meanwhile.
absl::StatusOr<v1::CreateDatasetVersionResponse> UploadVersion(Client& client,
                                                               const UploadPlan& plan,
                                                               const OnProgress& progress);

}  // namespace trainyard::client
