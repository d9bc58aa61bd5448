// Runs the command line in this process against a server in memory: words in; exit code, output and
// errors out.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "client/cli/app.h"
#include "client/cli/console.h"
#include "client/cli/session.h"
#include "tests/client/fake_server.h"
#include "tests/client/temporary_folder.h"

namespace trainyard::cli {

struct Ran {
  int code = 0;
  std::string out;
  std::string err;
};

class Harness {
 public:
  // Without a server: the address where none listens.
  Ran CliAt(const std::string& server, const std::vector<std::string>& words) {
    std::ostringstream out;
    std::ostringstream err;
    Console console{out, err};
    console.out_is_terminal = terminal;
    console.err_is_terminal = terminal;
    console.width = [this] { return width; };
    const client::Environment environment(
        {{"TRAINYARD_SERVER", server}, {"XDG_CONFIG_HOME", folder.path()}});
    Session session(console, environment, interrupt);
    session.set_retry_for(patience);
    Ran ran;
    ran.code = RunApp(words, session);
    ran.out = out.str();
    ran.err = err.str();
    return ran;
  }
  Ran Cli(const std::vector<std::string>& words) { return CliAt(server.address(), words); }

  client::FakeServer server;
  client::TemporaryFolder folder;
  client::Interrupt interrupt;
  std::chrono::milliseconds patience{2000};
  bool terminal = false;
  int width = 80;
};

}  // namespace trainyard::cli
