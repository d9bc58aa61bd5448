#include "engine/data/cache_folder.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <tuple>
#include <type_traits>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/data/cache_meta.h"

namespace trainyard {
namespace {

namespace fs = std::filesystem;

constexpr char kMagic[8] = {'T', 'Y', 'S', 'A', 'M', 'P', '0', '3'};
constexpr char kSuffix[] = ".samples";
constexpr int64_t kAlignment = 64;
constexpr int64_t kFolderLimitBytes = int64_t{16} << 30;

// The beginning of a file; the rest is a text (key, sizes of the sections, meta), then the
// sections.
struct Header {
  char magic[8];
  uint64_t header_hash;  // of what follows it in the header, and of the text
  uint64_t sections_hash;
  int64_t file_bytes;
  int64_t text_bytes;
};
static_assert(std::is_trivially_copyable_v<Header>);
constexpr size_t kHashedFrom = offsetof(Header, sections_hash);

int64_t Aligned(int64_t offset) { return (offset + kAlignment - 1) / kAlignment * kAlignment; }

uint64_t HashHeader(const Header& header, const std::string& text) {
  const auto* begin = reinterpret_cast<const char*>(&header) + kHashedFrom;
  return XXH3_64bits_withSeed(text.data(), text.size(),
                              XXH3_64bits(begin, sizeof(Header) - kHashedFrom));
}

std::string TextOf(const std::string& key, const std::string& meta,
                   absl::Span<const CacheSection> sections) {
  MetaWriter text;
  text.Text(key);
  text.Number(sections.size());
  for (const CacheSection& section : sections) text.Number(section.size());
  text.Text(meta);
  return text.Take();
}

class Mapping {
 public:
  static std::shared_ptr<const Mapping> Open(const std::string& path) {
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) return nullptr;
    struct stat status;
    void* data = MAP_FAILED;
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
      data =
          mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ, MAP_SHARED, descriptor, 0);
    }
    close(descriptor);
    if (data == MAP_FAILED) return nullptr;
    return std::shared_ptr<const Mapping>(
        new Mapping(static_cast<const char*>(data), status.st_size));
  }
  ~Mapping() { munmap(const_cast<char*>(data_), static_cast<size_t>(bytes_)); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  const char* data() const { return data_; }
  int64_t bytes() const { return bytes_; }

 private:
  Mapping(const char* data, int64_t bytes) : data_(data), bytes_(bytes) {}
  const char* const data_;
  const int64_t bytes_;
};

// Finds text and sections; false where the file is not one of this key.
bool Parse(const Mapping& file, const std::string& key, Header& header, CacheFile& out) {
  constexpr int64_t kHeaderBytes = sizeof(Header);
  if (file.bytes() < kHeaderBytes) return false;
  std::memcpy(&header, file.data(), sizeof(Header));
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic)) != 0 || header.file_bytes != file.bytes())
    return false;
  if (header.text_bytes < 0 || header.text_bytes > file.bytes() - kHeaderBytes) return false;
  const std::string text(file.data() + sizeof(Header), static_cast<size_t>(header.text_bytes));
  if (HashHeader(header, text) != header.header_hash) return false;
  MetaReader reader(text);
  if (reader.Text() != key) return false;
  int64_t offset = kHeaderBytes + header.text_bytes;
  for (uint64_t count = reader.Count(); count > 0; --count) {
    const int64_t bytes = static_cast<int64_t>(reader.Number());
    offset = Aligned(offset);
    if (offset > file.bytes() || bytes < 0 || bytes > file.bytes() - offset) return false;
    out.sections.emplace_back(file.data() + offset, static_cast<size_t>(bytes));
    offset += bytes;
  }
  out.meta = reader.Text();
  return reader.good() && !out.sections.empty();
}

bool WriteAll(int descriptor, const void* data, size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t wrote = write(descriptor, at, size);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    at += wrote;
    size -= static_cast<size_t>(wrote);
  }
  return true;
}

}  // namespace

