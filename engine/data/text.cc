// Data source `text`: a file as a sequence of bytes, for models that predict the next one. Windows
// do not overlap; each lends the first byte of the next one as the label of its last position.
#include "engine/data/text.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/data/split.h"
#include "engine/formats/input_file.h"

namespace trainyard {
namespace {

constexpr int64_t kMostContext = 1 << 16;
constexpr int64_t kMostVocabulary = 256;  // bytes

}  // namespace

Schema WithText(Schema schema, int default_vocabulary) {
  return std::move(schema)
      .Add(
          Integer("context", "Positions of a sample.").Default(128).AtLeast(1).AtMost(kMostContext))
      .Add(Integer("vocabulary", "Ids are below it: the classes of each position.")
               .Default(default_vocabulary)
               .AtLeast(2)
               .AtMost(kMostVocabulary));
}

TextOptions ReadTextOptions(const Params& params) {
  return {params.Int("context"), params.Int("vocabulary")};
}

DataInfo TextInfo(const TextOptions& options) {
  DataInfo info;
  info.input_shape = Shape{options.context};
  info.positions = options.context;
  info.vocabulary = options.vocabulary;
  info.classes = options.vocabulary;
  return info;
}

namespace data {
namespace {

constexpr int64_t kMostBytes = int64_t{1} << 32;

struct Options {
  TextOptions text;
  std::string path;
  std::string test_path;  // empty: the end of the file
  double test_fraction = 0;
};

struct Parts {
  int64_t train_windows = 0;
  int64_t test_windows = 0;
};

absl::Status TooLarge(const std::string& name) {
  return absl::InvalidArgumentError(
      absl::StrCat(name, ": has more than ", BytesText(kMostBytes), "; cut it"));
}

// The first byte that is no id, or OK. `position`: of the first of them in the file.
absl::Status CheckBytes(const std::string& name, const uint8_t* bytes, size_t count,
                        int64_t position, int64_t vocabulary) {
  const uint8_t* const end = bytes + count;
  const uint8_t* const bad =
      std::find_if(bytes, end, [&](uint8_t byte) { return byte >= vocabulary; });
  if (bad == end) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(name, ": byte ", position + (bad - bytes), " is ",
                                                 int{*bad}, "; ids are below ", vocabulary,
                                                 ", the vocabulary"));
}

// Reads the file in pieces: take(bytes, count).
template <typename Take>
absl::Status ReadBytes(const DataRoots& roots, const std::string& name, int64_t vocabulary,
                       const Take& take) {
  constexpr size_t kPiece = 1 << 20;
  ASSIGN_OR_RETURN(const std::string path, roots.Resolve(name));
  ASSIGN_OR_RETURN(const std::unique_ptr<InputFile> file, InputFile::Open(path, name));
  std::vector<uint8_t> piece(kPiece);
  while (true) {
    const int64_t position = file->position();
    ASSIGN_OR_RETURN(const size_t count, file->Read(piece.data(), kPiece));
    if (count == 0) return absl::OkStatus();
    if (file->position() > kMostBytes) return TooLarge(name);
    RETURN_IF_ERROR(CheckBytes(name, piece.data(), count, position, vocabulary));
    take(piece.data(), count);
  }
}

class Text final : public DataSource {
 public:
  explicit Text(Options options) : options_(std::move(options)) {}

  absl::StatusOr<SourceDescription> Describe(const DataRoots& roots) const override {
    ASSIGN_OR_RETURN(const int64_t bytes, CountBytes(roots, options_.path, "path"));
    int64_t test_bytes = 0;
    if (!options_.test_path.empty()) {
      ASSIGN_OR_RETURN(test_bytes, CountBytes(roots, options_.test_path, "test_path"));
    }
    ASSIGN_OR_RETURN(const Parts parts, Divide(bytes, test_bytes));
    SourceDescription description;
    description.info = TextInfo(options_.text);
    description.count = parts.train_windows + parts.test_windows;
    description.train_count = parts.train_windows;
    // Labels of one file are its own bytes.
    description.memory_bytes =
        description.count * options_.text.context * (options_.test_path.empty() ? 1 : 2);
    return description;
  }

  absl::StatusOr<std::string> Version(const DataRoots& roots) const override {
    return VersionOf({options_.path, options_.test_path}, roots);
  }

