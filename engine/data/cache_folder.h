// Files that keep what took long to compute: a text that describes it and sections of bytes, which
// are mapped and not read. A file is written beside its name and renamed, carries checksums of all
// that it holds, and is named by its key; one that is broken or of another key counts as absent.
// Failing to write costs nothing but time. Thread-safe, across processes too.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "engine/data/shared_array.h"

namespace trainyard {

using CacheSection = absl::Span<const char>;

template <typename T>
CacheSection SectionOf(const T* values, size_t count) {
  return {reinterpret_cast<const char*>(values), count * sizeof(T)};
}

struct CacheFile {
  std::string meta;
  std::vector<CacheSection> sections;  // each begins at a multiple of 64 bytes
  std::shared_ptr<const void> owner;

  template <typename T>
  SharedArray<T> Array(size_t section) const {
    return SharedArray<T>(reinterpret_cast<const T*>(sections[section].data()),
                          sections[section].size() / sizeof(T), owner);
  }
};

class CacheFolder {
 public:
  // An empty folder: finds and keeps nothing. The folder is made when first needed.
  explicit CacheFolder(std::string folder) : folder_(std::move(folder)) {}

  bool present() const { return !folder_.empty(); }
  // Checked throughout; notes that the file was used.
  std::optional<CacheFile> Find(const std::string& key) const;
  // Checks all but the contents of the sections.
  std::optional<CacheFile> Peek(const std::string& key) const;
  // Drops the files unused for longest where the folder grows beyond its limit.
  void Keep(const std::string& key, const std::string& meta,
            absl::Span<const CacheSection> sections) const;

 private:
  std::optional<CacheFile> Open(const std::string& key, bool check_sections) const;
  std::string PathOf(const std::string& key) const;
  void MakeRoom(int64_t bytes) const;

  std::string folder_;
};

}  // namespace trainyard
