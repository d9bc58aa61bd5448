// Reads a tree of Nodes as a message: a Specification, a StudySpecification.
//
// Closed parts follow the message's fields (snake case; the camel case of protobuf JSON is taken
// too). Components and layers take their parameters beside the type, `{type: dense, units: 10}`, or
// below `params`; a bare word is a type. What the parameters mean is the server's business: here
// they only become numbers, booleans, words, lists and maps.
#pragma once

#include "client/lib/diagnostics.h"
#include "client/lib/node.h"
#include "engine/base/violations.h"

namespace google::protobuf {
class Message;
}

namespace trainyard::client {

// Every violation at once; `message` may be used only where there is none. `sources` learns where
// each path stands.
void MessageFromTree(const Node& root, google::protobuf::Message& message, SourceMap& sources,
                     Violations& violations);

}  // namespace trainyard::client
