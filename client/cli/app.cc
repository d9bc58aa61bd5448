#include "client/cli/app.h"

#include "client/cli/commands.h"
#include "client/cli/completer.h"
#include "client/cli/parser.h"

namespace trainyard::cli {

int RunApp(const std::vector<std::string>& arguments, Session& session) {
  const CommandList commands = AllCommands();
  // The words of an unfinished line are no command line: the parser does not see them.
  if (!arguments.empty() && arguments[0] == "__complete") {
    return PrintCompletions(commands, {arguments.begin() + 1, arguments.end()}, session);
  }
  return ParseAndRun(commands, arguments, session);
}

}  // namespace trainyard::cli
