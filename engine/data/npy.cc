// Data source `npy`: features and labels (or targets) as arrays that numpy.save wrote.
#include "engine/formats/npy.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "engine/data/labels.h"
#include "engine/data/source.h"

namespace trainyard::data {
namespace {

constexpr int64_t kMostClasses = 1 << 20;
// Labels are held as 4 bytes each, also while a job is only described.
constexpr int64_t kMostSamples = int64_t{1} << 28;
// A description reads no more than this to find out why a size does not fit; loading reads all.
constexpr int64_t kMostCheckedBytes = int64_t{1} << 32;

struct Options {
  std::string features, labels, test_features, test_labels;  // no labels: only for prediction
  Task task = Task::kClassification;
  int64_t classes = 0;
  std::vector<std::string> class_names;
};

// A file that has been opened, with its header read.
struct Array {
  std::unique_ptr<InputFile> file;
  NpyHeader header;

  int64_t count() const { return header.shape[0]; }
};

// Features and what belongs to them, of the training or the test part.
struct Arrays {
  Array features;
  std::optional<Array> labels;
};

absl::StatusOr<Array> Open(const DataRoots& roots, const std::string& name, const char* parameter) {
  const absl::StatusOr<std::string> path = roots.Resolve(name);
  if (!path.ok()) return AtParameter(path.status(), parameter);
  Array array;
  const auto read = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(array.file, InputFile::Open(*path, name));
    ASSIGN_OR_RETURN(array.header, ReadNpyHeader(*array.file));
    return absl::OkStatus();
  };
  if (absl::Status status = read(); !status.ok()) return AtParameter(status, parameter);
  return array;
}

absl::StatusOr<Arrays> OpenPart(const DataRoots& roots, const Options& options, bool test) {
  Arrays arrays;
  ASSIGN_OR_RETURN(arrays.features, test ? Open(roots, options.test_features, "test_features")
                                         : Open(roots, options.features, "features"));
  if (arrays.features.count() > kMostSamples) {
    return AtParameter(absl::InvalidArgumentError(absl::StrCat(
                           arrays.features.file->name(), ": has ", arrays.features.count(),
                           " samples; at most ", kMostSamples, " are read")),
                       test ? "test_features" : "features");
  }
  const std::string& labels_name = test ? options.test_labels : options.labels;
  if (labels_name.empty()) return arrays;
  ASSIGN_OR_RETURN(arrays.labels, Open(roots, labels_name, test ? "test_labels" : "labels"));
  const Array& labels = *arrays.labels;
  const std::string shape = absl::StrCat("(", absl::StrJoin(labels.header.shape, ", "), ")");
  const std::string& name = labels.file->name();
  const size_t rank = labels.header.shape.size();
  const bool column =
      rank == 2 && (options.task == Task::kRegression || labels.header.shape[1] == 1);
  if (rank != 1 && !column) {
    return AtParameter(
        absl::InvalidArgumentError(absl::StrCat(
            name, ": has shape ", shape, "; expected one ",
            options.task == Task::kRegression ? "row of targets" : "label", " a sample")),
        test ? "test_labels" : "labels");
  }
  if (labels.count() != arrays.features.count()) {
    return AtParameter(absl::InvalidArgumentError(absl::StrCat(
                           name, ": has ", labels.count(), " rows for the ",
                           arrays.features.count(), " samples of ", arrays.features.file->name())),
                       test ? "test_labels" : "labels");
  }
  return arrays;
}

// (n) is one feature, (n, f) are vectors, (n, h, w) grey images, (n, c, h, w) images.
absl::StatusOr<Shape> SampleShape(const Array& array) {
  const std::vector<int64_t>& shape = array.header.shape;
  if (shape.size() > 4) {
    return absl::InvalidArgumentError(
        absl::StrCat(array.file->name(), ": has ", shape.size(),
                     " dimensions; expected (samples, features), (samples, height, width) "
                     "or (samples, channels, height, width)"));
  }
  if (shape.size() == 1) return Shape({1});
  if (shape.size() == 3) return Shape({1, shape[1], shape[2]});
  return Shape(std::vector<int64_t>(shape.begin() + 1, shape.end()));
}

bool IsBytes(const Array& array) {
  return array.header.kind == NpyKind::kUnsigned && array.header.width == 1;
}

class Npy final : public DataSource {
 public:
  explicit Npy(Options options) : options_(std::move(options)) {}

