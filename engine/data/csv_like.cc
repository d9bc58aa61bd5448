// The reading of a table for a model that was trained on another one: its columns by name, in its
// order, with its categories and classes.
#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/base/violations.h"
#include "engine/data/csv_table.h"
#include "engine/formats/csv.h"

namespace trainyard {

absl::StatusOr<CsvTable> CsvTable::CreateLike(const DataInfo& like, const CsvOptions& options,
                                              const CsvFile& train, const CsvFile* test) {
  CsvTable table(options);
  table.like_ = &like;
  table.options_.task = like.task;
  table.options_.fill_missing = true;  // whether the model can do without is not the table's
  table.files_.push_back(train);
  if (test != nullptr) table.files_.push_back(*test);
  RETURN_IF_ERROR(table.ReadHeader(train, /*fewest_columns=*/1));
  if (test != nullptr) RETURN_IF_ERROR(table.CheckHeader(*test));
  RETURN_IF_ERROR(table.TakeColumns(like));
  RETURN_IF_ERROR(table.TakeTargets(like));
  RETURN_IF_ERROR(table.CheckRows(train, table.train_rows_));
  table.rows_ = table.train_rows_;
  if (test != nullptr) {
    int64_t test_rows = 0;
    RETURN_IF_ERROR(table.CheckRows(*test, test_rows));
    table.rows_ += test_rows;
  }
  RETURN_IF_ERROR(table.CheckSize());
  return table;
}

absl::Status CsvTable::TakeColumns(const DataInfo& like) {
  using Role = Column::Role;
  std::map<std::string_view, Column*> by_name;
  for (Column& column : columns_) by_name.emplace(column.name, &column);
  for (const FeatureColumn& wanted : like.columns) {
    const auto place = by_name.find(wanted.name);
    if (place == by_name.end()) {
      std::vector<std::string> names;
      for (const Column& column : columns_) names.push_back(column.name);
      return AtParameter(
          absl::InvalidArgumentError(absl::StrCat(
              files_[0].name, ": has no column ", Shown(wanted.name), ", which the model needs",
              has_header_ ? Suggestion(wanted.name, names)
                          : "; its first line names no columns: set `header` if it should")),
          "path");
    }
    Column* const found = place->second;
    found->role = wanted.categories.empty() ? Role::kNumeric : Role::kCategorical;
    found->first_feature = features_;
    features_ += std::max<int64_t>(1, static_cast<int64_t>(wanted.categories.size()));
    for (size_t i = 0; i < wanted.categories.size(); ++i)
      found->categories[wanted.categories[i]] = static_cast<int64_t>(i);
  }
  return absl::OkStatus();
}

// All targets or none; under the names of the model's table, or those that the options give.
absl::Status CsvTable::TakeTargets(const DataInfo& like) {
  const bool given = !options_.target.empty();
  const std::vector<std::string>& names = given ? options_.target : like.target_columns;
  if (names.size() != like.target_columns.size()) {
    return AtParameter(
        absl::InvalidArgumentError(absl::StrCat("names ", names.size(), " columns; the model has ",
                                                like.target_columns.size())),
        "target");
  }
  for (const std::string& name : names) {
    const absl::StatusOr<size_t> index = FindColumn(name, "target");
    if (!index.ok() && given) return index.status();
    // A number of a column would find any table's.
    if (!index.ok() || (!given && columns_[*index].name != name)) {
      for (Column& column : columns_) {
        if (column.role == Column::Role::kTarget) column.role = Column::Role::kIgnored;
      }
      targets_ = 0;
      return absl::OkStatus();
    }
    Column& column = columns_[*index];
    if (column.role != Column::Role::kIgnored) {
      return AtParameter(
          absl::InvalidArgumentError(absl::StrCat("column ", Shown(name), " is a feature already")),
          "target");
    }
    column.role = Column::Role::kTarget;
    column.first_feature = targets_++;
    for (size_t i = 0; i < like.class_names.size(); ++i)
      column.categories[like.class_names[i]] = static_cast<int64_t>(i);
  }
  return absl::OkStatus();
}

absl::Status CsvTable::CheckRows(const CsvFile& file, int64_t& rows) const {
  RETURN_IF_ERROR(ForEachRow(file, [&](const CsvReader& reader) -> absl::Status {
    RETURN_IF_ERROR(CountRow(reader, rows));
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].role == Column::Role::kIgnored) continue;
      RETURN_IF_ERROR(CheckField(columns_[i], reader.fields()[i], reader));
    }
    return absl::OkStatus();
  }));
  return CheckRowCount(file, rows);
}

absl::Status CsvTable::CheckField(const Column& column, std::string_view field,
                                  const CsvReader& reader) const {
  using Role = Column::Role;
  float number = 0;
  const CsvValue value = Classify(field, number);
  const bool target = column.role == Role::kTarget;
  if (value == CsvValue::kMissing) {
    if (!target) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(reader.Where(), ": target ", Shown(column.name),
                     " has no value; fill it in every row, or leave the column out of the file"));
  }
  const bool numeric =
      column.role == Role::kNumeric || (target && options_.task == Task::kRegression);
  if (numeric) {
    if (value == CsvValue::kNumber) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(reader.Where(), ": column ", Shown(column.name),
                                                   " holds ", Shown(field),
                                                   "; the model needs a number there"));
  }
  std::string buffer;
  if (column.categories.find(KeyOf(field, buffer)) != column.categories.end())
    return absl::OkStatus();
  std::vector<std::string> known;
  for (const auto& [name, index] : column.categories) known.push_back(name);
  constexpr size_t kMostListed = 30;
  const std::string text(KeyOf(field, buffer));
  const std::string hint = known.size() <= kMostListed || !Nearest(text, known).empty()
                               ? Suggestion(text, known)
                               : absl::StrCat("; it knows ", known.size(), " others");
  return absl::InvalidArgumentError(
      absl::StrCat(reader.Where(), ": column ", Shown(column.name), " holds ", Shown(field), ", ",
                   target ? "a class" : "a category", " that the model was not trained on", hint));
}

}  // namespace trainyard
