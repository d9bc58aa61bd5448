// Labels that users give to jobs, studies, contenders and sweeps. They become part of names and
// paths, and so have only what is plain in both.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace trainyard {

inline bool IsLabelCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

// At most so many of [a-z0-9-]; also the empty one.
inline bool IsLabel(std::string_view text, size_t longest) {
  return text.size() <= longest && std::all_of(text.begin(), text.end(), IsLabelCharacter);
}

}  // namespace trainyard
