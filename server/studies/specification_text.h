// Parts of a specification as one line of YAML, as a user would write them. Pure functions.
#pragma once

#include <string>

#include <google/protobuf/message.h>
#include <google/protobuf/struct.pb.h>

namespace trainyard {

// "0.01", "relu", "[2, 2]", "{type: normal, stddev: 0.01}".
std::string ValueText(const google::protobuf::Value& value);
// "{type: dense, units: 10}": parameters of components and layers stand beside the type.
std::string MessageText(const google::protobuf::Message& message);
// A field that is no message; `index` where it is repeated, else -1.
std::string ScalarText(const google::protobuf::Message& message,
                       const google::protobuf::FieldDescriptor& field, int index);

}  // namespace trainyard
