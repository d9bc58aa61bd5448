// The second reading of CsvTable: the values, once its columns are known.
#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/safe_text.h"
#include "engine/base/status.h"
#include "engine/data/csv_table.h"
#include "engine/formats/csv.h"

namespace trainyard {
namespace {
constexpr size_t kLongestName = 200;
}

std::string_view CsvTable::KeyOf(std::string_view field, std::string& buffer) const {
  if (like_ == nullptr) return field;
  buffer = SafeText(std::string(field), kLongestName);
  return buffer;
}

SourceDescription CsvTable::Describe() const {
  using Role = Column::Role;
  SourceDescription description;
  description.count = rows_;
  description.train_count = train_rows_;
  description.memory_bytes = rows_ * features_ * static_cast<int64_t>(sizeof(float));
  DataInfo& info = description.info;
  if (like_ != nullptr) {
    info = *like_;
    return description;
  }
  info.task = options_.task;
  info.input_shape = Shape({features_});
  if (options_.task == Task::kRegression) info.targets = targets_;
  info.target_columns.resize(static_cast<size_t>(targets_));
  for (const Column& column : columns_) {
    const std::string name = SafeText(column.name, kLongestName);
    std::vector<std::string> names;
    for (const std::string& text : column.names) names.push_back(SafeText(text, kLongestName));
    if (column.role == Role::kTarget) {
      info.target_columns[static_cast<size_t>(column.first_feature)] = name;
      if (options_.task == Task::kRegression) continue;
      info.classes = static_cast<int64_t>(names.size());
      info.class_names = std::move(names);
    } else if (column.role == Role::kCategorical) {
      info.columns.push_back({name, std::move(names)});
    } else if (column.role == Role::kNumeric) {
      info.columns.push_back({name, {}});
    }
  }
  return description;
}

absl::StatusOr<Samples> CsvTable::Load() const {
  const SourceDescription description = Describe();
  Samples samples;
  samples.info = description.info;
  samples.count = rows_;
  samples.train_count = train_rows_;
  samples.has_missing = options_.fill_missing;
  Values values;
  values.features.resize(static_cast<size_t>(rows_ * features_));
  const bool classification = samples.info.task == Task::kClassification;
  values.labels.resize(static_cast<size_t>(classification && targets_ > 0 ? rows_ : 0));
  values.targets.resize(static_cast<size_t>(classification ? 0 : rows_ * targets_));
  RETURN_IF_ERROR(Fill(files_[0], 0, train_rows_, values));
  if (files_.size() > 1) RETURN_IF_ERROR(Fill(files_[1], train_rows_, rows_, values));
  samples.features = SharedArray<float>(std::move(values.features));
  samples.labels = std::move(values.labels);
  samples.targets = std::move(values.targets);
  return samples;
}

absl::Status CsvTable::Fill(const CsvFile& file, int64_t row, int64_t end_row,
                            Values& values) const {
  const absl::Status changed = absl::FailedPreconditionError(
      absl::StrCat(file.name, ": changed while it was read; try again"));
  RETURN_IF_ERROR(ForEachRow(file, [&](const CsvReader& reader) -> absl::Status {
    if (row == end_row) return changed;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (!FillField(columns_[i], reader.fields()[i], row, values)) return changed;
    }
    ++row;
    return absl::OkStatus();
  }));
  return row == end_row ? absl::OkStatus() : changed;
}

bool CsvTable::FillField(const Column& column, std::string_view field, int64_t row,
                         Values& values) const {
  using Role = Column::Role;
  constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();
  if (column.role == Role::kIgnored) return true;
  float number = 0;
  const CsvValue value = Classify(field, number);
  float* features = values.features.data() + row * features_ + column.first_feature;
  if (value == CsvValue::kMissing) {
    if (column.role == Role::kTarget || !options_.fill_missing) return false;
    std::fill(features,
              features + (column.role == Role::kCategorical ? column.categories.size() : 1),
              kMissing);
    return true;
  }
  const bool is_number = value == CsvValue::kNumber;
  if (column.role == Role::kNumeric) {
    *features = number;
    return is_number;
  }
  if (column.role == Role::kTarget && options_.task == Task::kRegression) {
    values.targets[static_cast<size_t>(row * targets_ + column.first_feature)] = number;
    return is_number;
  }
  std::string buffer;
  const auto category = column.categories.find(KeyOf(field, buffer));
  if (category == column.categories.end()) return false;
  if (column.role == Role::kTarget) {
    values.labels[static_cast<size_t>(row)] = static_cast<int32_t>(category->second);
  } else {
    features[category->second] = 1;
  }
  return true;
}

}  // namespace trainyard
