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
constexpr size_t kLongestClassName = 200;
}

SourceDescription CsvTable::Describe() const {
  SourceDescription description;
  description.info.task = options_.task;
  description.info.input_shape = Shape({features_});
  if (options_.task == Task::kRegression) {
    description.info.targets = targets_;
  } else {
    const auto target = std::find_if(columns_.begin(), columns_.end(), [](const Column& column) {
      return column.role == Column::Role::kTarget;
    });
    for (const std::string& name : target->names) {
      description.info.class_names.push_back(SafeText(name, kLongestClassName));
    }
    description.info.classes = static_cast<int64_t>(target->names.size());
  }
  description.count = rows_;
  description.train_count = train_rows_;
  description.memory_bytes = rows_ * features_ * static_cast<int64_t>(sizeof(float));
  return description;
}

absl::StatusOr<Samples> CsvTable::Load() const {
  const SourceDescription description = Describe();
  Samples samples;
  samples.info = description.info;
  samples.count = rows_;
  samples.train_count = train_rows_;
  samples.has_missing = has_missing_;
  Values values;
  values.features.resize(static_cast<size_t>(rows_ * features_));
  if (options_.task == Task::kClassification) values.labels.resize(static_cast<size_t>(rows_));
  values.targets.resize(static_cast<size_t>(rows_ * samples.info.targets));
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
    if (column.role == Role::kTarget || !has_missing_) return false;
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
  const auto category = column.categories.find(field);
  if (category == column.categories.end()) return false;
  if (column.role == Role::kTarget) {
    values.labels[static_cast<size_t>(row)] = static_cast<int32_t>(category->second);
  } else {
    features[category->second] = 1;
  }
  return true;
}

}  // namespace trainyard
