// From the words of the command line to a command that is ready to run. The only file that includes
// CLI11.
#pragma once

#include <string>
#include <vector>

#include "client/cli/command.h"

namespace trainyard::cli {

// Parses and runs. `arguments` without the program's name. Returns the process's exit code.
int ParseAndRun(const CommandList& commands, const std::vector<std::string>& arguments,
                Session& session);

}  // namespace trainyard::cli
