// Data source `idx`: labelled images or vectors in IDX files, plain or gzip, as MNIST and its
// relatives come.
#include "engine/formats/idx.h"
#include "engine/data/file_version.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "engine/data/labels.h"
#include "engine/data/sample_cache.h"
#include "engine/data/source.h"
#include "engine/formats/input_file.h"

namespace trainyard::data {
namespace {

constexpr int64_t kMostClasses = 1 << 20;
constexpr int64_t kMostSamples = 100'000'000;
// A description reads no more than this to find out why a size does not fit; loading reads all.
constexpr int64_t kMostCheckedBytes = int64_t{1} << 32;

// A file as the user names it and where it is.
struct Located {
  std::string name;
  std::string path;
};

// Images and labels that belong together.
struct Pair {
  Located images;
  Located labels;
};

struct Files {
  Pair train;
  std::optional<Pair> test;
};

// MNIST's file names, with '-' or '.' before the rank; a plain file is preferred to its gzip.
std::optional<Located> FindFile(const std::string& folder, const std::string& name,
                                const std::string& stem, const std::string& suffix) {
  for (const char* separator : {"-", "."}) {
    for (const char* end : {"", ".gz"}) {
      const std::string file = absl::StrCat(stem, separator, suffix, end);
      const std::string path = absl::StrCat(folder, "/", file);
      std::error_code error;
      if (std::filesystem::is_regular_file(path, error)) {
        return Located{absl::StrCat(name, "/", file), path};
      }
    }
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<Pair>> FindPair(const std::string& folder, const std::string& name,
                                             const std::string& part) {
  const auto images = FindFile(folder, name, part + "-images", "idx3-ubyte");
  const auto labels = FindFile(folder, name, part + "-labels", "idx1-ubyte");
  if (!images && !labels) return std::optional<Pair>();
  if (!images || !labels) {
    const char* missing = images ? "-labels-idx1-ubyte[.gz]" : "-images-idx3-ubyte[.gz]";
    return AtParameter(
        absl::NotFoundError(absl::StrCat(name, ": has no ", part, missing, " beside ",
                                         (images ? *images : *labels).name)),
        "path");
  }
  return std::optional<Pair>(Pair{*images, *labels});
}

// [n, h, w] are grey images, [n, f] vectors, [n] single values, [n, c, h, w] images with channels.
absl::StatusOr<Shape> SampleShape(const IdxHeader& header, const std::string& name) {
  const std::vector<int64_t>& dims = header.dims;
  if (dims.size() > 4) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": has ", dims.size(), " dimensions (",
                                                   absl::StrJoin(dims, " x "),
                                                   "); samples of at most 3 are read"));
  }
  if (dims.size() == 1) return Shape({1});
  if (dims.size() == 3) return Shape({1, dims[1], dims[2]});
  return Shape(std::vector<int64_t>(dims.begin() + 1, dims.end()));
}

// What one pair of files says of itself; the images are not read.
struct PairHead {
  IdxHeader header;
  Shape shape;
  int64_t count = 0;
  std::vector<int32_t> labels;
};

absl::StatusOr<PairHead> ReadHead(const Pair& pair) {
  PairHead head;
  ASSIGN_OR_RETURN(const auto images, InputFile::Open(pair.images.path, pair.images.name));
  ASSIGN_OR_RETURN(head.header, ReadIdxHeader(*images));
  ASSIGN_OR_RETURN(head.shape, SampleShape(head.header, pair.images.name));
  head.count = head.header.dims[0];
  if (head.count > kMostSamples) {
    return absl::InvalidArgumentError(absl::StrCat(
        pair.images.name, ": has ", head.count, " samples; at most ", kMostSamples, " are read"));
  }
  ASSIGN_OR_RETURN(const auto labels, InputFile::Open(pair.labels.path, pair.labels.name));
  ASSIGN_OR_RETURN(const IdxHeader label_header, ReadIdxHeader(*labels));
  if (label_header.dims.size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(pair.labels.name, ": has dimensions ", absl::StrJoin(label_header.dims, " x "),
                     "; labels have one; are images and labels exchanged?"));
  }
  if (label_header.dims[0] != head.count) {
    return absl::InvalidArgumentError(absl::StrCat(pair.labels.name, ": has ", label_header.dims[0],
                                                   " labels for the ", head.count, " samples of ",
                                                   pair.images.name));
  }
  ASSIGN_OR_RETURN(head.labels, ReadIdxIntegers(*labels, label_header));
  if (!ClaimedSizeFits(*images, head.header) && head.header.value_bytes <= kMostCheckedBytes) {
    // Cut, padded, or of several gzip members: reading it all tells which.
    std::vector<char> sink(1 << 16);
    for (int64_t left = head.header.value_bytes; left > 0;) {
      const size_t step =
          static_cast<size_t>(std::min<int64_t>(left, static_cast<int64_t>(sink.size())));
      RETURN_IF_ERROR(images->ReadExactly(sink.data(), step));
      left -= static_cast<int64_t>(step);
    }
    RETURN_IF_ERROR(images->ExpectEnd());
  }
  return head;
}

