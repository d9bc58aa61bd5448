#include "engine/data/roots.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/safe_text.h"
#include "engine/base/status.h"
#include "engine/base/violations.h"

namespace trainyard {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestPath = 1024;
constexpr size_t kLongestShown = 100;
// Names looked at for the nearest one.
constexpr int kMostNames = 2000;
constexpr size_t kMostListed = 12;

// For messages: cut, and without control characters.
std::string Shown(const std::string& path) {
  std::string shown = SafeText(path, kLongestShown);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return "'" + shown + (path.size() > kLongestShown ? "..." : "") + "'";
}

absl::Status CheckForm(const std::string& path) {
  if (path.empty())
    return absl::InvalidArgumentError("is empty; expected a path below a data root");
  if (path.size() > kLongestPath) {
    return absl::InvalidArgumentError(
        absl::StrCat("has ", path.size(), " characters; at most ", kLongestPath));
  }
  if (path.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(Shown(path), " holds a NUL character"));
  }
  if (path.front() == '/') {
    return absl::InvalidArgumentError(absl::StrCat(
        Shown(path), " is absolute; expected a path relative to the server's data roots"));
  }
  for (const fs::path& part : fs::path(path)) {
    if (part == "..") {
      return absl::InvalidArgumentError(absl::StrCat(
          Shown(path), " holds '..'; expected a path that stays below the server's data roots"));
    }
  }
  return absl::OkStatus();
}

bool IsBelow(const fs::path& path, const fs::path& folder) {
  const auto [end, unused] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

// Names in the deepest folder of `path` that exists below some root, and that folder as the user
// writes it.
std::vector<std::string> Candidates(const std::vector<std::string>& roots, const fs::path& path,
                                    fs::path& parent, std::string& missing) {
  std::set<std::string> names;
  size_t deepest = 0;
  for (const std::string& root : roots) {
    fs::path folder = root;
    fs::path prefix;
    size_t depth = 0;
    std::string next;
    std::error_code error;
    for (const fs::path& part : path) {
      next = part.string();
      if (!fs::is_directory(folder / part, error)) break;
      folder /= part;
      prefix /= part;
      ++depth;
    }
    if (depth < deepest) continue;
    if (depth > deepest) names.clear();
    deepest = depth;
    parent = prefix;
    missing = next;
    int seen = 0;
    for (fs::directory_iterator entry(folder, error), end;
         !error && entry != end && seen < kMostNames; entry.increment(error), ++seen) {
      const std::string name = entry->path().filename().string();
      if (name.front() != '.') names.insert(name);
    }
  }
  return {names.begin(), names.end()};
}

// `where` ends the sentence, `prefix` begins what is listed.
absl::Status NotFound(const std::vector<std::string>& roots, const fs::path& path,
                      const std::string& shown, const std::string& where,
                      const std::string& prefix) {
  fs::path parent;
  std::string missing;
  std::vector<std::string> names = Candidates(roots, path, parent, missing);
  const auto listed = [&](const std::string& name) { return prefix + (parent / name).string(); };
  std::string hint;
  const std::string nearest = Nearest(missing, names);
  if (!nearest.empty()) {
    hint = absl::StrCat("; did you mean '", listed(nearest), "'?");
  } else if (names.empty()) {
    hint = "; there is nothing";
  } else {
    const bool cut = names.size() > kMostListed;
    names.resize(std::min(names.size(), kMostListed));
    hint = "; there: ";
    for (size_t i = 0; i < names.size(); ++i)
      absl::StrAppend(&hint, i == 0 ? "" : ", ", listed(names[i]));
    if (cut) hint += ", ...";
  }
  return absl::NotFoundError(absl::StrCat(shown, " is not ", where, hint));
}

}  // namespace

absl::StatusOr<std::string> DataRoots::Resolve(const std::string& path) const {
  RETURN_IF_ERROR(CheckForm(path));
  if (absl::StartsWith(path, kDatasetPrefix)) return ResolveDataset(path);
  bool leads_out = false;
  for (const std::string& folder : folders) {
    std::error_code error;
    const fs::path root = fs::canonical(folder, error);
    if (error) continue;
    const fs::path found = fs::canonical(root / path, error);
    if (error) continue;
    if (IsBelow(found, root)) return found.string();
    leads_out = true;
  }
  if (leads_out) {
    return absl::InvalidArgumentError(absl::StrCat(
        Shown(path),
        " is a link that leads out of the server's data roots; copy the data there instead"));
  }
  return NotFound(folders, path, Shown(path), "below the server's data roots", "");
}

absl::StatusOr<std::string> DataRoots::ResolveDataset(const std::string& path) const {
  const fs::path below(path.substr(sizeof(kDatasetPrefix) - 1));
  const std::string version = below.empty() ? "" : below.begin()->string();
  if (versions_folder.empty() || version.find('@') == std::string::npos || version.front() == '.') {
    return absl::InvalidArgumentError(
        absl::StrCat(Shown(path),
                     " names no version of an uploaded data set; expected for example "
                     "'dataset:flowers@3/train.csv'"));
  }
  std::error_code error;
  const fs::path root = fs::canonical(fs::path(versions_folder) / version, error);
  if (error) {
    return absl::NotFoundError(absl::StrCat(Shown(path), ": there is no data set version ",
                                            Shown(version), "; was it removed?"));
  }
  const fs::path found = fs::canonical(fs::path(versions_folder) / below, error);
  if (!error && IsBelow(found, root)) return found.string();
  return NotFound({root.string()}, below.lexically_relative(version), Shown(path),
                  "in that data set", absl::StrCat(kDatasetPrefix, version, "/"));
}

}  // namespace trainyard
