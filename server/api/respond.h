// How handlers that answer later (Calls::RunAsync) hand over what came of their work: the resource
// into the response, the status to `done`.
#pragma once

#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "server/rpc/calls.h"

namespace trainyard {

template <typename Resource>
void Respond(absl::StatusOr<Resource> result, Resource& response, const Calls::Done& done) {
  const absl::Status status = result.status();
  if (status.ok()) response = *std::move(result);
  done(status);
}

// `known`: what an earlier request with the same request_id got, if there was one. False, and
// nothing is done, where there was none.
template <typename Resource>
bool RespondAsBefore(absl::StatusOr<std::optional<Resource>> known, Resource& response,
                     const Calls::Done& done) {
  if (known.ok() && !known->has_value()) return false;
  if (!known.ok()) {
    done(known.status());
  } else {
    response = **std::move(known);
    done(absl::OkStatus());
  }
  return true;
}

}  // namespace trainyard