class Idx final : public DataSource {
 public:
  explicit Idx(const Params& params)
      : path_(params.Has("path") ? params.Str("path") : ""),
        images_(params.Has("images") ? params.Str("images") : ""),
        labels_(params.Has("labels") ? params.Str("labels") : ""),
        test_images_(params.Has("test_images") ? params.Str("test_images") : ""),
        test_labels_(params.Has("test_labels") ? params.Str("test_labels") : ""),
        classes_(params.Has("classes") ? params.Int("classes") : 0) {
    if (params.Has("class_names")) class_names_ = params.Strs("class_names");
  }

  absl::StatusOr<SourceDescription> Describe(const DataRoots& roots) const override {
    ASSIGN_OR_RETURN(const Files files, Find(roots));
    ASSIGN_OR_RETURN(const std::string key, KeyOf(files));
    if (auto known = SampleCache(roots.cache_folder).Describe(key)) return *std::move(known);
    ASSIGN_OR_RETURN(const Heads heads, ReadHeads(files));
    SourceDescription description;
    description.info = heads.info;
    description.train_count = heads.train.count;
    description.count = heads.train.count + (heads.test ? heads.test->count : 0);
    description.memory_bytes =
        description.count * heads.info.input_shape.elements() * (heads.bytes ? 1 : 4);
    return description;
  }

  absl::StatusOr<std::string> Version(const DataRoots& roots) const override {
    ASSIGN_OR_RETURN(const Files files, Find(roots));
    return KeyOf(files);
  }

  absl::StatusOr<Samples> Load(const DataRoots& roots) const override {
    ASSIGN_OR_RETURN(const Files files, Find(roots));
    ASSIGN_OR_RETURN(const std::string key, KeyOf(files));
    const SampleCache cache(roots.cache_folder);
    if (auto known = cache.Find(key)) return *std::move(known);
    ASSIGN_OR_RETURN(Heads heads, ReadHeads(files));
    Samples samples;
    samples.info = heads.info;
    samples.train_count = heads.train.count;
    samples.count = heads.train.count + (heads.test ? heads.test->count : 0);
    std::vector<int32_t> labels = std::move(heads.train.labels);
    if (heads.test)
      labels.insert(labels.end(), heads.test->labels.begin(), heads.test->labels.end());
    samples.labels = std::move(labels);
    ASSIGN_OR_RETURN(samples.features, ReadFeatures(files, heads));
    if (IsSlow(files)) cache.Keep(key, samples);
    return samples;
  }

 private:
  struct Heads {
    DataInfo info;
    PairHead train;
    std::optional<PairHead> test;
    bool bytes = false;  // all features are unsigned bytes
  };

