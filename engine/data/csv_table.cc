#include "engine/data/csv_table.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/safe_text.h"
#include "engine/base/status.h"
#include "engine/base/violations.h"
#include "engine/formats/csv.h"
#include "engine/formats/input_file.h"

namespace trainyard {
namespace {

constexpr size_t kMostCategories = 1000;
constexpr size_t kMostClasses = 10000;
constexpr int64_t kMostFeatures = 1 << 20;
constexpr int64_t kMostValues = int64_t{1} << 32;
// Of the different values of all columns, while a table is looked through.
constexpr int64_t kMostKeptBytes = 64 << 20;
constexpr int64_t kBytesAValue = 96;  // beside its text
// Of columns, categories and classes: a model file keeps them in its header.
constexpr size_t kMostNameBytes = 16 << 20;
constexpr size_t kLongestShown = 40;

bool IsNumber(const std::string& text) {
  float number;
  return Classify(text, number) == CsvValue::kNumber;
}

// By value where all are numbers, else as texts.
std::vector<std::string> Sorted(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  if (!std::all_of(texts.begin(), texts.end(), IsNumber)) return texts;
  std::stable_sort(texts.begin(), texts.end(), [](const std::string& a, const std::string& b) {
    float x = 0, y = 0;
    Classify(a, x);
    Classify(b, y);
    return x < y;
  });
  return texts;
}

}  // namespace

std::string CsvTable::Shown(std::string_view text) {
  return absl::StrCat("'", SafeText(std::string(text.substr(0, 2 * kLongestShown)), kLongestShown),
                      text.size() > kLongestShown ? "...'" : "'");
}

absl::Status CsvTable::ForEachRow(const CsvFile& file,
                                  const std::function<absl::Status(const CsvReader&)>& row) const {
  ASSIGN_OR_RETURN(const auto input, InputFile::Open(file.path, file.name));
  CsvReader reader(*input, options_.delimiter);
  for (bool first = has_header_;; first = false) {
    ASSIGN_OR_RETURN(const bool more, reader.Next());
    if (!more) return absl::OkStatus();
    if (reader.fields().size() != columns_.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat(reader.Where(), ": has ", reader.fields().size(),
                       reader.fields().size() == 1 ? " field" : " fields",
                       " where the first line has ", columns_.size()));
    }
    if (!first) RETURN_IF_ERROR(row(reader));
  }
}

absl::StatusOr<CsvTable> CsvTable::Create(const CsvOptions& options, const CsvFile& train,
                                          const CsvFile* test) {
  CsvTable table(options);
  table.files_.push_back(train);
  if (test != nullptr) table.files_.push_back(*test);
  RETURN_IF_ERROR(table.ReadHeader(train, /*fewest_columns=*/2));
  if (test != nullptr) RETURN_IF_ERROR(table.CheckHeader(*test));
  RETURN_IF_ERROR(table.AssignRoles());
  RETURN_IF_ERROR(table.Scan(train, table.train_rows_));
  table.rows_ = table.train_rows_;
  if (test != nullptr) {
    int64_t test_rows = 0;
    RETURN_IF_ERROR(table.Scan(*test, test_rows));
    table.rows_ += test_rows;
  }
  RETURN_IF_ERROR(table.DecideTypes());
  RETURN_IF_ERROR(table.PlaceFeatures());
  return table;
}

absl::Status CsvTable::ReadHeader(const CsvFile& file, size_t fewest_columns) {
  ASSIGN_OR_RETURN(const auto input, InputFile::Open(file.path, file.name));
  CsvReader reader(*input, options_.delimiter);
  ASSIGN_OR_RETURN(const bool any, reader.Next());
  if (!any) return absl::InvalidArgumentError(absl::StrCat(file.name, ": is empty"));
  const auto& fields = reader.fields();
  if (fields.size() < fewest_columns) {
    return AtParameter(
        absl::InvalidArgumentError(
            absl::StrCat(reader.Where(),
                         ": has one column; a target and a feature are needed (set `delimiter` if "
                         "fields are not divided by '",
                         std::string(1, options_.delimiter), "')")),
        "path");
  }
  float number;
  const bool has_number = std::any_of(fields.begin(), fields.end(), [&](std::string_view field) {
    return Classify(field, number) == CsvValue::kNumber;
  });
  has_header_ = options_.header == CsvOptions::Header::kDetect
                    ? !has_number
                    : options_.header == CsvOptions::Header::kPresent;
  std::set<std::string> names;
  for (size_t i = 0; i < fields.size(); ++i) {
    Column& column = columns_.emplace_back();
    column.name = has_header_ && !fields[i].empty() ? std::string(fields[i]) : absl::StrCat(i);
    if (!names.insert(column.name).second) {
      return absl::InvalidArgumentError(absl::StrCat(reader.Where(), ": two columns are named ",
                                                     Shown(column.name), "; rename one"));
    }
  }
  return absl::OkStatus();
}

