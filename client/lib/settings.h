// Where the server is and how to prove who we are. Precedence: flag, environment variable,
// configuration file, default.
//
//   server      --server, TRAINYARD_SERVER, `server:`        localhost:7070
//   token       TRAINYARD_TOKEN, TRAINYARD_TOKEN_FILE, `token:` or `token_file:`
//
// The configuration file is $XDG_CONFIG_HOME/trainyard/config.yaml
// (~/.config/trainyard/config.yaml).
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/lib/environment.h"

namespace trainyard::client {

struct Settings {
  // A gRPC target: "host:port" or "unix:/path".
  std::string server;
  // What decided it, for messages: "--server", "TRAINYARD_SERVER", the file's path or "default".
  std::string server_origin;
  // Empty: calls go without one.
  std::string token;
};

// `server_flag` is empty where the flag was not given. INVALID_ARGUMENT names the file, line and
// cure.
absl::StatusOr<Settings> ReadSettings(const std::string& server_flag,
                                      const Environment& environment);

// The configuration file's path whether or not it exists; "" where no home is known.
std::string ConfigurationPath(const Environment& environment);

}  // namespace trainyard::client
