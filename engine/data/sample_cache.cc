#include "engine/data/sample_cache.h"

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
#include "absl/strings/string_view.h"

namespace trainyard {
namespace {

namespace fs = std::filesystem;

constexpr char kMagic[8] = {'T', 'Y', 'S', 'A', 'M', 'P', '0', '2'};
constexpr char kSuffix[] = ".samples";
constexpr int64_t kAlignment = 64;
constexpr int64_t kFolderLimitBytes = int64_t{16} << 30;

struct Section {
  int64_t offset = 0;
  int64_t bytes = 0;
};

// The beginning of a file; the rest is the meta text, then the sections.
struct Header {
  char magic[8];
  uint64_t header_hash;  // of what follows it in the header, and of the meta text
  uint64_t sections_hash;
  int64_t file_bytes;
  int64_t meta_bytes;
  int64_t count;
  int64_t train_count;
  int64_t classes;
  int64_t target_columns;
  double best_error;
  float byte_scale;
  uint8_t regression;
  uint8_t has_best_error;
  uint8_t bytes_features;
  uint8_t has_missing;
  Section features;
  Section labels;
  Section targets;
};
static_assert(std::is_trivially_copyable_v<Header>);
constexpr size_t kHashedFrom = offsetof(Header, sections_hash);

int64_t Aligned(int64_t offset) { return (offset + kAlignment - 1) / kAlignment * kAlignment; }

uint64_t HashHeader(const Header& header, const std::string& meta) {
  const auto* begin = reinterpret_cast<const char*>(&header) + kHashedFrom;
  return XXH3_64bits_withSeed(meta.data(), meta.size(),
                              XXH3_64bits(begin, sizeof(Header) - kHashedFrom));
}

// Writes texts and numbers one after another.
class MetaWriter {
 public:
  void Number(uint64_t number) {
    text_.append(reinterpret_cast<const char*>(&number), sizeof(number));
  }
  void Text(const std::string& text) {
    Number(text.size());
    text_.append(text);
  }
  void Texts(const std::vector<std::string>& texts) {
    Number(texts.size());
    for (const std::string& text : texts) Text(text);
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

// Reads what MetaWriter wrote; what does not fit makes it bad, and everything after it empty.
class MetaReader {
 public:
  explicit MetaReader(absl::string_view text) : left_(text) {}

  uint64_t Number() {
    uint64_t number = 0;
    if (left_.size() < sizeof(number)) return Bad();
    std::memcpy(&number, left_.data(), sizeof(number));
    left_.remove_prefix(sizeof(number));
    return number;
  }
  std::string Text() {
    const uint64_t size = Number();
    if (size > left_.size()) return std::string(Bad(), '\0');
    std::string text(left_.data(), size);
    left_.remove_prefix(size);
    return text;
  }
  std::vector<std::string> Texts() {
    std::vector<std::string> texts;
    for (uint64_t count = Count(); count > 0; --count) texts.push_back(Text());
    return texts;
  }
  // Of things that take a number each at least.
  uint64_t Count() {
    const uint64_t count = Number();
    return count > left_.size() / sizeof(uint64_t) ? Bad() : count;
  }
  bool good() const { return good_ && left_.empty(); }

 private:
  uint64_t Bad() {
    good_ = false;
    left_ = {};
    return 0;
  }

  absl::string_view left_;
  bool good_ = true;
};

std::string MetaText(const std::string& key, const DataInfo& info) {
  MetaWriter meta;
  meta.Text(key);
  meta.Number(info.input_shape.dims().size());
  for (int64_t dim : info.input_shape.dims()) meta.Number(static_cast<uint64_t>(dim));
  meta.Texts(info.class_names);
  meta.Texts(info.target_columns);
  meta.Number(info.columns.size());
  for (const FeatureColumn& column : info.columns) {
    meta.Text(column.name);
    meta.Texts(column.categories);
  }
  return meta.Take();
}

bool ParseMeta(const std::string& text, const std::string& key, DataInfo& info) {
  MetaReader meta(text);
  if (meta.Text() != key) return false;
  std::vector<int64_t> dims;
  for (uint64_t count = meta.Count(); count > 0; --count)
    dims.push_back(static_cast<int64_t>(meta.Number()));
  info.input_shape = Shape(std::move(dims));
  info.class_names = meta.Texts();
  info.target_columns = meta.Texts();
  for (uint64_t count = meta.Count(); count > 0; --count) {
    FeatureColumn& column = info.columns.emplace_back();
    column.name = meta.Text();
    column.categories = meta.Texts();
  }
  return meta.good();
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

// Checks all but the sections' contents.
bool ReadHeader(const Mapping& file, const std::string& key, Header& header, DataInfo& info) {
  if (file.bytes() < static_cast<int64_t>(sizeof(Header))) return false;
  std::memcpy(&header, file.data(), sizeof(Header));
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic)) != 0 || header.file_bytes != file.bytes())
    return false;
  if (header.meta_bytes < 0 ||
      header.meta_bytes > file.bytes() - static_cast<int64_t>(sizeof(Header)))
    return false;
  const std::string meta(file.data() + sizeof(Header), static_cast<size_t>(header.meta_bytes));
  if (HashHeader(header, meta) != header.header_hash || !ParseMeta(meta, key, info)) return false;
  for (const Section& section : {header.features, header.labels, header.targets}) {
    if (section.offset < 0 || section.bytes < 0 || section.offset > file.bytes() - section.bytes)
      return false;
  }
  info.task = header.regression != 0 ? Task::kRegression : Task::kClassification;
  info.classes = header.classes;
  info.targets = header.target_columns;
  if (header.has_best_error != 0) info.best_error = header.best_error;
  return true;
}

uint64_t HashSections(const char* file, int64_t bytes, const Header& header) {
  return XXH3_64bits(file + header.features.offset,
                     static_cast<size_t>(bytes - header.features.offset));
}

template <typename T>
SharedArray<T> View(const std::shared_ptr<const Mapping>& file, const Section& section) {
  return SharedArray<T>(reinterpret_cast<const T*>(file->data() + section.offset),
                        static_cast<size_t>(section.bytes) / sizeof(T), file);
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

std::string SampleCache::PathOf(const std::string& key) const {
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  return absl::StrCat(folder_, "/", absl::StrFormat("%016x%016x", hash.high64, hash.low64),
                      kSuffix);
}

std::optional<SourceDescription> SampleCache::Describe(const std::string& key) const {
  if (folder_.empty()) return std::nullopt;
  const auto file = Mapping::Open(PathOf(key));
  Header header;
  SourceDescription description;
  if (file == nullptr || !ReadHeader(*file, key, header, description.info)) return std::nullopt;
  description.count = header.count;
  description.train_count = header.train_count;
  description.memory_bytes = header.features.bytes;
  return description;
}

std::optional<Samples> SampleCache::Find(const std::string& key) const {
  if (folder_.empty()) return std::nullopt;
  const std::string path = PathOf(key);
  const auto file = Mapping::Open(path);
  Header header;
  Samples samples;
  if (file == nullptr || !ReadHeader(*file, key, header, samples.info)) return std::nullopt;
  if (HashSections(file->data(), file->bytes(), header) != header.sections_hash)
    return std::nullopt;
  samples.count = header.count;
  samples.train_count = header.train_count;
  samples.byte_scale = header.byte_scale;
  samples.has_missing = header.has_missing != 0;
  if (header.bytes_features != 0) {
    samples.features = View<uint8_t>(file, header.features);
  } else {
    samples.features = View<float>(file, header.features);
  }
  samples.labels = View<int32_t>(file, header.labels);
  samples.targets = View<float>(file, header.targets);
  utimensat(AT_FDCWD, path.c_str(), nullptr, 0);  // used now: MakeRoom takes the others first
  return samples;
}

void SampleCache::MakeRoom(int64_t bytes) const {
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

void SampleCache::Keep(const std::string& key, const Samples& samples) const {
  if (folder_.empty()) return;
  const auto* bytes = std::get_if<SharedArray<uint8_t>>(&samples.features);
  const auto* floats = std::get_if<SharedArray<float>>(&samples.features);
  struct Piece {
    const void* data;
    size_t size;
    Section* section;
  };
  Header header = {};
  const Piece pieces[] = {
      {bytes != nullptr ? static_cast<const void*>(bytes->data()) : floats->data(),
       bytes != nullptr ? bytes->size() : floats->size() * sizeof(float), &header.features},
      {samples.labels.data(), samples.labels.size() * sizeof(int32_t), &header.labels},
      {samples.targets.data(), samples.targets.size() * sizeof(float), &header.targets},
  };
  const std::string meta = MetaText(key, samples.info);
  int64_t offset = static_cast<int64_t>(sizeof(Header) + meta.size());
  const std::string padding(kAlignment, '\0');
  XXH3_state_t hash;
  XXH3_64bits_reset(&hash);
  for (const Piece& piece : pieces) {
    const int64_t start = Aligned(offset);
    // The first section begins the hashed range.
    if (piece.section != &header.features)
      XXH3_64bits_update(&hash, padding.data(), static_cast<size_t>(start - offset));
    if (piece.size > 0) XXH3_64bits_update(&hash, piece.data, piece.size);
    *piece.section = {start, static_cast<int64_t>(piece.size)};
    offset = start + static_cast<int64_t>(piece.size);
  }
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.sections_hash = XXH3_64bits_digest(&hash);
  header.file_bytes = offset;
  header.meta_bytes = static_cast<int64_t>(meta.size());
  header.count = samples.count;
  header.train_count = samples.train_count;
  header.classes = samples.info.classes;
  header.target_columns = samples.info.targets;
  header.best_error = samples.info.best_error.value_or(0);
  header.has_best_error = samples.info.best_error.has_value();
  header.byte_scale = samples.byte_scale;
  header.regression = samples.info.task == Task::kRegression;
  header.bytes_features = bytes != nullptr;
  header.has_missing = samples.has_missing;
  header.header_hash = HashHeader(header, meta);

  std::error_code error;
  fs::create_directories(folder_, error);
  MakeRoom(header.file_bytes);
  std::string temporary = PathOf(key) + ".XXXXXX";
  const int descriptor = mkostemp(temporary.data(), O_CLOEXEC);
  if (descriptor < 0) return;
  bool written = WriteAll(descriptor, &header, sizeof(header)) &&
                 WriteAll(descriptor, meta.data(), meta.size());
  int64_t position = static_cast<int64_t>(sizeof(Header) + meta.size());
  for (const Piece& piece : pieces) {
    written = written &&
              WriteAll(descriptor, padding.data(),
                       static_cast<size_t>(piece.section->offset - position)) &&
              WriteAll(descriptor, piece.data, piece.size);
    position = piece.section->offset + piece.section->bytes;
  }
  written = close(descriptor) == 0 && written;
  if (!written || rename(temporary.c_str(), PathOf(key).c_str()) != 0) unlink(temporary.c_str());
}

}  // namespace trainyard