std::string CacheFolder::PathOf(const std::string& key) const {
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  return absl::StrCat(folder_, "/", absl::StrFormat("%016x%016x", hash.high64, hash.low64),
                      kSuffix);
}

std::optional<CacheFile> CacheFolder::Open(const std::string& key, bool check_sections) const {
  if (!present()) return std::nullopt;
  const auto file = Mapping::Open(PathOf(key));
  Header header;
  CacheFile found;
  if (file == nullptr || !Parse(*file, key, header, found)) return std::nullopt;
  if (check_sections) {
    const char* const first = found.sections.front().data();
    const auto bytes = static_cast<size_t>(file->data() + file->bytes() - first);
    if (XXH3_64bits(first, bytes) != header.sections_hash) return std::nullopt;
  }
  found.owner = file;
  return found;
}

std::optional<CacheFile> CacheFolder::Peek(const std::string& key) const {
  return Open(key, /*check_sections=*/false);
}

std::optional<CacheFile> CacheFolder::Find(const std::string& key) const {
  std::optional<CacheFile> found = Open(key, /*check_sections=*/true);
  // Used now: MakeRoom takes the others first.
  if (found.has_value()) utimensat(AT_FDCWD, PathOf(key).c_str(), nullptr, 0);
  return found;
}

void CacheFolder::MakeRoom(int64_t bytes) const {
  std::error_code error;
  std::vector<std::tuple<fs::file_time_type, int64_t, fs::path>> files;
  int64_t total = bytes;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    const int64_t size = static_cast<int64_t>(entry->file_size(ignored));
    if (ignored || entry->path().filename().string().find(kSuffix) == std::string::npos) continue;
    files.emplace_back(entry->last_write_time(ignored), size, entry->path());
    total += size;
  }
  std::sort(files.begin(), files.end());
  for (const auto& [time, size, path] : files) {
    if (total <= kFolderLimitBytes) break;
    std::error_code ignored;
    if (fs::remove(path, ignored)) total -= size;
  }
}

void CacheFolder::Keep(const std::string& key, const std::string& meta,
                       absl::Span<const CacheSection> sections) const {
  if (!present()) return;
  const std::string text = TextOf(key, meta, sections);
  const std::string padding(kAlignment, '\0');
  const int64_t first = Aligned(static_cast<int64_t>(sizeof(Header) + text.size()));
  int64_t offset = first;
  XXH3_state_t hash;
  XXH3_64bits_reset(&hash);
  for (const CacheSection& section : sections) {
    const int64_t start = Aligned(offset);
    XXH3_64bits_update(&hash, padding.data(), static_cast<size_t>(start - offset));
    if (!section.empty()) XXH3_64bits_update(&hash, section.data(), section.size());
    offset = start + static_cast<int64_t>(section.size());
  }
  Header header = {};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.sections_hash = XXH3_64bits_digest(&hash);
  header.file_bytes = offset;
  header.text_bytes = static_cast<int64_t>(text.size());
  header.header_hash = HashHeader(header, text);

  std::error_code error;
  fs::create_directories(folder_, error);
  MakeRoom(header.file_bytes);
  std::string temporary = PathOf(key) + ".XXXXXX";
  const int descriptor = mkostemp(temporary.data(), O_CLOEXEC);
  if (descriptor < 0) return;
  bool written = WriteAll(descriptor, &header, sizeof(header)) &&
                 WriteAll(descriptor, text.data(), text.size());
  int64_t position = static_cast<int64_t>(sizeof(Header) + text.size());
  for (const CacheSection& section : sections) {
    const int64_t start = Aligned(position);
    written = written &&
              WriteAll(descriptor, padding.data(), static_cast<size_t>(start - position)) &&
              WriteAll(descriptor, section.data(), section.size());
    position = start + static_cast<int64_t>(section.size());
  }
  written = close(descriptor) == 0 && written;
  if (!written || rename(temporary.c_str(), PathOf(key).c_str()) != 0) unlink(temporary.c_str());
}

}  // namespace trainyard