  absl::StatusOr<Files> Find(const DataRoots& roots) const {
    Files files;
    if (path_.empty()) {
      ASSIGN_OR_RETURN(files.train.images, Locate(roots, images_, "images"));
      ASSIGN_OR_RETURN(files.train.labels, Locate(roots, labels_, "labels"));
      if (!test_images_.empty()) {
        files.test.emplace();
        ASSIGN_OR_RETURN(files.test->images, Locate(roots, test_images_, "test_images"));
        ASSIGN_OR_RETURN(files.test->labels, Locate(roots, test_labels_, "test_labels"));
      }
      return files;
    }
    ASSIGN_OR_RETURN(const Located folder, Locate(roots, path_, "path"));
    std::error_code error;
    if (!std::filesystem::is_directory(folder.path, error)) {
      return AtParameter(
          absl::InvalidArgumentError(absl::StrCat(
              path_, ": is a file; `path` is a folder, single files go to `images` and `labels`")),
          "path");
    }
    ASSIGN_OR_RETURN(const auto train, FindPair(folder.path, path_, "train"));
    if (!train) {
      return AtParameter(
          absl::NotFoundError(absl::StrCat(
              path_,
              ": holds no train-images-idx3-ubyte[.gz] and train-labels-idx1-ubyte[.gz]; name "
              "the files with `images` and `labels`")),
          "path");
    }
    files.train = *train;
    ASSIGN_OR_RETURN(files.test, FindPair(folder.path, path_, "t10k"));
    return files;
  }

  static absl::StatusOr<Located> Locate(const DataRoots& roots, const std::string& name,
                                        const char* parameter) {
    const absl::StatusOr<std::string> path = roots.Resolve(name);
    if (!path.ok()) return AtParameter(path.status(), parameter);
    return Located{name, *path};
  }

  absl::StatusOr<std::string> KeyOf(const Files& files) const {
    std::string key =
        absl::StrCat("idx 1\nclasses ", classes_, "\nnames ", absl::StrJoin(class_names_, "\x1f"));
    std::vector<const Pair*> pairs = {&files.train};
    if (files.test) pairs.push_back(&*files.test);
    for (const Pair* pair : pairs) {
      for (const Located* file : {&pair->images, &pair->labels}) {
        ASSIGN_OR_RETURN(const std::string version, VersionOfFile(file->path, file->name));
        absl::StrAppend(&key, "\n", version);
      }
    }
    return key;
  }

  absl::StatusOr<Heads> ReadHeads(const Files& files) const {
    Heads heads;
    ASSIGN_OR_RETURN(heads.train, ReadHead(files.train));
    if (files.test) {
      ASSIGN_OR_RETURN(heads.test, ReadHead(*files.test));
      if (heads.test->shape != heads.train.shape) {
        return absl::InvalidArgumentError(absl::StrCat(
            files.test->images.name, ": holds samples of shape ", heads.test->shape.ToString(),
            ", those of ", files.train.images.name, " have ", heads.train.shape.ToString()));
      }
      // Bytes are scaled to [0, 1] and other values are not: the parts would not mean the same.
      if (heads.test->header.type != heads.train.header.type) {
        return absl::InvalidArgumentError(absl::StrCat(
            files.test->images.name, ": holds values of type ",
            IdxTypeName(heads.test->header.type), ", ", files.train.images.name, " those of type ",
            IdxTypeName(heads.train.header.type), "; write both in one type"));
      }
    }
    heads.bytes = heads.train.header.type == IdxType::kUnsignedByte;
    heads.info.input_shape = heads.train.shape;
    heads.info.class_names = class_names_;
    std::vector<LabelledFile> labelled = {{files.train.labels.name, heads.train.labels}};
    if (heads.test) labelled.push_back({files.test->labels.name, heads.test->labels});
    ASSIGN_OR_RETURN(
        heads.info.classes,
        CountClasses(labelled,
                     classes_ > 0 ? classes_ : static_cast<int64_t>(class_names_.size())));
    return heads;
  }

  static absl::StatusOr<std::variant<SharedArray<uint8_t>, SharedArray<float>>> ReadFeatures(
      const Files& files, const Heads& heads) {
    if (!heads.bytes) return ReadAll<float>(files, heads, ReadIdxFloats);
    return ReadAll<uint8_t>(files, heads, ReadIdxBytes);
  }

