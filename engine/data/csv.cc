// Data source `csv`: a table with numbers and categories, for classification or regression.
#include "engine/formats/csv.h"
#include "engine/data/file_version.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "engine/data/csv_table.h"
#include "engine/data/sample_cache.h"
#include "engine/data/source.h"
#include "engine/formats/input_file.h"

namespace trainyard::data {
namespace {

constexpr size_t kMostListedColumns = 10000;
constexpr size_t kMostTargets = 1000;
// A description is to stay small: it parses no larger table than this.
constexpr int64_t kMostKeptBytes = 64 << 20;

class Csv final : public DataSource {
 public:
  Csv(std::string path, std::string test_path, CsvOptions options)
      : path_(std::move(path)), test_path_(std::move(test_path)), options_(std::move(options)) {}

  absl::StatusOr<SourceDescription> Describe(const DataRoots& roots) const override {
    ASSIGN_OR_RETURN(const Files files, Find(roots));
    if (auto known = SampleCache(roots.cache_folder).Describe(files.key)) return *std::move(known);
    ASSIGN_OR_RETURN(const CsvTable table, Open(files));
    const SourceDescription description = table.Describe();
    if (!roots.cache_folder.empty() && description.memory_bytes <= kMostKeptBytes) {
      // Many jobs are described for one table: the next one finds it parsed.
      ASSIGN_OR_RETURN(const Samples samples, table.Load());
      SampleCache(roots.cache_folder).Keep(files.key, samples);
    }
    return description;
  }

  absl::StatusOr<std::string> Version(const DataRoots& roots) const override {
    ASSIGN_OR_RETURN(const Files files, Find(roots));
    return files.key;
  }

  absl::StatusOr<SourceDescription> DescribeLike(const DataInfo& like,
                                                 const DataRoots& roots) const override {
    ASSIGN_OR_RETURN(const CsvTable table, OpenLike(like, roots));
    return table.Describe();
  }
  absl::StatusOr<Samples> LoadLike(const DataInfo& like, const DataRoots& roots) const override {
    ASSIGN_OR_RETURN(const CsvTable table, OpenLike(like, roots));
    return table.Load();
  }

  absl::StatusOr<Samples> Load(const DataRoots& roots) const override {
    ASSIGN_OR_RETURN(const Files files, Find(roots));
    const SampleCache cache(roots.cache_folder);
    if (auto known = cache.Find(files.key)) return *std::move(known);
    ASSIGN_OR_RETURN(const CsvTable table, Open(files));
    ASSIGN_OR_RETURN(Samples samples, table.Load());
    cache.Keep(files.key, samples);
    return samples;
  }

 private:
  struct Files {
    CsvFile train;
    CsvFile test;
    std::string key;
  };

  absl::StatusOr<Files> Find(const DataRoots& roots) const {
    Files files;
    ASSIGN_OR_RETURN(files.train, Locate(roots, path_, "path", files.key));
    if (!test_path_.empty()) {
      ASSIGN_OR_RETURN(files.test, Locate(roots, test_path_, "test_path", files.key));
    }
    absl::StrAppend(&files.key, "csv 2\n", static_cast<int>(options_.delimiter),
                    static_cast<int>(options_.header), static_cast<int>(options_.task),
                    static_cast<int>(options_.fill_missing));
    for (const auto* list :
         {&options_.target, &options_.features, &options_.ignore, &options_.categorical}) {
      absl::StrAppend(&files.key, "\n", absl::StrJoin(*list, "\x1f"));
    }
    return files;
  }

  static absl::StatusOr<CsvFile> Locate(const DataRoots& roots, const std::string& name,
                                        const char* parameter, std::string& key) {
    const absl::StatusOr<std::string> path = roots.Resolve(name);
    if (!path.ok()) return AtParameter(path.status(), parameter);
    ASSIGN_OR_RETURN(const std::string version, VersionOfFile(*path, name));
    absl::StrAppend(&key, version, "\n");
    return CsvFile{name, *path};
  }