  absl::StatusOr<SourceDescription> Describe(const DataRoots& roots) const override {
    RETURN_IF_ERROR(RequireLabels());
    return DescribeWith(options_, nullptr, roots);
  }
  absl::StatusOr<Samples> Load(const DataRoots& roots) const override {
    RETURN_IF_ERROR(RequireLabels());
    return LoadWith(options_, nullptr, roots);
  }
  absl::StatusOr<std::string> Version(const DataRoots& roots) const override {
    return VersionOf(
        {options_.features, options_.labels, options_.test_features, options_.test_labels}, roots);
  }
  absl::StatusOr<SourceDescription> DescribeLike(const DataInfo& like,
                                                 const DataRoots& roots) const override {
    return DescribeWith(OptionsFor(like), &like, roots);
  }
  absl::StatusOr<Samples> LoadLike(const DataInfo& like, const DataRoots& roots) const override {
    return LoadWith(OptionsFor(like), &like, roots);
  }

 private:
  struct Opened {
    Arrays train;
    std::optional<Arrays> test;
    Shape shape;
    bool bytes = false;

    std::vector<Arrays*> parts() {
      std::vector<Arrays*> parts = {&train};
      if (test) parts.push_back(&*test);
      return parts;
    }
  };

  absl::Status RequireLabels() const {
    if (!options_.labels.empty()) return absl::OkStatus();
    return AtParameter(absl::InvalidArgumentError(
                           "required: the file with a label or targets for each sample (only for "
                           "samples to be predicted it may be left out)"),
                       "labels");
  }

  // The model knows what the labels are.
  Options OptionsFor(const DataInfo& like) const {
    Options options = options_;
    options.task = like.task;
    options.classes = like.classes;
    options.class_names = like.class_names;
    return options;
  }

  static absl::StatusOr<SourceDescription> DescribeWith(const Options& options,
                                                        const DataInfo* like,
                                                        const DataRoots& roots) {
    ASSIGN_OR_RETURN(Opened opened, OpenAll(options, roots));
    for (Arrays* arrays : opened.parts()) {
      const NpyHeader& header = arrays->features.header;
      if (!ClaimedSizeFits(*arrays->features.file, header) &&
          header.value_bytes <= kMostCheckedBytes) {
        RETURN_IF_ERROR(ReadToEnd(arrays->features));
      }
    }
    Samples samples;
    RETURN_IF_ERROR(ReadLabels(options, like, opened, samples));
    SourceDescription description;
    description.info = samples.info;
    description.count = samples.count;
    description.train_count = samples.train_count;
    description.memory_bytes =
        samples.count * samples.info.input_shape.elements() * (opened.bytes ? 1 : 4);
    return description;
  }

  static absl::StatusOr<Samples> LoadWith(const Options& options, const DataInfo* like,
                                          const DataRoots& roots) {
    ASSIGN_OR_RETURN(Opened opened, OpenAll(options, roots));
    Samples samples;
    RETURN_IF_ERROR(ReadLabels(options, like, opened, samples));
    if (opened.bytes) {
      ASSIGN_OR_RETURN(samples.features, ReadFeatures<uint8_t>(opened, ReadNpyBytes));
    } else {
      ASSIGN_OR_RETURN(samples.features, ReadFeatures<float>(opened, ReadNpyFloats));
    }
    return samples;
  }

