// Tells whether a repeated request_id came with the same body.
#pragma once

#include <string>

#include <google/protobuf/message.h>

namespace trainyard {

// Equal for equal messages; the order of map entries does not matter.
std::string RequestHash(const google::protobuf::Message& request);

}  // namespace trainyard