absl::Status CsvTable::CheckHeader(const CsvFile& file) const {
  if (!has_header_) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto input, InputFile::Open(file.path, file.name));
  CsvReader reader(*input, options_.delimiter);
  ASSIGN_OR_RETURN(const bool any, reader.Next());
  if (!any) return absl::InvalidArgumentError(absl::StrCat(file.name, ": is empty"));
  for (size_t i = 0; i < std::min(columns_.size(), reader.fields().size()); ++i) {
    if (reader.fields()[i] == columns_[i].name || reader.fields()[i].empty()) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        reader.Where(), ": column ", i, " is ", Shown(reader.fields()[i]), ", in ", files_[0].name,
        " it is ", Shown(columns_[i].name), "; both files need the same columns"));
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> CsvTable::FindColumn(const std::string& column,
                                            const char* parameter) const {
  std::vector<std::string> names;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].name == column) return i;
    names.push_back(columns_[i].name);
  }
  // By number, from the end where negative.
  int64_t index = 0;
  const auto [end, error] = std::from_chars(column.data(), column.data() + column.size(), index);
  const int64_t count = static_cast<int64_t>(columns_.size());
  if (error == std::errc() && end == column.data() + column.size() && index >= -count &&
      index < count) {
    return static_cast<size_t>(index < 0 ? index + count : index);
  }
  constexpr size_t kMostListed = 30;
  const std::string hint =
      has_header_ && (names.size() <= kMostListed || !Nearest(column, names).empty())
          ? Suggestion(column, names)
          : absl::StrCat("; columns are numbered 0 to ", columns_.size() - 1);
  return AtParameter(absl::InvalidArgumentError(absl::StrCat("there is no column ", Shown(column),
                                                             " in ", files_[0].name, hint)),
                     parameter);
}

absl::Status CsvTable::AssignRoles() {
  using Role = Column::Role;
  std::vector<std::string> targets = options_.target;
  if (targets.empty()) targets.push_back(columns_.back().name);
  for (const std::string& name : targets) {
    ASSIGN_OR_RETURN(const size_t column, FindColumn(name, "target"));
    if (columns_[column].role == Role::kTarget) {
      return AtParameter(
          absl::InvalidArgumentError(absl::StrCat("names column ", Shown(name), " twice")),
          "target");
    }
    columns_[column].role = Role::kTarget;
    columns_[column].first_feature = targets_++;
  }
  const auto exclude_target = [&](size_t column, const char* parameter) {
    if (columns_[column].role != Role::kTarget) return absl::OkStatus();
    return AtParameter(
        absl::InvalidArgumentError(absl::StrCat("column ", Shown(columns_[column].name),
                                                " is the target; it is no feature")),
        parameter);
  };
  for (Column& column : columns_) {
    if (column.role != Role::kTarget && options_.features.empty()) column.role = Role::kNumeric;
  }
  for (const std::string& name : options_.features) {
    ASSIGN_OR_RETURN(const size_t column, FindColumn(name, "features"));
    RETURN_IF_ERROR(exclude_target(column, "features"));
    columns_[column].role = Role::kNumeric;
  }
  for (const std::string& name : options_.ignore) {
    ASSIGN_OR_RETURN(const size_t column, FindColumn(name, "ignore"));
    RETURN_IF_ERROR(exclude_target(column, "ignore"));
    columns_[column].role = Role::kIgnored;
  }
  for (const std::string& name : options_.categorical) {
    ASSIGN_OR_RETURN(const size_t column, FindColumn(name, "categorical"));
    RETURN_IF_ERROR(exclude_target(column, "categorical"));
    if (columns_[column].role == Role::kNumeric) columns_[column].role = Role::kCategorical;
  }
  return absl::OkStatus();
}

absl::Status CsvTable::Scan(const CsvFile& file, int64_t& rows) {
  using Role = Column::Role;
  RETURN_IF_ERROR(ForEachRow(file, [&](const CsvReader& reader) -> absl::Status {
    RETURN_IF_ERROR(CountRow(reader, rows));
    for (size_t i = 0; i < columns_.size(); ++i) {
      Column& column = columns_[i];
      if (column.role == Role::kIgnored) continue;
      const std::string_view field = reader.fields()[i];
      float number;
      const CsvValue value = Classify(field, number);
      if (value == CsvValue::kMissing) {
        const bool is_target = column.role == Role::kTarget;
        if (is_target || !options_.fill_missing) {
          return absl::InvalidArgumentError(
              absl::StrCat(reader.Where(), ": column ", Shown(column.name), " has no value",
                           is_target ? "; every row needs a target"
                                     : "; fill it, ignore the column, or set `missing: mean`"));
        }
        continue;
      }
      if (value == CsvValue::kNumber) {
        ++column.numbers;
      } else if (column.texts++ == 0) {
        column.first_text = std::string(field.substr(0, kLongestShown + 1));
        column.first_text_place = reader.Where();
      }
      KeepValue(column, field);
      if (kept_bytes_ > kMostKeptBytes) {
        return absl::InvalidArgumentError(
            absl::StrCat(reader.Where(), ": the columns of categories hold too many different ",
                         "values; ignore the long ones"));
      }
    }
    return absl::OkStatus();
  }));
  return CheckRowCount(file, rows);
}

