// Data source `ngrams`: texts with a class each, as hashed n-grams of words or characters.
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/safe_text.h"
#include "engine/base/status.h"
#include "engine/data/ngram_hash.h"
#include "engine/data/sample_cache.h"
#include "engine/data/source.h"
#include "engine/formats/input_file.h"
#include "engine/formats/text_rows.h"

namespace trainyard::data {
namespace {

constexpr int64_t kMostTexts = int64_t{1} << 28;
constexpr size_t kMostClasses = 1 << 16;
constexpr size_t kLongestName = 200;
constexpr int64_t kMostLength = 8;
// Vectors are dense: a sample takes 4 bytes a feature.
constexpr int64_t kMostFeatures = 1 << 16;

struct Options {
  std::string path, test_path;
  TextRowsOptions rows;
  NgramOptions ngrams;
};

// What one pass over the files finds.
struct Found {
  std::map<std::string, int32_t> classes;  // in sorted order, once all are known
  int64_t count = 0;
  int64_t train_count = 0;
  bool labelled = true;  // every text
};

std::string ClassName(std::string_view label) { return SafeText(std::string(label), kLongestName); }

class Ngrams final : public DataSource {
 public:
  explicit Ngrams(Options options) : options_(std::move(options)) {}

  absl::StatusOr<SourceDescription> Describe(const DataRoots& roots) const override {
    ASSIGN_OR_RETURN(const std::string key, Version(roots));
    if (auto known = SampleCache(roots.cache_folder).Describe(key)) return *std::move(known);
    ASSIGN_OR_RETURN(const Found found, Scan(roots, nullptr));
    return DescriptionOf(found);
  }
  absl::StatusOr<SourceDescription> DescribeLike(const DataInfo& like,
                                                 const DataRoots& roots) const override {
    RETURN_IF_ERROR(CheckReading(like));
    ASSIGN_OR_RETURN(const Found found, Scan(roots, &like));
    SourceDescription description = DescriptionOf(found);
    RETURN_IF_ERROR(CheckLike(description.info, like));
    description.info = like;
    return description;
  }
  absl::StatusOr<Samples> Load(const DataRoots& roots) const override {
    ASSIGN_OR_RETURN(const std::string key, Version(roots));
    const SampleCache cache(roots.cache_folder);
    if (auto known = cache.Find(key)) return *std::move(known);
    ASSIGN_OR_RETURN(const Found found, Scan(roots, nullptr));
    ASSIGN_OR_RETURN(Samples samples, Fill(found, roots, options_.rows));
    cache.Keep(key, samples);
    return samples;
  }
  absl::StatusOr<Samples> LoadLike(const DataInfo& like, const DataRoots& roots) const override {
    RETURN_IF_ERROR(CheckReading(like));
    ASSIGN_OR_RETURN(const Found found, Scan(roots, &like));
    TextRowsOptions rows = options_.rows;
    rows.label_may_be_absent = true;
    ASSIGN_OR_RETURN(Samples samples, Fill(found, roots, rows));
    RETURN_IF_ERROR(CheckLike(samples.info, like));
    samples.info = like;
    return samples;
  }

  absl::StatusOr<std::string> Version(const DataRoots& roots) const override {
    const NgramOptions& ngrams = options_.ngrams;
    std::string key = absl::StrCat(
        "ngrams 1\n", options_.rows.jsonl, " ", static_cast<int>(options_.rows.delimiter), "\n",
        options_.rows.text, "\n", options_.rows.label, "\n", ngrams.words, " ", ngrams.smallest,
        " ", ngrams.largest, " ", ngrams.features, " ", ngrams.lower_case, "\n");
    for (const auto& [name, parameter] : Files()) {
      const absl::StatusOr<std::string> version = VersionOf({name}, roots);
      if (!version.ok()) return AtParameter(version.status(), parameter);
      key += *version;
    }
    return key;
  }

