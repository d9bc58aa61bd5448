// From CSV files to samples: which columns are features and targets, which of them are numbers,
// categories and classes. Used by the data source `csv` alone; reads each file twice (columns, then
// values) in constant memory beside the samples.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/data/source.h"

namespace trainyard {

class CsvReader;

struct CsvOptions {
  enum class Header { kDetect, kPresent, kAbsent };

  char delimiter = ',';
  Header header = Header::kDetect;
  Task task = Task::kClassification;
  std::vector<std::string> target;    // names or numbers of columns; empty: the last one
  std::vector<std::string> features;  // empty: all others
  std::vector<std::string> ignore;
  std::vector<std::string> categorical;  // beside those found by their contents
  bool fill_missing = false;             // or they are errors
};

struct CsvFile {
  std::string name;  // for messages
  std::string path;
};

class CsvTable {
 public:
  // Reads all of the files' columns. `test` may be null. Errors about options carry their
  // parameter.
  static absl::StatusOr<CsvTable> Create(const CsvOptions& options, const CsvFile& train,
                                         const CsvFile* test);
  // The columns that a model was trained on, found by their names wherever they stand; the target
  // may be absent. What the model does not know is an error that says where it stands.
  static absl::StatusOr<CsvTable> CreateLike(const DataInfo& like, const CsvOptions& options,
                                             const CsvFile& train, const CsvFile* test);

  SourceDescription Describe() const;
  absl::StatusOr<Samples> Load() const;

 private:
  struct Column {
    enum class Role { kIgnored, kNumeric, kCategorical, kTarget };

    std::string name;
    Role role = Role::kIgnored;
    // What the rows hold, missing values apart.
    int64_t numbers = 0;
    int64_t texts = 0;
    std::string first_text;
    std::string first_text_place;
    // Numbers so far, of so many values that they were not kept.
    bool uncounted = false;
    // The different values with their number in sorted order, up to one more than are allowed.
    std::map<std::string, int64_t, std::less<>> categories;
    std::vector<std::string> names;  // in that order
    int64_t first_feature = 0;       // place in a row of features, or of targets
  };
  struct Values {
    std::vector<float> features;
    std::vector<int32_t> labels;
    std::vector<float> targets;
  };

  explicit CsvTable(const CsvOptions& options) : options_(options) {}

  // For messages: quoted and short.
  static std::string Shown(std::string_view text);

  // Calls row(reader) for each row after the header; all have as many fields as there are columns.
  absl::Status ForEachRow(const CsvFile& file,
                          const std::function<absl::Status(const CsvReader&)>& row) const;
  absl::Status ReadHeader(const CsvFile& file, size_t fewest_columns);
  absl::Status CheckHeader(const CsvFile& file) const;
  absl::StatusOr<size_t> FindColumn(const std::string& column, const char* parameter) const;
  absl::Status AssignRoles();
  absl::Status Scan(const CsvFile& file, int64_t& rows);
  absl::Status CountRow(const CsvReader& reader, int64_t& rows) const;
  absl::Status CheckRowCount(const CsvFile& file, int64_t rows) const;
  void KeepValue(Column& column, std::string_view value);
  absl::Status DecideTypes();
  absl::Status DecideTarget(Column& column);
  absl::Status PlaceFeatures();
  absl::Status TakeColumns(const DataInfo& like);
  absl::Status TakeTargets(const DataInfo& like);
  absl::Status CheckRows(const CsvFile& file, int64_t& rows) const;
  absl::Status CheckField(const Column& column, std::string_view field,
                          const CsvReader& reader) const;
  absl::Status CheckSize() const;
  // As categories of a model are known by.
  std::string_view KeyOf(std::string_view field, std::string& buffer) const;
  absl::Status Fill(const CsvFile& file, int64_t row, int64_t end_row, Values& values) const;
  bool FillField(const Column& column, std::string_view field, int64_t row, Values& values) const;

  CsvOptions options_;
  const DataInfo* like_ = nullptr;  // while a table like another one is read
  std::vector<CsvFile> files_;      // train, and test
  bool has_header_ = false;
  std::vector<Column> columns_;
  int64_t train_rows_ = 0;
  int64_t rows_ = 0;
  int64_t features_ = 0;
  int64_t targets_ = 0;
  int64_t kept_bytes_ = 0;  // of the different values of all columns
};

}  // namespace trainyard
