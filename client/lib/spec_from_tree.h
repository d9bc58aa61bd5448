// Reads a tree of Nodes as a Specification.
//
// Closed parts follow the message's fields (snake case; the camel case of protobuf JSON is taken
// too). Components and layers take their parameters beside the type, `{type: dense, units: 10}`, or
// below `params`; a bare word is a type. What the parameters mean is the server's business: here
// they only become numbers, booleans, words, lists and maps.
#pragma once

#include <string>
#include <vector>

#include "client/lib/diagnostics.h"
#include "client/lib/node.h"
#include "engine/base/violations.h"
#include "trainyard/v1/spec.pb.h"

namespace trainyard::client {

// Every violation at once; the result may be used only where there is none. `sources` learns where
// each path stands.
v1::Specification SpecificationFromTree(const Node& root, SourceMap& sources,
                                        Violations& violations);

}  // namespace trainyard::client
