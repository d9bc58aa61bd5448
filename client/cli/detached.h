// What every watch ends with where Ctrl-C ended it, and not what was watched.
#pragma once

#include <string>

#include "client/cli/console.h"
#include "client/cli/exit_codes.h"

namespace trainyard::cli {

// How to come back to `name`, whose short form is `id`. `watch` and `stop` are commands: "job
// watch". Returns the exit code.
inline int SayDetached(Console& console, const std::string& name, const std::string& id,
                       const std::string& watch, const std::string& stop) {
  console.err << "detached; " << name << " goes on. Come back with 'trainyard " << watch << " "
              << id << "', stop it with 'trainyard " << stop << " " << id << "'." << std::endl;
  return kExitInterrupted;
}

}  // namespace trainyard::cli