 private:
  // How texts become features, as a model keeps it: in place of a table's columns.
  std::string Reading() const {
    const NgramOptions& ngrams = options_.ngrams;
    return absl::StrCat("n-grams of ", ngrams.smallest, " to ", ngrams.largest,
                        ngrams.words ? " words" : " characters",
                        ngrams.lower_case ? ", lower case" : "");
  }
  // Another reading would give a vector of the same length that means something else.
  absl::Status CheckReading(const DataInfo& like) const {
    const std::string known = like.columns.size() == 1 ? like.columns[0].name : "other features";
    if (known == Reading()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("reads ", Reading(), ", the model ", SafeText(known, kLongestName),
                     "; use the parameters that it was trained with"));
  }

  std::vector<std::pair<std::string, const char*>> Files() const {
    std::vector<std::pair<std::string, const char*>> files = {{options_.path, "path"}};
    if (!options_.test_path.empty()) files.emplace_back(options_.test_path, "test_path");
    return files;
  }

  absl::Status ForEach(const DataRoots& roots, const TextRowsOptions& rows,
                       const std::function<absl::Status(const TextRow&, bool test)>& use) const {
    bool test = false;
    for (const auto& [name, parameter] : Files()) {
      const absl::StatusOr<std::string> path = roots.Resolve(name);
      if (!path.ok()) return AtParameter(path.status(), parameter);
      RETURN_IF_ERROR(AtParameter(
          ForEachTextRow(*path, name, rows, [&](const TextRow& row) { return use(row, test); }),
          parameter));
      test = true;
    }
    return absl::OkStatus();
  }

  // `like`: what the model knows, for a prediction; else null.
  absl::StatusOr<Found> Scan(const DataRoots& roots, const DataInfo* like) const {
    Found found;
    TextRowsOptions rows = options_.rows;
    rows.label_may_be_absent = like != nullptr;
    if (like != nullptr) {
      for (size_t i = 0; i < like->class_names.size(); ++i)
        found.classes[like->class_names[i]] = static_cast<int32_t>(i);
    }
    RETURN_IF_ERROR(ForEach(roots, rows, [&](const TextRow& row, bool test) -> absl::Status {
      if (++found.count > kMostTexts)
        return absl::InvalidArgumentError(
            absl::StrCat(row.where, ": at most ", kMostTexts, " texts are read"));
      found.train_count += !test;
      found.labelled = found.labelled && !row.label.empty();
      if (row.label.empty() || found.classes.contains(ClassName(row.label)))
        return absl::OkStatus();
      if (like != nullptr || test) {
        return absl::InvalidArgumentError(
            absl::StrCat(row.where, ": ", test ? "the training part has" : "the model knows",
                         " no class '", ClassName(row.label), "'"));
      }
      found.classes[ClassName(row.label)] = 0;
      if (found.classes.size() <= kMostClasses) return absl::OkStatus();
      return absl::InvalidArgumentError(absl::StrCat(row.where, ": more than ", kMostClasses,
                                                     " different labels; is '", options_.rows.label,
                                                     "' the column of classes?"));
    }));
    if (found.train_count == 0)
      return AtParameter(absl::InvalidArgumentError(options_.path + ": holds no text"), "path");
    if (like != nullptr) return found;
    if (found.classes.size() < 2) {
      return AtParameter(
          absl::InvalidArgumentError(absl::StrCat(options_.path, ": all ", found.train_count,
                                                  " texts are of one class; classification needs "
                                                  "two at least")),
          "path");
    }
    int32_t label = 0;
    for (auto& [name, number] : found.classes) number = label++;
    return found;
  }

  SourceDescription DescriptionOf(const Found& found) const {
    SourceDescription description;
    description.info.input_shape = Shape({options_.ngrams.features});
    description.info.columns = {{Reading(), {}}};
    description.info.classes = std::ssize(found.classes);
    description.info.class_names.resize(found.classes.size());
    for (const auto& [name, label] : found.classes)
      description.info.class_names[static_cast<size_t>(label)] = name;
    description.count = found.count;
    description.train_count = found.train_count;
    description.memory_bytes =
        found.count * options_.ngrams.features * static_cast<int64_t>(sizeof(float));
    return description;
  }