  template <typename T>
  static absl::StatusOr<std::variant<SharedArray<uint8_t>, SharedArray<float>>> ReadAll(
      const Files& files, const Heads& heads,
      absl::Status (*read)(InputFile&, const IdxHeader&, T*)) {
    const int64_t train_values = heads.train.header.elements;
    std::vector<T> values(
        static_cast<size_t>(train_values + (heads.test ? heads.test->header.elements : 0)));
    RETURN_IF_ERROR(ReadOne(files.train.images, heads.train.header, read, values.data()));
    if (heads.test)
      RETURN_IF_ERROR(
          ReadOne(files.test->images, heads.test->header, read, values.data() + train_values));
    return SharedArray<T>(std::move(values));
  }

  template <typename T>
  static absl::Status ReadOne(const Located& located, const IdxHeader& expected,
                              absl::Status (*read)(InputFile&, const IdxHeader&, T*), T* out) {
    ASSIGN_OR_RETURN(const auto file, InputFile::Open(located.path, located.name));
    ASSIGN_OR_RETURN(const IdxHeader header, ReadIdxHeader(*file));
    if (header.dims != expected.dims || header.type != expected.type) {
      return absl::FailedPreconditionError(
          absl::StrCat(located.name, ": changed while it was read; try again"));
    }
    return read(*file, header, out);
  }

  // Plain files of bytes are read as fast as a kept copy would be.
  static bool IsSlow(const Files& files) {
    for (const Located* file :
         {&files.train.images, files.test ? &files.test->images : &files.train.images}) {
      const auto opened = InputFile::Open(file->path, file->name);
      if (opened.ok() && (*opened)->compressed()) return true;
    }
    return false;
  }

  std::string path_, images_, labels_, test_images_, test_labels_;
  int64_t classes_;
  std::vector<std::string> class_names_;
};

// Either `path` or the files.
void CheckFiles(const Params& params, Violations& violations) {
  const std::vector<std::string> files = {"images", "labels", "test_images", "test_labels"};
  if (params.Has("path")) {
    for (const std::string& file : files) {
      if (params.Has(file))
        violations.Add(params.PathOf(file), "excluded by `path`; give the folder or the files");
    }
    return;
  }
  if (!params.Has("images") && !params.Has("labels")) {
    violations.Add(params.PathOf("path"),
                   "required: a folder such as fashion-mnist, or the files `images` and `labels`");
    return;
  }
  const auto need = [&](const char* needed, const char* because) {
    if (!params.Has(needed))
      violations.Add(params.PathOf(needed), absl::StrCat("required beside `", because, "`"));
  };
  need("images", "labels");
  need("labels", "images");
  if (params.Has("test_images")) need("test_labels", "test_images");
  if (params.Has("test_labels")) need("test_images", "test_labels");
}

}  // namespace

CatalogEntry<DataSource> IdxEntry() {
  return {Schema("idx",
                 "Labelled images or vectors in IDX files (MNIST and its relatives), plain or "
                 "gzip. Bytes are scaled to "
                 "[0, 1].")
              .Add(String("path",
                          "Folder with train-images-idx3-ubyte[.gz] and "
                          "train-labels-idx1-ubyte[.gz], and t10k-... for "
                          "its test part."))
              .Add(String("images", "In place of path: the file of the images."))
              .Add(String("labels", "In place of path: the file of the labels."))
              .Add(String("test_images", "The file of the test part's images."))
              .Add(String("test_labels", "The file of the test part's labels."))
              .Add(Integer("classes", "Number of classes. Default: the largest label plus one.")
                       .AtLeast(2)
                       .AtMost(kMostClasses))
              .Add(Strings("class_names", "A name for each class, in order of their labels.")
                       .Size(2, kMostClasses))
              .Example("{type: idx, path: fashion-mnist}"),
          [](const Params& params, Violations& violations) -> std::unique_ptr<DataSource> {
            CheckFiles(params, violations);
            if (params.Has("classes") && params.Has("class_names") &&
                params.Int("classes") != static_cast<int64_t>(params.Strs("class_names").size())) {
              violations.Add(params.PathOf("class_names"),
                             absl::StrCat("expected ", params.Int("classes"), " names, got ",
                                          params.Strs("class_names").size()));
            }
            return std::make_unique<Idx>(params);
          }};
}

}  // namespace trainyard::data
