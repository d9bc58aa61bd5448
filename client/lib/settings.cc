#include "client/lib/settings.h"

#include <unistd.h>

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/lib/files.h"
#include "client/lib/yaml_parser.h"
#include "engine/base/status.h"
#include "engine/base/violations.h"

namespace trainyard::client {
namespace {

constexpr char kDefaultServer[] = "localhost:7070";
constexpr char kDefaultPort[] = "7070";
constexpr size_t kMaxTokenBytes = 4096;

struct Configuration {
  std::string server;
  std::string token;
  std::string token_file;
};

absl::StatusOr<Configuration> ReadConfiguration(const std::string& path) {
  Configuration configuration;
  if (path.empty() || access(path.c_str(), F_OK) != 0) return configuration;
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxSpecificationBytes));
  if (absl::StripAsciiWhitespace(text).empty()) return configuration;
  ASSIGN_OR_RETURN(const Node root, ParseYaml(text, path));
  if (root.kind == Node::Kind::kNull) return configuration;
  if (root.kind != Node::Kind::kMap) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":1:1: expected lines such as 'server: HOST:PORT'"));
  }
  const std::vector<std::string> known = {"server", "token", "token_file"};
  std::string* const targets[] = {&configuration.server, &configuration.token,
                                  &configuration.token_file};
  for (const NodeEntry& entry : root.entries) {
    const std::string at =
        absl::StrCat(path, ":", entry.position.line, ":", entry.position.column, ": ");
    std::string* target = nullptr;
    for (size_t i = 0; i < known.size(); ++i) {
      if (entry.key == known[i]) target = targets[i];
    }
    if (target == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat(at, "unknown setting '", entry.key, "'", Suggestion(entry.key, known)));
    }
    if (entry.value.kind != Node::Kind::kScalar) {
      return absl::InvalidArgumentError(absl::StrCat(at, "'", entry.key, "' must be a word"));
    }
    *target = entry.value.text;
  }
  return configuration;
}

// "host" -> "host:7070"; leaves unix: and full targets alone.
absl::StatusOr<std::string> Target(const std::string& server, const std::string& origin) {
  for (const char c : server) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", server, "' (", origin, ") is no address; expected HOST:PORT"));
    }
  }
  if (server.rfind("unix:", 0) == 0 || server.rfind("dns:", 0) == 0) return server;
  const size_t scheme = server.find("://");
  if (scheme != std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat("'", server, "' (", origin,
                                                   ") is no address; expected HOST:PORT without '",
                                                   server.substr(0, scheme + 3), "'"));
  }
  const size_t colon = server.rfind(':');
  const bool has_port = colon != std::string::npos && server.find(']', colon) == std::string::npos;
  if (!has_port) return absl::StrCat(server, ":", kDefaultPort);
  int port = 0;
  for (const char c : server.substr(colon + 1)) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c)) || port > 65535) port = 1 << 20;
    port = port * 10 + (c - '0');
  }
  if (colon == 0 || colon + 1 == server.size() || port < 1 || port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", server, "' (", origin, ") is no address; expected HOST:PORT"));
  }
  return server;
}

absl::StatusOr<std::string> ReadTokenFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxTokenBytes));
  const absl::string_view token = absl::StripAsciiWhitespace(text);
  if (token.empty())
    return absl::InvalidArgumentError(absl::StrCat("token file ", path, " is empty"));
  return std::string(token.data(), token.size());
}

absl::StatusOr<std::string> ReadToken(const Environment& environment,
                                      const Configuration& configuration) {
  std::string token = environment.Get("TRAINYARD_TOKEN");
  if (token.empty()) {
    const std::string file = environment.Get("TRAINYARD_TOKEN_FILE");
    if (!file.empty()) return ReadTokenFile(file);
    token = configuration.token;
  }
  if (token.empty() && !configuration.token_file.empty()) {
    return ReadTokenFile(configuration.token_file);
  }
  return token;
}

}  // namespace

std::string ConfigurationPath(const Environment& environment) {
  std::string base = environment.Get("XDG_CONFIG_HOME");
  if (base.empty()) {
    const std::string home = environment.Get("HOME");
    if (home.empty()) return "";
    base = home + "/.config";
  }
  return base + "/trainyard/config.yaml";
}

absl::StatusOr<Settings> ReadSettings(const std::string& server_flag,
                                      const Environment& environment) {
  const std::string path = ConfigurationPath(environment);
  ASSIGN_OR_RETURN(const Configuration configuration, ReadConfiguration(path));
  Settings settings;
  const std::pair<std::string, std::string> sources[] = {
      {server_flag, "--server"},
      {environment.Get("TRAINYARD_SERVER"), "TRAINYARD_SERVER"},
      {configuration.server, path},
      {kDefaultServer, "default"}};
  for (const auto& [server, origin] : sources) {
    if (server.empty()) continue;
    settings.server_origin = origin;
    ASSIGN_OR_RETURN(settings.server, Target(server, origin));
    break;
  }
  ASSIGN_OR_RETURN(settings.token, ReadToken(environment, configuration));
  for (const char c : settings.token) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) {
      return absl::InvalidArgumentError("the token holds a blank or a control character");
    }
  }
  return settings;
}

}  // namespace trainyard::client
