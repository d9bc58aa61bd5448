// The whole program behind main: tests run it on string streams.
#pragma once

#include <string>
#include <vector>

#include "client/cli/session.h"

namespace trainyard::cli {

// `arguments` without the program's name. Returns the process's exit code.
int RunApp(const std::vector<std::string>& arguments, Session& session);

}  // namespace trainyard::cli
