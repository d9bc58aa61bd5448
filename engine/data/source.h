// Where samples come from: a catalogued component (idx, csv, npy, synthetic_...).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/catalog.h"
#include "engine/data/dataset.h"
#include "engine/data/roots.h"
#include "engine/data/shared_array.h"

namespace trainyard {

// All samples of a source, in memory, in plain order. Immutable once loaded.
struct Samples {
  DataInfo info;
  int64_t count = 0;
  // [count, input_shape]; bytes stay bytes (value = byte * byte_scale) to keep images small.
  std::variant<SharedArray<uint8_t>, SharedArray<float>> features;
  float byte_scale = 1.0f / 255.0f;
  // Empty where samples to be predicted come without.
  SharedArray<int32_t> labels;  // [count], classification with one position
  // [count, positions], sequences: labels of a vocabulary of bytes.
  SharedArray<uint8_t> byte_labels;
  SharedArray<float> targets;  // [count, targets], regression
  // The first train_count samples are for training, the others are the source's own test part;
  // equal to count where the source brings none.
  int64_t train_count = 0;
  // NaN is a missing value, which LoadData replaces by the mean of the training part.
  bool has_missing = false;
};

// Sizes and shapes without the samples: what the dry compilation needs.
struct SourceDescription {
  DataInfo info;
  int64_t count = 0;
  int64_t train_count = 0;
  // Of the loaded features.
  int64_t memory_bytes = 0;
};

class DataSource {
 public:
  virtual ~DataSource() = default;
  // Reads as little as it can; paths in messages are those of the specification.
  virtual absl::StatusOr<SourceDescription> Describe(const DataRoots& roots) const = 0;
  virtual absl::StatusOr<Samples> Load(const DataRoots& roots) const = 0;
  // Of the files that Load would read: while it stays the same, so do the samples. Empty where
  // there are none.
  virtual absl::StatusOr<std::string> Version(const DataRoots& roots) const = 0;

  // The same for a model that was trained on data which `like` describes: its features in their
  // order, its categories and classes. Labels may be absent where the source can do without.
  // INVALID_ARGUMENT where the samples are none for that model.
  virtual absl::StatusOr<SourceDescription> DescribeLike(const DataInfo& like,
                                                         const DataRoots& roots) const;
  virtual absl::StatusOr<Samples> LoadLike(const DataInfo& like, const DataRoots& roots) const;
};

// Whether samples with `info` are ones that a model trained on `like` takes.
absl::Status CheckLike(const DataInfo& info, const DataInfo& like);

// For Version: those of files, by their names below the roots; empty names are left out.
absl::StatusOr<std::string> VersionOf(const std::vector<std::string>& files,
                                      const DataRoots& roots);

// Notes on an error which parameter of the source it is about ("path"), for the path of the
// violation.
absl::Status AtParameter(absl::Status status, const std::string& parameter);
// "" where none was noted.
std::string ParameterOf(const absl::Status& status);

namespace data {
Catalog<DataSource> MakeCatalog();
}

}  // namespace trainyard