  static absl::StatusOr<Opened> OpenAll(const Options& options, const DataRoots& roots) {
    Opened opened;
    ASSIGN_OR_RETURN(opened.train, OpenPart(roots, options, false));
    ASSIGN_OR_RETURN(opened.shape, SampleShape(opened.train.features));
    opened.bytes = IsBytes(opened.train.features);
    if (options.test_features.empty()) return opened;
    ASSIGN_OR_RETURN(opened.test, OpenPart(roots, options, true));
    ASSIGN_OR_RETURN(const Shape test_shape, SampleShape(opened.test->features));
    if (test_shape != opened.shape || IsBytes(opened.test->features) != opened.bytes) {
      return AtParameter(
          absl::InvalidArgumentError(absl::StrCat(
              options.test_features, ": holds samples of shape ", test_shape.ToString(),
              " and type ", opened.test->features.header.descriptor, ", those of ",
              options.features, " are ", opened.shape.ToString(), " and ",
              opened.train.features.header.descriptor)),
          "test_features");
    }
    return opened;
  }

  // Everything of the samples but their features.
  static absl::Status ReadLabels(const Options& options, const DataInfo* like, Opened& opened,
                                 Samples& samples) {
    samples.info.task = options.task;
    samples.info.input_shape = opened.shape;
    samples.info.class_names = options.class_names;
    samples.info.classes = options.classes;
    for (Arrays* arrays : opened.parts()) samples.count += arrays->features.count();
    samples.train_count = opened.train.features.count();
    if (!opened.train.labels) {
      samples.info.targets = like->targets;
    } else if (options.task == Task::kRegression) {
      RETURN_IF_ERROR(ReadTargets(opened, samples));
    } else {
      RETURN_IF_ERROR(ReadClasses(options, like != nullptr, opened, samples));
    }
    if (like == nullptr) return absl::OkStatus();
    RETURN_IF_ERROR(CheckLike(samples.info, *like));
    samples.info = *like;
    return absl::OkStatus();
  }

  static absl::Status ReadClasses(const Options& options, bool predict, Opened& opened,
                                  Samples& samples) {
    std::vector<int32_t> labels(static_cast<size_t>(samples.count));
    std::vector<LabelledFile> labelled;
    size_t at = 0;
    for (Arrays* arrays : opened.parts()) {
      const Array& array = *arrays->labels;
      RETURN_IF_ERROR(ReadNpyIntegers(*array.file, array.header, labels.data() + at));
      const size_t count = static_cast<size_t>(array.count());
      labelled.push_back({array.file->name(), absl::MakeConstSpan(labels).subspan(at, count)});
      at += count;
    }
    samples.labels = std::move(labels);
    if (predict) return AtParameter(CheckLabels(labelled, samples.info.classes), "labels");
    const int64_t given =
        options.classes > 0 ? options.classes : static_cast<int64_t>(options.class_names.size());
    const absl::StatusOr<int64_t> classes = CountClasses(labelled, given);
    if (!classes.ok()) return AtParameter(classes.status(), "labels");
    samples.info.classes = *classes;
    return absl::OkStatus();
  }

  static absl::Status ReadTargets(Opened& opened, Samples& samples) {
    const NpyHeader& header = opened.train.labels->header;
    samples.info.targets = header.elements / header.shape[0];
    std::vector<float> targets;
    for (Arrays* arrays : opened.parts()) {
      const NpyHeader& part = arrays->labels->header;
      if (part.elements / part.shape[0] != samples.info.targets) {
        return AtParameter(
            absl::InvalidArgumentError(
                absl::StrCat(arrays->labels->file->name(), ": has ", part.elements / part.shape[0],
                             " targets a sample, the training part ", samples.info.targets)),
            "test_labels");
      }
      const size_t at = targets.size();
      targets.resize(at + static_cast<size_t>(part.elements));
      RETURN_IF_ERROR(ReadNpyFloats(*arrays->labels->file, part, targets.data() + at));
    }
    samples.targets = std::move(targets);
    return absl::OkStatus();
  }

