#include "client/lib/resource_names.h"

#include "absl/strings/ascii.h"

namespace trainyard::client {

bool IsResourceId(const std::string& id) {
  if (id.empty()) return false;
  for (const char c : id) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.')
      return false;
  }
  return true;
}

std::string ShortName(const std::string& collection, const std::string& name) {
  return name.rfind(collection, 0) == 0 ? name.substr(collection.size()) : name;
}

}  // namespace trainyard::client
