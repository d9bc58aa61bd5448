// Follows what happens to a study, over broken connections and restarts of the server: as watch.h
// does with a job. Each event comes once and in order; a hole in the sequence is DATA_LOSS. Only
// `End` ends a watch. Blocks the calling thread; the handler is called there.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "client/lib/client.h"
#include "client/lib/interrupt.h"
#include "trainyard/v1/study_service.pb.h"

namespace trainyard::client {

class StudyWatchHandler {
 public:
  virtual ~StudyWatchHandler() = default;
  virtual void OnEvent(const v1::StudyEvent& event) = 0;
  // Nothing happened for a second.
  virtual void OnQuiet() {}
  // The stream broke and is being resumed; called once until frames flow again.
  virtual void OnLost(const absl::Status& status) {}
  virtual void OnResumed() {}
};

struct StudyWatchOptions {
  // "studies/...".
  std::string study;
  // How long to look for a lost server before giving up.
  std::chrono::milliseconds reconnect_for{300'000};
};

// How the study ended; nothing where Ctrl-C ended the watch. NOT_FOUND, UNAVAILABLE (no server),
// DATA_LOSS.
absl::StatusOr<std::optional<v1::WatchJobResponse::End>> WatchStudy(
    Client& client, const StudyWatchOptions& options, StudyWatchHandler& handler,
    Interrupt& interrupt);

}  // namespace trainyard::client
