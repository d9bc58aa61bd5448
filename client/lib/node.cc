#include "client/lib/node.h"

namespace trainyard::client {

const Node* Node::Find(const std::string& key) const {
  for (const NodeEntry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Node* Node::Find(const std::string& key) {
  return const_cast<Node*>(static_cast<const Node*>(this)->Find(key));
}

size_t Node::Count() const {
  size_t count = 1;
  for (const Node& item : items) count += item.Count();
  for (const NodeEntry& entry : entries) count += entry.value.Count();
  return count;
}

Node Node::Scalar(std::string text, bool quoted) {
  Node node;
  node.kind = Kind::kScalar;
  node.text = std::move(text);
  node.quoted = quoted;
  return node;
}

Node Node::List() {
  Node node;
  node.kind = Kind::kList;
  return node;
}

Node Node::Map() {
  Node node;
  node.kind = Kind::kMap;
  return node;
}

Node& Node::Add(std::string key, Node value) {
  entries.push_back({std::move(key), value.position, std::move(value)});
  return entries.back().value;
}

}  // namespace trainyard::client
