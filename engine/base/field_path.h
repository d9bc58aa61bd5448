// Paths of fields in a specification, as users write them: "model.layers[1].units". See also
// JoinPath of violations.h.
#pragma once

#include <string>
#include <string_view>

namespace trainyard {

// Whether `path` is `whole` or below it: "model.layers[1].units" is within "model.layers".
inline bool IsWithin(std::string_view path, std::string_view whole) {
  if (path.substr(0, whole.size()) != whole) return false;
  return path.size() == whole.size() || path[whole.size()] == '.' || path[whole.size()] == '[';
}

}  // namespace trainyard