  absl::StatusOr<CsvTable> OpenLike(const DataInfo& like, const DataRoots& roots) const {
    if (like.columns.empty()) {
      return absl::InvalidArgumentError(
          "the model was trained on samples without columns; use the source that it was trained "
          "with, or npy");
    }
    ASSIGN_OR_RETURN(const Files files, Find(roots));
    return CsvTable::CreateLike(like, options_, files.train,
                                test_path_.empty() ? nullptr : &files.test);
  }

  absl::StatusOr<CsvTable> Open(const Files& files) const {
    return CsvTable::Create(options_, files.train, test_path_.empty() ? nullptr : &files.test);
  }

  const std::string path_;
  const std::string test_path_;
  const CsvOptions options_;
};

// "," or "tab" ...; 0 where it is no delimiter.
char DelimiterOf(const std::string& text) {
  if (text == "tab" || text == "\\t") return '\t';
  if (text == "space") return ' ';
  if (text.size() != 1 || text == "\"" || text == "\n" || text == "\r" || text[0] == '\0') return 0;
  return text[0];
}

std::vector<std::string> ListOf(const Params& params, const char* name) {
  return params.Has(name) ? params.Strs(name) : std::vector<std::string>();
}

std::unique_ptr<DataSource> Create(const Params& params, Violations& violations) {
  CsvOptions options;
  options.delimiter = DelimiterOf(params.Str("delimiter"));
  if (options.delimiter == 0) {
    violations.Add(params.PathOf("delimiter"),
                   "expected one character such as ',' or ';', or tab or space");
  }
  if (params.Has("header")) {
    options.header =
        params.Bool("header") ? CsvOptions::Header::kPresent : CsvOptions::Header::kAbsent;
  }
  options.task = params.Str("task") == "regression" ? Task::kRegression : Task::kClassification;
  options.target = ListOf(params, "target");
  options.features = ListOf(params, "features");
  options.ignore = ListOf(params, "ignore");
  options.categorical = ListOf(params, "categorical");
  options.fill_missing = params.Str("missing") == "mean";
  if (options.task == Task::kClassification && options.target.size() > 1) {
    violations.Add(params.PathOf("target"),
                   "classification has one target; for several numbers set `task: regression`");
  }
  return std::make_unique<Csv>(params.Str("path"),
                               params.Has("test_path") ? params.Str("test_path") : "",
                               std::move(options));
}

}  // namespace

CatalogEntry<DataSource> CsvEntry() {
  return {
      Schema("csv",
             "A table in a text file, plain or gzip. Columns of numbers are features as they are; "
             "columns of texts "
             "become one feature a category, sorted by name. Columns are named as in the header or "
             "numbered from 0, "
             "-1 being the last.")
          .Add(String("path", "The file.").Required())
          .Add(String("test_path", "A second file with the same columns: the test part."))
          .Add(
              Strings("target", "Column to predict; several for regression. Default: the last one.")
                  .OrInteger()
                  .Size(1, kMostTargets))
          .Add(String("task", "What the target is.")
                   .OneOf({"classification", "regression"})
                   .Default("classification"))
          .Add(Boolean("header",
                       "Whether the first line names the columns. Default: it does where none of "
                       "its fields is a "
                       "number."))
          .Add(String("delimiter", "Between fields: one character, or tab or space.").Default(","))
          .Add(Strings("features", "Columns to use. Default: all but the target.")
                   .OrInteger()
                   .Size(1, kMostListedColumns))
          .Add(Strings("ignore", "Columns not to use, for example an identifier.")
                   .OrInteger()
                   .Size(1, kMostListedColumns))
          .Add(Strings("categorical", "Columns of numbers that are categories.")
                   .OrInteger()
                   .Size(1, kMostListedColumns))
          .Add(String("missing",
                      "What an empty field, ?, NA, NaN or null is: an error, or the mean of the "
                      "training part (of a "
                      "category: its share).")
                   .OneOf({"error", "mean"})
                   .Default("error"))
          .Example("{type: csv, path: tables/iris.csv, target: species}"),
      Create};
}

}  // namespace trainyard::data
