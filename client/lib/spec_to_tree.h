// A message as a tree of Nodes, and trees as YAML or JSON text: what `model get` writes and
// what text protos pass through, so that overrides work alike on every format.
#pragma once

#include <string>

#include "client/lib/node.h"

namespace google::protobuf {
class Message;
}

namespace trainyard::client {

// Fields that are set, in the order of the message; parameters beside the type, by name.
Node TreeFromMessage(const google::protobuf::Message& message);

// Block style, with maps and lists that hold only scalars on one line. Reads back as the same tree.
std::string WriteYaml(const Node& root);
std::string WriteJson(const Node& root);
std::string WriteJsonLine(const Node& root);

}  // namespace trainyard::client
