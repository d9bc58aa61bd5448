#include "server/api/dataset_scan.h"

#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "engine/base/safe_text.h"

namespace trainyard {
namespace {

namespace fs = std::filesystem;

constexpr int kDeepest = 4;
constexpr int kMostEntries = 20'000;
constexpr size_t kLongestPath = 1024;

// Without a ".gz" at its end.
std::string Unpacked(const std::string& name) {
  return absl::EndsWith(name, ".gz") ? name.substr(0, name.size() - 3) : name;
}

// The data source that reads a file by itself; "" where none does.
std::string SourceOfFile(const std::string& name) {
  const std::string unpacked = Unpacked(name);
  if (absl::EndsWith(unpacked, ".csv")) return "csv";
  if (absl::EndsWith(name, ".npy")) return "npy";
  return "";
}

bool IsIdx(const std::string& name) {
  const std::string unpacked = Unpacked(name);
  return absl::EndsWith(unpacked, "-ubyte") && absl::StrContains(unpacked, "-idx");
}

class Scan {
 public:
  void Folder(const fs::path& folder, const fs::path& relative, int depth) {
    std::error_code error;
    v1::Dataset idx;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
      if (++entries_ > kMostEntries) break;
      const std::string name = entry->path().filename().string();
      const fs::path path = relative / name;
      // Names that no message can carry, and hidden ones, are no data sets.
      if (name.empty() || name[0] == '.' || SafeText(path.string(), kLongestPath) != path.string())
        continue;
      const fs::file_status status = entry->symlink_status(error);
      if (error) break;
      if (fs::is_directory(status) && depth < kDeepest) {
        Folder(entry->path(), path, depth + 1);
      } else if (fs::is_regular_file(status)) {
        File(*entry, path, name, idx);
      }
    }
    // A folder of IDX files is one data set; at a root it has no path to name it by.
    if (idx.files() != 0 && !relative.empty()) Add(relative, "idx", idx.size_bytes(), idx.files());
  }

  std::vector<v1::Dataset> Found() {
    std::vector<v1::Dataset> datasets;
    for (auto& [path, dataset] : found_) datasets.push_back(std::move(dataset));
    return datasets;
  }

 private:
  void File(const fs::directory_entry& entry, const fs::path& path, const std::string& name,
            v1::Dataset& idx) {
    std::error_code error;
    const uint64_t size = entry.file_size(error);
    if (error) return;
    if (IsIdx(name)) {
      idx.set_files(idx.files() + 1);
      idx.set_size_bytes(idx.size_bytes() + size);
    } else if (const std::string source = SourceOfFile(name); !source.empty()) {
      Add(path, source, size, 1);
    }
  }

  void Add(const fs::path& path, const std::string& source, uint64_t size, uint32_t files) {
    v1::Dataset dataset;
    dataset.set_path(path.string());
    dataset.set_source(source);
    dataset.set_size_bytes(size);
    dataset.set_files(files);
    found_.emplace(dataset.path(), dataset);
  }

  int entries_ = 0;
  std::map<std::string, v1::Dataset> found_;
};

}  // namespace

std::vector<v1::Dataset> ScanDatasets(const DataRoots& roots) {
  Scan scan;
  for (const std::string& root : roots.folders) scan.Folder(root, "", 0);
  return scan.Found();
}

}  // namespace trainyard
