#include "client/lib/overrides.h"

#include <cstdlib>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/lib/scalars.h"
#include "client/lib/yaml_parser.h"
#include "engine/base/status.h"

namespace trainyard::client {
namespace {

constexpr size_t kMaxSegments = 32;

// A name or an index.
struct Segment {
  std::string name;
  std::optional<size_t> index;
};

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
}

// "model.layers[0].units" -> model, layers, 0, units. Empty where it is no path.
std::vector<Segment> ParsePath(const std::string& path) {
  std::vector<Segment> segments;
  size_t i = 0;
  while (i < path.size() && segments.size() < kMaxSegments) {
    if (path[i] == '[' && i > 0) {
      const size_t close = path.find(']', i);
      if (close == std::string::npos || close == i + 1 || close - i > 7) return {};
      const std::string digits = path.substr(i + 1, close - i - 1);
      if (digits.find_first_not_of("0123456789") != std::string::npos) return {};
      segments.push_back({"", static_cast<size_t>(std::atol(digits.c_str()))});
      i = close + 1;
      continue;
    }
    if (i > 0 && path[i] != '.') return {};
    if (i > 0) ++i;
    const size_t start = i;
    while (i < path.size() && IsNameCharacter(path[i])) ++i;
    if (i == start) return {};
    segments.push_back({path.substr(start, i - start), std::nullopt});
  }
  return i == path.size() ? segments : std::vector<Segment>();
}

void SetOrigin(Node& node, const std::string& origin) {
  node.position = {0, 0, origin};
  for (Node& item : node.items) SetOrigin(item, origin);
  for (NodeEntry& entry : node.entries) {
    entry.position = {0, 0, origin};
    SetOrigin(entry.value, origin);
  }
}

absl::StatusOr<Node*> StepIntoList(Node& node, size_t index, const std::string& walked) {
  if (node.kind == Node::Kind::kNull) node.kind = Node::Kind::kList;
  if (node.kind != Node::Kind::kList) {
    return absl::InvalidArgumentError(absl::StrCat("'", walked, "' is not a list"));
  }
  if (index > node.items.size()) {
    return absl::InvalidArgumentError(absl::StrCat("'", walked, "' has ", node.items.size(),
                                                   " entries; [", node.items.size(),
                                                   "] would append"));
  }
  if (index == node.items.size()) node.items.emplace_back();
  return &node.items[index];
}

absl::StatusOr<Node*> StepIntoMap(Node& node, const std::string& name, const std::string& walked) {
  if (node.kind == Node::Kind::kNull) node.kind = Node::Kind::kMap;
  if (node.kind == Node::Kind::kScalar) {  // `optimizer: adam` with optimizer.learning_rate=...
    Node type = node;
    const Position position = node.position;
    node = Node::Map();
    node.position = position;
    node.Add("type", std::move(type));
  }
  if (node.kind != Node::Kind::kMap) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", walked, "' is a list; choose an entry: ", walked, "[0].", name));
  }
  Node* found = node.Find(name);
  return found != nullptr ? found : &node.Add(name, Node());
}

bool IsNull(const Node& node) {
  return node.kind == Node::Kind::kNull ||
         (node.kind == Node::Kind::kScalar && !node.quoted && IsNullWord(node.text));
}

void Remove(Node& parent, const Segment& segment) {
  if (segment.index.has_value()) {
    parent.items.erase(parent.items.begin() + static_cast<std::ptrdiff_t>(*segment.index));
    return;
  }
  for (size_t i = 0; i < parent.entries.size(); ++i) {
    if (parent.entries[i].key == segment.name) {
      parent.entries.erase(parent.entries.begin() + static_cast<std::ptrdiff_t>(i));
      return;
    }
  }
}

}  // namespace

absl::Status ApplyOverride(const std::string& override_text, Node& root) {
  const std::string origin = absl::StrCat("override '", override_text, "'");
  const size_t equals = override_text.find('=');
  const std::vector<Segment> segments = ParsePath(override_text.substr(0, equals));
  if (equals == std::string::npos || segments.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(origin, ": expected PATH=VALUE, for example model.layers[0].units=256"));
  }
  const std::string value_text = override_text.substr(equals + 1);
  if (value_text.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(origin, ": has no value; null takes a field out"));
  }
  ASSIGN_OR_RETURN(Node value, ParseYaml(value_text, origin));
  SetOrigin(value, origin);

  Node* node = &root;
  Node* parent = nullptr;
  std::string walked;
  for (const Segment& segment : segments) {
    absl::StatusOr<Node*> next = segment.index.has_value()
                                     ? StepIntoList(*node, *segment.index, walked)
                                     : StepIntoMap(*node, segment.name, walked);
    if (!next.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(origin, ": ", Message(next.status())));
    }
    parent = node;
    node = *next;
    if (node->position.line == 0) node->position.origin = origin;
    walked += segment.index.has_value() ? absl::StrCat("[", *segment.index, "]")
                                        : (walked.empty() ? "" : ".") + segment.name;
  }
  if (IsNull(value)) {
    Remove(*parent, segments.back());
    return absl::OkStatus();
  }
  if (!segments.back().index.has_value()) {
    for (NodeEntry& entry : parent->entries) {
      if (entry.key == segments.back().name) entry.position = {0, 0, origin};
    }
  }
  *node = std::move(value);
  return absl::OkStatus();
}

}  // namespace trainyard::client
