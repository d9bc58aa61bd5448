// Environment variables as a value, so that tests pass their own. Made once by main.
#pragma once

#include <map>
#include <string>

namespace trainyard::client {

class Environment {
 public:
  Environment() = default;
  explicit Environment(std::map<std::string, std::string> values) : values_(std::move(values)) {}
  // "" where it is not set: an empty variable counts as absent.
  std::string Get(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::string() : found->second;
  }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace trainyard::client