absl::Status CsvTable::CountRow(const CsvReader& reader, int64_t& rows) const {
  if (++rows <= kMostValues / static_cast<int64_t>(columns_.size())) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(reader.Where(), ": more than ", kMostValues, " fields are too many"));
}

absl::Status CsvTable::CheckRowCount(const CsvFile& file, int64_t rows) const {
  if (rows > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(file.name, ": holds no rows", has_header_ ? " after its header" : ""));
}

// A column of numbers may turn out to be one of categories, so its values are kept too, while there
// is room for them.
void CsvTable::KeepValue(Column& column, std::string_view value) {
  const bool target = column.role == Column::Role::kTarget;
  if (column.uncounted || (target && options_.task == Task::kRegression)) return;
  const size_t most = target ? kMostClasses : kMostCategories;
  if (column.categories.size() > most || column.categories.find(value) != column.categories.end()) {
    return;
  }
  column.categories.emplace(value, 0);
  kept_bytes_ += static_cast<int64_t>(value.size()) + kBytesAValue;
  if (kept_bytes_ <= kMostKeptBytes) return;
  for (Column& other : columns_) {
    if (other.role != Column::Role::kNumeric || other.texts > 0) continue;
    for (const auto& [text, index] : other.categories)
      kept_bytes_ -= static_cast<int64_t>(text.size()) + kBytesAValue;
    other.categories.clear();
    other.uncounted = true;
  }
}

absl::Status CsvTable::DecideTarget(Column& column) {
  if (options_.task == Task::kRegression) {
    if (column.texts == 0) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(
        column.first_text_place, ": target ", Shown(column.name), " is ", Shown(column.first_text),
        "; regression needs numbers within the range of a float"));
  }
  if (column.categories.size() > kMostClasses) {
    return AtParameter(
        absl::InvalidArgumentError(absl::StrCat("column ", Shown(column.name), " of ",
                                                files_[0].name, " has more than ", kMostClasses,
                                                " classes; for a number to be predicted set "
                                                "`task: regression`")),
        "target");
  }
  if (column.categories.size() < 2) {
    return AtParameter(
        absl::InvalidArgumentError(absl::StrCat(
            "all ", rows_, " rows of ", files_[0].name, " have the class ",
            Shown(column.categories.begin()->first), "; classification needs two at least")),
        "target");
  }
  return absl::OkStatus();
}

absl::Status CsvTable::DecideTypes() {
  using Role = Column::Role;
  for (Column& column : columns_) {
    if (column.role == Role::kIgnored) continue;
    if (column.role == Role::kTarget) {
      RETURN_IF_ERROR(DecideTarget(column));
    } else if (column.numbers + column.texts == 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          files_[0].name, ": column ", Shown(column.name), " has no value in any row; ignore it"));
    } else if (column.role == Role::kNumeric && column.texts > 0) {
      if (column.numbers >= column.texts || column.uncounted) {
        return absl::InvalidArgumentError(absl::StrCat(
            column.first_text_place, ": column ", Shown(column.name), " holds ",
            Shown(column.first_text), ", but ", column.numbers,
            " of its values are numbers; correct it, or list the column in `categorical`"));
      }
      column.role = Role::kCategorical;
    }
    if (column.role == Role::kCategorical && column.categories.size() > kMostCategories) {
      return absl::InvalidArgumentError(absl::StrCat(
          files_[0].name, ": column ", Shown(column.name), " has more than ", kMostCategories,
          " different values such as ", Shown(column.categories.begin()->first), "; ignore it"));
    }
    std::vector<std::string> texts;
    for (const auto& [text, index] : column.categories) texts.push_back(text);
    column.names = Sorted(std::move(texts));
    for (size_t i = 0; i < column.names.size(); ++i)
      column.categories[column.names[i]] = static_cast<int64_t>(i);
  }
  return absl::OkStatus();
}

absl::Status CsvTable::PlaceFeatures() {
  using Role = Column::Role;
  size_t name_bytes = 0;
  for (Column& column : columns_) {
    if (column.role == Role::kIgnored) continue;
    name_bytes += column.name.size();
    for (const std::string& name : column.names) name_bytes += name.size();
    if (column.role == Role::kTarget) continue;
    column.first_feature = features_;
    features_ +=
        column.role == Role::kCategorical ? static_cast<int64_t>(column.categories.size()) : 1;
  }
  if (features_ == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(files_[0].name, ": no column is left as a feature"));
  }
  if (name_bytes > kMostNameBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(files_[0].name, ": the names of columns, categories and classes take ",
                     name_bytes, " bytes (at most ", kMostNameBytes, "); shorten them"));
  }
  return CheckSize();
}

absl::Status CsvTable::CheckSize() const {
  int64_t values = 0;
  if (features_ > kMostFeatures || __builtin_mul_overflow(rows_, features_, &values) ||
      values > kMostValues) {
    return absl::InvalidArgumentError(absl::StrCat(
        files_[0].name, ": ", rows_, " rows of ", features_, " features are too many (at most ",
        kMostFeatures, " features and ", kMostValues, " values); ignore some columns"));
  }
  return absl::OkStatus();
}

}  // namespace trainyard
