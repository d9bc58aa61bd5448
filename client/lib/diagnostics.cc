#include "client/lib/diagnostics.h"

#include "absl/strings/str_cat.h"

namespace trainyard::client {
namespace {

// "model.layers[2].units" -> "model.layers[2]" -> "model.layers" -> "model" -> "".
std::string Parent(const std::string& path) {
  const size_t cut = path.find_last_of(".[");
  return cut == std::string::npos ? std::string() : path.substr(0, cut);
}

}  // namespace

std::string SourceMap::Describe(const Violation& violation) const {
  std::string place = file_;
  for (std::string path = violation.path;; path = Parent(path)) {
    const auto found = positions_.find(path);
    if (found != positions_.end()) {
      const Position& position = found->second;
      if (!position.origin.empty()) {
        place = position.origin;
      } else if (position.line > 0) {
        place = absl::StrCat(file_, ":", position.line, ":", position.column);
      }
      break;
    }
    if (path.empty()) break;
  }
  std::string line = place.empty() ? std::string() : place + ": ";
  if (!violation.path.empty()) absl::StrAppend(&line, violation.path, ": ");
  return line + violation.message;
}

std::vector<std::string> Describe(const std::vector<Violation>& violations,
                                  const SourceMap& sources) {
  std::vector<std::string> lines;
  lines.reserve(violations.size());
  for (const Violation& violation : violations) lines.push_back(sources.Describe(violation));
  return lines;
}

}  // namespace trainyard::client
