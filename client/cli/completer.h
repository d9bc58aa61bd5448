// Shell completion: what may stand where the cursor is. The shells' scripts call `trainyard
// __complete WORDS...` and print what it answers, so that they know nothing of the commands
// themselves.
#pragma once

#include <string>
#include <vector>

#include "client/cli/command.h"

namespace trainyard::cli {

struct Candidate {
  std::string text;
  std::string doc;
};

// What the shell itself completes beside `candidates`.
enum class ShellCompletion { kNothing, kFiles, kFolders };

struct Completions {
  std::vector<Candidate> candidates;
  ShellCompletion shell = ShellCompletion::kNothing;
};

// `words`: those after "trainyard", the last one unfinished (maybe empty). Job names and components
// come from the server within a fraction of a second, or not at all.
Completions Complete(const CommandList& commands, const std::vector<std::string>& words,
                     Session& session);

// The command behind the scripts: "TEXT<tab>DOC" a line, then ":files" or ":folders" where the
// shell is to go on. Returns the exit code.
int PrintCompletions(const CommandList& commands, const std::vector<std::string>& words,
                     Session& session);

}  // namespace trainyard::cli
