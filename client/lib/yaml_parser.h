// YAML (and JSON, which is YAML in flow style) into Nodes. The only file that includes yaml-cpp.
//
// yaml-cpp alone takes duplicate keys, expands aliases without bound and says little about where it
// is: this reader refuses duplicate keys, counts nodes after expansion, bounds depth and keeps
// positions.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/lib/node.h"

namespace trainyard::client {

// Far above any sensible specification, far below what hurts.
constexpr size_t kMaxSpecificationBytes = 1 << 20;
constexpr int kMaxYamlDepth = 24;
constexpr size_t kMaxYamlNodes = 200'000;

// `file` is the name that errors begin with ("file:line:col: ..."). INVALID_ARGUMENT where the text
// is not exactly one document.
absl::StatusOr<Node> ParseYaml(const std::string& text, const std::string& file);

}  // namespace trainyard::client