  absl::StatusOr<Samples> Fill(const Found& found, const DataRoots& roots,
                               const TextRowsOptions& rows) const {
    Samples samples;
    samples.info = DescriptionOf(found).info;
    samples.count = found.count;
    samples.train_count = found.train_count;
    std::vector<float> features(static_cast<size_t>(found.count * options_.ngrams.features));
    std::vector<int32_t> labels;
    const absl::Status changed = absl::FailedPreconditionError(
        absl::StrCat(options_.path, ": changed while it was read; try again"));
    int64_t text = 0;
    RETURN_IF_ERROR(ForEach(roots, rows, [&](const TextRow& row, bool test) -> absl::Status {
      if (text == found.count || test != (text >= found.train_count)) return changed;
      HashNgrams(row.text, options_.ngrams, features.data() + text * options_.ngrams.features);
      ++text;
      if (!found.labelled) return absl::OkStatus();
      const auto label = found.classes.find(ClassName(row.label));
      if (label == found.classes.end()) return changed;
      labels.push_back(label->second);
      return absl::OkStatus();
    }));
    if (text != found.count) return changed;
    samples.features = SharedArray<float>(std::move(features));
    samples.labels = std::move(labels);
    return samples;
  }

  const Options options_;
};

bool IsJsonl(const std::string& path) {
  for (const char* ending : {".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz"}) {
    if (absl::EndsWithIgnoreCase(path, ending)) return true;
  }
  return false;
}

std::unique_ptr<DataSource> Create(const Params& params, Violations& violations) {
  Options options;
  options.path = params.Str("path");
  if (params.Has("test_path")) options.test_path = params.Str("test_path");
  options.rows.jsonl =
      params.Has("format") ? params.Str("format") == "jsonl" : IsJsonl(options.path);
  options.rows.delimiter = params.Str("delimiter") == "tab" ? '\t' : params.Str("delimiter")[0];
  options.rows.text = params.Str("text");
  options.rows.label = params.Str("target");
  options.ngrams.words = params.Str("of") == "words";
  options.ngrams.smallest = params.Int("smallest");
  options.ngrams.largest = params.Int("largest");
  options.ngrams.features = params.Int("features");
  options.ngrams.lower_case = params.Bool("lower_case");
  if (options.ngrams.smallest > options.ngrams.largest) {
    violations.Add(params.PathOf("smallest"),
                   absl::StrCat("expected at most largest (", options.ngrams.largest, "), got ",
                                options.ngrams.smallest));
  }
  return std::make_unique<Ngrams>(std::move(options));
}

}  // namespace

CatalogEntry<DataSource> NgramsEntry() {
  return {
      Schema("ngrams",
             "Texts with a class each, from a CSV file with a header or JSONL (an object a line), "
             "plain or gzip: n-grams of words or characters, hashed into a vector. Vectors are "
             "dense, 4 bytes a feature: 4096 features of 100,000 texts take 1.6 GB.")
          .Add(String("path", "The file.").Required())
          .Add(String("test_path", "A second file of the same kind: the test part."))
          .Add(String("format", "Default: by the name's ending, jsonl for .jsonl and .ndjson.")
                   .OneOf({"csv", "jsonl"}))
          .Add(String("text", "Column or field of the text.").Default("text"))
          .Add(String("target", "Column or field of the class.").Default("label"))
          .Add(String("of", "What n-grams are made of.")
                   .OneOf({"words", "characters"})
                   .Default("words"))
          .Add(Integer("smallest", "Length of the shortest n-grams.")
                   .Default(1)
                   .AtLeast(1)
                   .AtMost(kMostLength))
          .Add(Integer("largest", "Length of the longest n-grams.")
                   .Default(2)
                   .AtLeast(1)
                   .AtMost(kMostLength))
          .Add(Integer("features", "Length of the vector. More of them collide less.")
                   .Default(4096)
                   .AtLeast(2)
                   .AtMost(kMostFeatures))
          .Add(Boolean("lower_case", "Whether A and a are the same (ASCII).").Default(true))
          .Add(String("delimiter", "Between the fields of CSV.")
                   .OneOf({",", ";", "tab"})
                   .Default(","))
          .Example("{type: ngrams, path: reviews.jsonl, text: body, target: stars}"),
      Create};
}

}  // namespace trainyard::data
