// A specification as a user wrote it: a tree of scalars, lists and maps that knows where each part
// stands.
//
// YAML and JSON files, text protos and `key=value` overrides all become Nodes; overrides are
// applied here, and only then is the tree read into a message (spec_from_tree.h). A value type.
#pragma once

#include <string>
#include <vector>

namespace trainyard::client {

// 1-based; line 0 means unknown. `origin` replaces the file's name where the part comes from
// elsewhere, for example "override 'batch_size=0'".
struct Position {
  int line = 0;
  int column = 0;
  std::string origin;
};

struct NodeEntry;

struct Node {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  std::string text;     // scalars
  bool quoted = false;  // scalars: "10" is a string, 10 a number
  std::vector<Node> items;
  std::vector<NodeEntry> entries;  // in the order of the file, keys unique
  Position position;

  const Node* Find(const std::string& key) const;
  Node* Find(const std::string& key);
  // Nodes in this tree, itself included.
  size_t Count() const;

  static Node Scalar(std::string text, bool quoted = false);
  static Node List();
  static Node Map();
  Node& Add(std::string key, Node value);
};

struct NodeEntry {
  std::string key;
  Position position;
  Node value;
};

}  // namespace trainyard::client
