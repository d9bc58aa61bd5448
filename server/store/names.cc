#include "server/store/names.h"

#include <sys/random.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/error_info.h"
#include "engine/base/label.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

// Without vowels (no words) and without what is easily taken for another: 26^4 is about 457,000 a
// label.
constexpr char kNameAlphabet[] = "23456789bcdfghjkmnpqrstvwz";
constexpr int kNameAlphabetSize = sizeof(kNameAlphabet) - 1;
constexpr int kShortestSuffix = 4;
constexpr int kLongestSuffix = 12;
constexpr size_t kLongestLabel = 63;
constexpr char kNewest[] = "@last";
constexpr int kMaxCandidates = 5;

std::string Label(const Collection& collection, const std::string& wanted) {
  std::string label;
  for (const char c : wanted.substr(0, kLongestLabel)) {
    if (IsLabelCharacter(c)) label += c;
  }
  return label.empty() ? collection.noun : label;
}

}  // namespace

uint64_t KernelRandom() {
  uint64_t bits = 0;
  while (getrandom(&bits, sizeof(bits), 0) != sizeof(bits)) {
  }
  return bits;
}

absl::StatusOr<std::string> UnusedName(Connection& connection, const Collection& collection,
                                       const std::string& label,
                                       const std::function<uint64_t()>& random) {
  for (int size = kShortestSuffix; size <= kLongestSuffix; ++size) {
    uint64_t bits = random();
    std::string name = absl::StrCat(collection.table, "/", Label(collection, label), "-");
    for (int i = 0; i < size; ++i, bits /= kNameAlphabetSize)
      name += kNameAlphabet[bits % kNameAlphabetSize];
    Statement taken =
        connection.Query(absl::StrCat("SELECT 1 FROM ", collection.table, " WHERE name = ?"), name);
    if (!taken.Next()) {
      RETURN_IF_ERROR(taken.status());
      return name;
    }
  }
  return absl::UnavailableError(
      absl::StrCat("found no unused name for a ", collection.noun, "; try again"));
}

absl::Status NoSuch(const Collection& collection, const std::string& name) {
  return WithReason(absl::NotFoundError(absl::StrCat("there is no ", collection.noun, " ", name)),
                    collection.reason,
                    {{"resource_type", collection.noun}, {"resource_name", name}});
}

absl::StatusOr<std::string> ResolveName(Connection& connection, const Collection& collection,
                                        const std::string& name, const std::string& field) {
  const std::string folder = absl::StrCat(collection.table, "/");
  const std::string prefix = name.rfind(folder, 0) == 0 ? name : folder + name;
  if (prefix == folder) {
    return WithReason(absl::InvalidArgumentError(
                          absl::StrCat(field, ": required, for example ", folder, "mnist-7k2m")),
                      "INVALID_REQUEST", {{"field", field}});
  }
  std::vector<std::string> found;
  if (name == kNewest) {
    Statement newest = connection.Query(
        absl::StrCat("SELECT name FROM ", collection.table, " ORDER BY id DESC LIMIT 1"));
    if (newest.Next()) found.push_back(newest.Bytes(0));
    RETURN_IF_ERROR(newest.status());
  } else {
    Statement query =
        connection.Query(absl::StrCat("SELECT name FROM ", collection.table,
                                      " WHERE name >= ? AND name < ? ORDER BY name LIMIT ?"),
                         prefix, prefix + "\x7f", kMaxCandidates);
    // The exact name sorts first, and is meant even where it is also a prefix of others.
    while (query.Next()) {
      found.push_back(query.Bytes(0));
      if (found.front() == prefix) break;
    }
    RETURN_IF_ERROR(query.status());
  }
  if (found.size() == 1) return found.front();
  if (found.empty() && name == kNewest) {
    return WithReason(absl::NotFoundError(absl::StrCat("there is no ", collection.noun, " yet")),
                      collection.reason,
                      {{"resource_type", collection.noun}, {"resource_name", kNewest}});
  }
  if (found.empty()) return NoSuch(collection, prefix);
  return WithReason(
      absl::InvalidArgumentError(absl::StrCat("'", name, "' is the beginning of several ",
                                              collection.table, ": ", absl::StrJoin(found, ", "))),
      "AMBIGUOUS", {{"field", field}});
}

}  // namespace trainyard
