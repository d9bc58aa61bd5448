#include "engine/data/image_folder.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/safe_text.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostImages = 2'000'000;
constexpr size_t kMostClasses = 1 << 16;
constexpr size_t kLongestName = 200;

// An entry of a folder, with links resolved.
struct Entry {
  std::string name;  // below the roots
  std::string path;
  bool is_folder = false;
};

absl::Status Wrong(const std::string& name, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(SafeText(name, kLongestName), ": ", what));
}

// The folders and regular files of a folder, sorted; names with a dot in front are left out.
absl::StatusOr<std::vector<Entry>> EntriesOf(const Entry& folder, const DataRoots& roots) {
  std::vector<Entry> entries;
  std::error_code error;
  fs::directory_iterator at(folder.path, error);
  for (const fs::directory_iterator end; !error && at != end; at.increment(error)) {
    const std::string file = at->path().filename().string();
    if (file.front() == '.') continue;
    Entry entry = {absl::StrCat(folder.name, "/", file), at->path().string()};
    std::error_code ignored;
    if (at->is_symlink(ignored)) {
      ASSIGN_OR_RETURN(entry.path, roots.Resolve(entry.name));
    }
    entry.is_folder = fs::is_directory(entry.path, ignored);
    if (!entry.is_folder && !fs::is_regular_file(entry.path, ignored)) continue;
    if (entries.size() == kMostImages)
      return Wrong(folder.name, absl::StrCat("holds more than ", kMostImages, " files"));
    entries.push_back(std::move(entry));
  }
  if (error) return Wrong(folder.name, absl::StrCat("cannot be listed: ", error.message()));
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return entries;
}

std::string LastName(const Entry& entry) { return fs::path(entry.name).filename().string(); }

// False for files that are no images; an error for images of kinds that are not read, which would
// otherwise be missing without a word.
absl::StatusOr<bool> IsImage(const Entry& entry) {
  if (entry.is_folder) return false;
  const std::string ending = absl::AsciiStrToLower(fs::path(entry.name).extension().string());
  for (const char* known : {".png", ".jpg", ".jpeg"}) {
    if (ending == known) return true;
  }
  for (const char* other : {".bmp", ".gif", ".tif", ".tiff", ".webp", ".heic", ".avif"}) {
    if (ending == other)
      return Wrong(entry.name, "is no PNG or JPEG; convert it, or take it out of the folder");
  }
  return false;
}

class Lister {
 public:
  Lister(const std::vector<std::string>* like, const DataRoots& roots)
      : like_(like), roots_(roots) {
    if (like == nullptr) return;
    found_.classes = *like;
    for (size_t i = 0; i < like->size(); ++i) labels_[(*like)[i]] = static_cast<int32_t>(i);
  }

  absl::StatusOr<ImageFolder> List(const Entry& folder) {
    ASSIGN_OR_RETURN(const std::vector<Entry> entries, EntriesOf(folder, roots_));
    const Entry* train = Find(entries, "train");
    if (train == nullptr) {
      RETURN_IF_ERROR(AddClasses(folder, entries, /*training=*/true));
    } else {
      ASSIGN_OR_RETURN(const std::vector<Entry> classes, EntriesOf(*train, roots_));
      RETURN_IF_ERROR(AddClasses(*train, classes, /*training=*/true));
    }
    found_.train_count = std::ssize(found_.files);
    const Entry* test = train == nullptr ? nullptr : Find(entries, "test");
    if (test != nullptr) {
      ASSIGN_OR_RETURN(const std::vector<Entry> classes, EntriesOf(*test, roots_));
      RETURN_IF_ERROR(AddClasses(*test, classes, /*training=*/false));
    }
    return std::move(found_);
  }

 private:
  static const Entry* Find(const std::vector<Entry>& entries, const char* name) {
    for (const Entry& entry : entries) {
      if (entry.is_folder && LastName(entry) == name) return &entry;
    }
    return nullptr;
  }

  absl::Status AddClasses(const Entry& folder, const std::vector<Entry>& entries, bool training) {
    const size_t before = found_.files.size();
    size_t classes = 0;
    for (const Entry& entry : entries) {
      if (!entry.is_folder) continue;
      ++classes;
      ASSIGN_OR_RETURN(const int32_t label, LabelOf(entry, training));
      ASSIGN_OR_RETURN(const std::vector<Entry> files, EntriesOf(entry, roots_));
      const size_t first = found_.files.size();
      RETURN_IF_ERROR(AddFiles(files, label));
      if (found_.files.size() == first) return Wrong(entry.name, "holds no PNG or JPEG");
    }
    if (classes == 0 && like_ != nullptr) RETURN_IF_ERROR(AddFiles(entries, -1));
    if (like_ != nullptr && found_.files.size() > before) return absl::OkStatus();
    if (classes < 2 && (training || classes == 0)) {
      return Wrong(folder.name, absl::StrCat("holds ", classes,
                                             " folders; expected two at least, one a class, "
                                             "with PNG or JPEG files"));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<int32_t> LabelOf(const Entry& folder, bool training) {
    const std::string name = SafeText(LastName(folder), kLongestName);
    const auto known = labels_.find(name);
    if (known != labels_.end()) return known->second;
    if (like_ != nullptr || !training) {
      return Wrong(folder.name,
                   absl::StrCat(like_ != nullptr ? "the model knows" : "the training part has",
                                " no class '", name, "'"));
    }
    if (found_.classes.size() == kMostClasses)
      return Wrong(folder.name, absl::StrCat("is one class too many; at most ", kMostClasses));
    const auto label = static_cast<int32_t>(found_.classes.size());
    labels_[name] = label;
    found_.classes.push_back(name);
    return label;
  }

  absl::Status AddFiles(const std::vector<Entry>& files, int32_t label) {
    for (const Entry& file : files) {
      ASSIGN_OR_RETURN(const bool is_image, IsImage(file));
      if (!is_image) continue;
      if (found_.files.size() == kMostImages)
        return Wrong(file.name, absl::StrCat("is one image too many; at most ", kMostImages));
      found_.files.push_back({file.name, file.path, label});
    }
    return absl::OkStatus();
  }

  const std::vector<std::string>* const like_;
  const DataRoots& roots_;
  std::map<std::string, int32_t> labels_;
  ImageFolder found_;
};

}  // namespace

absl::StatusOr<ImageFolder> ListImages(const std::string& folder,
                                       const std::vector<std::string>* like,
                                       const DataRoots& roots) {
  ASSIGN_OR_RETURN(const std::string path, roots.Resolve(folder));
  std::error_code error;
  if (!fs::is_directory(path, error))
    return Wrong(folder, "is a file; expected a folder with a folder of images a class");
  return Lister(like, roots).List({folder, path, true});
}

}  // namespace trainyard
