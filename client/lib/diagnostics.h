// Where the parts of a specification stand, and complaints about them as a compiler prints them:
//
//   experiment.yaml:12:14: model.layers[2].units: must be at least 1
//
// Filled while a file is read; used again for the violations that the server sends back. A value
// type.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/lib/node.h"
#include "engine/base/violations.h"

namespace trainyard::client {

class SourceMap {
 public:
  SourceMap() = default;
  explicit SourceMap(std::string file) : file_(std::move(file)) {}
  // `path` as in violations: "model.layers[2].units".
  void Add(const std::string& path, const Position& position) { positions_[path] = position; }
  // "file:line:col: path: message"; where the path itself is not in the file, its nearest ancestor.
  std::string Describe(const Violation& violation) const;
  const std::string& file() const { return file_; }

 private:
  std::string file_;
  std::map<std::string, Position> positions_;
};

// One line a violation, in the given order.
std::vector<std::string> Describe(const std::vector<Violation>& violations,
                                  const SourceMap& sources);

}  // namespace trainyard::client
