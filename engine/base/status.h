// Status helpers for the whole tree.
//
//   RETURN_IF_ERROR(Step());
//   ASSIGN_OR_RETURN(Shape shape, InferShape(inputs));
#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define TRAINYARD_CONCAT_INNER(a, b) a##b
#define TRAINYARD_CONCAT(a, b) TRAINYARD_CONCAT_INNER(a, b)

// The variable has a name that no expression uses: a member may be called status_.
#define RETURN_IF_ERROR(expression)                                             \
  do {                                                                          \
    if (absl::Status return_if_error_ = (expression); !return_if_error_.ok()) { \
      return return_if_error_;                                                  \
    }                                                                           \
  } while (false)

#define ASSIGN_OR_RETURN(declaration, expression) \
  ASSIGN_OR_RETURN_INNER(TRAINYARD_CONCAT(status_or_, __LINE__), declaration, expression)

#define ASSIGN_OR_RETURN_INNER(temporary, declaration, expression) \
  auto temporary = (expression);                                   \
  if (!temporary.ok()) {                                           \
    return std::move(temporary).status();                          \
  }                                                                \
  declaration = *std::move(temporary)

namespace trainyard {

// Ends the process with file, line and message. For our own mistakes only: nothing that a user can
// send may reach it.
[[noreturn]] void CheckFailed(const char* file, int line, const std::string& message);

// abseil -> std string in one place: absl::string_view is not std::string_view on Debian 12.
inline std::string Message(const absl::Status& status) {
  return std::string(status.message().data(), status.message().size());
}

}  // namespace trainyard

#define TRAINYARD_CHECK(condition, message)                                                   \
  do {                                                                                        \
    if (!(condition)) {                                                                       \
      ::trainyard::CheckFailed(__FILE__, __LINE__, std::string(#condition ": ") + (message)); \
    }                                                                                         \
  } while (false)
