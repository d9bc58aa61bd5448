// A command of `trainyard`: what it takes and what it does. One file each, named after it;
// commands.h lists them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/cli/options.h"
#include "client/cli/session.h"

namespace trainyard::cli {

class Command {
 public:
  virtual ~Command() = default;
  // "job get": a group and a verb, or one word.
  virtual std::string name() const = 0;
  // One line, for lists of commands.
  virtual std::string summary() const = 0;
  // More help, with examples; printed below the options.
  virtual std::string details() const { return ""; }
  virtual void Declare(Options& options) = 0;
  // Returns the exit code.
  virtual int Run(Session& session) = 0;
};

using CommandList = std::vector<std::unique_ptr<Command>>;

}  // namespace trainyard::cli
