// What a command runs in: streams, environment, the server. Made once per process (or per test).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/cli/console.h"
#include "client/lib/client.h"
#include "client/lib/diagnostics.h"
#include "client/lib/environment.h"
#include "client/lib/interrupt.h"

namespace trainyard::cli {

class Options;

class Session {
 public:
  Session(Console& console, const client::Environment& environment, client::Interrupt& interrupt)
      : console_(console), environment_(environment), interrupt_(interrupt) {}

  Console& console() { return console_; }
  const client::Environment& environment() const { return environment_; }
  client::Interrupt& interrupt() { return interrupt_; }

  // Options that every command takes: --server, --patience.
  void Declare(Options& options);

  // The server of flag, environment and configuration; connects with the first call.
  absl::StatusOr<client::Client*> Connect();
  // The same with another patience, for completion.
  void set_retry_for(std::chrono::milliseconds time) { retry_for_ = time; }

  // Says on `err` what went wrong and returns the exit code. Violations are shown at their place in
  // the file where `sources` is given.
  int Fail(const absl::Status& status, const client::SourceMap* sources = nullptr);
  // The same for what ReadSpecification returns: its lines begin with file:line:col, as editors
  // like them.
  int FailReading(const absl::Status& status);

 private:
  Console& console_;
  const client::Environment& environment_;
  client::Interrupt& interrupt_;
  std::string server_flag_;
  std::string patience_flag_;
  std::chrono::milliseconds retry_for_{5'000};
  std::unique_ptr<client::Client> client_;
};

}  // namespace trainyard::cli
