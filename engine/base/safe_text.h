// Text that came from outside (names in files, messages with parts of them) as what a proto3 string
// may hold.
#pragma once

#include <cstddef>
#include <string>

namespace trainyard {

// `text` as valid UTF-8 of at most `limit` bytes, cut between characters; each wrong byte becomes
// '?'.
std::string SafeText(const std::string& text, size_t limit);

}  // namespace trainyard
