// What submissions of jobs and of studies have in common: a file with changes on its way to a
// request.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "client/cli/exit_codes.h"
#include "client/cli/session.h"

namespace trainyard::cli {

struct SubmissionOptions {
  std::string path;
  std::vector<std::string> overrides;
  std::string name;
  std::string request_id;
  int64_t priority = 0;
  bool dry_run = false;
};

// Reads, sends, and says on `err` what is wrong; then `exit_code` is not 0 and the answer empty.
// `read(path, overrides)` gives the file, `prepare(request)` changes its specification, `create(
// client, request)` sends it.
template <typename Request, typename Read, typename Prepare, typename Create>
auto SendSubmission(const SubmissionOptions& options, Session& session, int& exit_code,
                    const Read& read, const Prepare& prepare, const Create& create) {
  using Answer = typename decltype(create(std::declval<client::Client&>(),
                                          std::declval<const Request&>()))::value_type;
  std::vector<std::string> overrides = options.overrides;
  if (!options.name.empty()) overrides.push_back("name=" + options.name);
  const auto file = read(options.path, overrides);
  if (!file.ok()) {
    exit_code = session.FailReading(file.status());
    return Answer();
  }
  if (options.priority < std::numeric_limits<int32_t>::min() ||
      options.priority > std::numeric_limits<int32_t>::max()) {
    exit_code = session.Fail(absl::InvalidArgumentError("--priority: must be -100 to 100"));
    return Answer();
  }
  const absl::StatusOr<client::Client*> client = session.Connect();
  if (!client.ok()) {
    exit_code = session.Fail(client.status());
    return Answer();
  }
  Request request;
  *request.mutable_specification() = file->specification;
  if (const absl::Status prepared = prepare(request); !prepared.ok()) {
    exit_code = session.Fail(prepared);
    return Answer();
  }
  request.set_priority(static_cast<int32_t>(options.priority));
  request.set_request_id(options.request_id);
  request.set_validate_only(options.dry_run);
  auto answer = create(**client, request);
  if (!answer.ok()) {
    exit_code = session.Fail(answer.status(), &file->sources);
    return Answer();
  }
  exit_code = kExitOk;
  return *std::move(answer);
}

}  // namespace trainyard::cli