  absl::StatusOr<Samples> Load(const DataRoots& roots) const override {
    ASSIGN_OR_RETURN(std::vector<uint8_t> bytes, ReadAll(roots, options_.path, "path"));
    std::vector<uint8_t> test;
    if (!options_.test_path.empty()) {
      ASSIGN_OR_RETURN(test, ReadAll(roots, options_.test_path, "test_path"));
    }
    ASSIGN_OR_RETURN(const Parts parts, Divide(std::ssize(bytes), std::ssize(test)));
    Samples samples;
    samples.info = TextInfo(options_.text);
    samples.count = parts.train_windows + parts.test_windows;
    samples.train_count = parts.train_windows;
    samples.byte_scale = 1;
    const size_t values = static_cast<size_t>(samples.count * options_.text.context);
    if (test.empty()) {
      // The labels are the same bytes, one further.
      const auto owner = std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
      samples.features = SharedArray<uint8_t>(owner->data(), values, owner);
      samples.byte_labels = SharedArray<uint8_t>(owner->data() + 1, values, owner);
      return samples;
    }
    std::vector<uint8_t> features, labels;
    features.reserve(values);
    labels.reserve(values);
    const auto append = [&](const std::vector<uint8_t>& from, int64_t windows) {
      const auto begin = from.begin();
      const int64_t size = windows * options_.text.context;
      features.insert(features.end(), begin, begin + size);
      labels.insert(labels.end(), begin + 1, begin + 1 + size);
    };
    append(bytes, parts.train_windows);
    append(test, parts.test_windows);
    samples.features = SharedArray<uint8_t>(std::move(features));
    samples.byte_labels = SharedArray<uint8_t>(std::move(labels));
    return samples;
  }

 private:
  absl::StatusOr<int64_t> CountBytes(const DataRoots& roots, const std::string& name,
                                     const char* parameter) const {
    int64_t total = 0;
    const absl::Status read =
        ReadBytes(roots, name, options_.text.vocabulary,
                  [&](const uint8_t*, size_t count) { total += static_cast<int64_t>(count); });
    if (!read.ok()) return AtParameter(read, parameter);
    return total;
  }

  absl::StatusOr<std::vector<uint8_t>> ReadAll(const DataRoots& roots, const std::string& name,
                                               const char* parameter) const {
    std::vector<uint8_t> bytes;
    const absl::Status read = ReadBytes(
        roots, name, options_.text.vocabulary,
        [&](const uint8_t* from, size_t count) { bytes.insert(bytes.end(), from, from + count); });
    if (!read.ok()) return AtParameter(read, parameter);
    return bytes;
  }

  absl::StatusOr<int64_t> Windows(int64_t bytes, const std::string& name,
                                  const char* parameter) const {
    const int64_t context = options_.text.context;
    if (bytes > context) return (bytes - 1) / context;
    return AtParameter(
        absl::InvalidArgumentError(absl::StrCat(name, ": has ", bytes, " bytes; a sample takes ",
                                                context + 1, ", its context and one to predict")),
        parameter);
  }

  absl::StatusOr<Parts> Divide(int64_t bytes, int64_t test_bytes) const {
    ASSIGN_OR_RETURN(const int64_t windows, Windows(bytes, options_.path, "path"));
    if (!options_.test_path.empty()) {
      ASSIGN_OR_RETURN(const int64_t test, Windows(test_bytes, options_.test_path, "test_path"));
      return Parts{windows, test};
    }
    const int64_t test = ShareOf(options_.test_fraction, windows);
    if (test == 0 && options_.test_fraction > 0) {
      return AtParameter(
          absl::InvalidArgumentError(absl::StrCat(options_.test_fraction, " of ", windows,
                                                  " samples is none; use 0 or a larger share")),
          "test_fraction");
    }
    if (test == windows) {
      return AtParameter(
          absl::InvalidArgumentError(absl::StrCat(options_.test_fraction, " of ", windows,
                                                  " samples leaves none for training")),
          "test_fraction");
    }
    return Parts{windows - test, test};
  }

  const Options options_;
};

std::unique_ptr<DataSource> Create(const Params& params, Violations& violations) {
  Options options;
  options.text = ReadTextOptions(params);
  options.path = params.Str("path");
  if (params.Has("test_path")) options.test_path = params.Str("test_path");
  if (params.Has("test_fraction")) options.test_fraction = params.Num("test_fraction");
  if (params.Has("test_fraction") && params.Has("test_path")) {
    violations.Add(params.PathOf("test_fraction"),
                   "not allowed beside `test_path`, which is the test part");
  }
  return std::make_unique<Text>(std::move(options));
}

}  // namespace

CatalogEntry<DataSource> TextEntry() {
  return {WithText(Schema("text",
                          "A file as a sequence of bytes, plain or gzip. A sample is a window of "
                          "`context` bytes, "
                          "and each of its positions is to predict the byte that follows."),
                   kMostVocabulary)
              .Add(String("path", "The file.").Required())
              .Add(String("test_path", "A file of its own for the test part."))
              .Add(Number("test_fraction",
                          "Share of the samples, at the end of the file, that is the test part.")
                       .AtLeast(0)
                       .Below(1))
              .Example("{type: text, path: books/faust.txt, context: 128, test_fraction: 0.1}"),
          Create};
}

}  // namespace data
}  // namespace trainyard