  template <typename T>
  static absl::StatusOr<SharedArray<T>> ReadFeatures(Opened& opened,
                                                     absl::Status (*read)(InputFile&,
                                                                          const NpyHeader&, T*)) {
    int64_t total = 0;
    for (Arrays* arrays : opened.parts()) total += arrays->features.header.elements;
    std::vector<T> values(static_cast<size_t>(total));
    T* out = values.data();
    for (Arrays* arrays : opened.parts()) {
      RETURN_IF_ERROR(read(*arrays->features.file, arrays->features.header, out));
      out += arrays->features.header.elements;
    }
    return SharedArray<T>(std::move(values));
  }

  static absl::Status ReadToEnd(Array& array) {
    std::vector<char> sink(1 << 16);
    for (int64_t left = array.header.value_bytes; left > 0;) {
      const size_t step =
          static_cast<size_t>(std::min<int64_t>(left, static_cast<int64_t>(sink.size())));
      RETURN_IF_ERROR(array.file->ReadExactly(sink.data(), step));
      left -= static_cast<int64_t>(step);
    }
    return array.file->ExpectEnd();
  }

  const Options options_;
};

std::unique_ptr<DataSource> Create(const Params& params, Violations& violations) {
  Options options;
  options.features = params.Str("features");
  if (params.Has("labels")) options.labels = params.Str("labels");
  if (params.Has("test_features")) options.test_features = params.Str("test_features");
  if (params.Has("test_labels")) options.test_labels = params.Str("test_labels");
  if (params.Has("classes")) options.classes = params.Int("classes");
  if (params.Has("class_names")) options.class_names = params.Strs("class_names");
  options.task = params.Str("task") == "regression" ? Task::kRegression : Task::kClassification;
  const bool needs_test_labels = params.Has("test_features") && params.Has("labels");
  if (params.Has("test_labels") ? !params.Has("test_features") : needs_test_labels) {
    const bool has_features = params.Has("test_features");
    violations.Add(
        params.PathOf(has_features ? "test_labels" : "test_features"),
        absl::StrCat("required beside `", has_features ? "test_features" : "test_labels", "`"));
  }
  if (options.classes > 0 && !options.class_names.empty() &&
      options.classes != static_cast<int64_t>(options.class_names.size())) {
    violations.Add(
        params.PathOf("class_names"),
        absl::StrCat("expected ", options.classes, " names, got ", options.class_names.size()));
  }
  if (options.task == Task::kRegression) {
    for (const char* name : {"classes", "class_names"}) {
      if (params.Has(name)) violations.Add(params.PathOf(name), "not allowed for regression");
    }
  }
  return std::make_unique<Npy>(std::move(options));
}

}  // namespace

CatalogEntry<DataSource> NpyEntry() {
  return {Schema("npy",
                 "Arrays that numpy.save wrote: floats, integers or bytes in C order. Features of "
                 "unsigned bytes are "
                 "scaled to [0, 1].")
              .Add(String("features",
                          "File with (samples, features), (samples, height, width) or (samples, "
                          "channels, height, "
                          "width).")
                       .Required())
              .Add(String("labels",
                          "File with a class label a sample, or for regression (samples) or "
                          "(samples, targets). Only samples to be predicted may be without."))
              .Add(String("test_features", "The test part's features."))
              .Add(String("test_labels", "The test part's labels."))
              .Add(String("task", "What the labels are.")
                       .OneOf({"classification", "regression"})
                       .Default("classification"))
              .Add(Integer("classes", "Number of classes. Default: the largest label plus one.")
                       .AtLeast(2)
                       .AtMost(kMostClasses))
              .Add(Strings("class_names", "A name for each class, in order of their labels.")
                       .Size(2, kMostClasses))
              .Example("{type: npy, features: digits/x.npy, labels: digits/y.npy}"),
          Create};
}

}  // namespace trainyard::data
