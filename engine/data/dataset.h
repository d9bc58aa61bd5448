// Samples in memory, as the training loop reads them.
//
// A DataSource (idx, csv, npy, synthetic ...) is a catalogued component that describes and loads a
// Samples; LoadData (engine/data/load.h) splits it, cuts the subset, fits transforms on the
// training part and gives three Parts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/tensor/shape.h"

namespace trainyard {

enum class Task { kClassification, kRegression };

// A column of a table that features come from.
struct FeatureColumn {
  std::string name;  // of the header, or its number
  // One feature each, in this order; empty: the column is a number, and one feature.
  std::vector<std::string> categories;

  bool operator==(const FeatureColumn&) const = default;
};

// What a model must fit to.
struct DataInfo {
  Task task = Task::kClassification;
  // Of one sample: [channels, height, width] for images, [features] for tables, [positions] for
  // sequences.
  Shape input_shape;
  // Labelled places of a sample; more than one only in sequences of classification, where the model
  // gives [positions, classes] a sample and a row of losses and metrics is a position.
  int64_t positions = 1;
  // Sequences: features are ids in [0, vocabulary), which no transform may touch; 0: features are
  // numbers.
  int64_t vocabulary = 0;
  // Classification: number of classes. Regression: 0.
  int64_t classes = 0;
  // Regression: number of target columns. Classification: 0.
  int64_t targets = 0;
  std::vector<std::string> class_names;  // empty, or one a class
  // Tables only: what the features are, in their order, and the names of the target columns.
  std::vector<FeatureColumn> columns;
  std::vector<std::string> target_columns;
  // What no model can beat, where it is known (synthetic sources): the Bayes error rate, or the
  // variance of the noise.
  std::optional<double> best_error;
};

// One of train, validation and test. Immutable and thread-safe.
class Part {
 public:
  virtual ~Part() = default;
  virtual int64_t size() const = 0;
  // Classification: out [positions], in [0, classes); -1 where the samples have no labels.
  virtual void Labels(int64_t sample, int32_t* out) const = 0;
  // Regression: out [targets]; NaN where the samples have no targets.
  virtual void Targets(int64_t sample, float* out) const = 0;
  // Features after the transforms, plain order, out [input_shape.elements()].
  virtual void Read(int64_t sample, float* out) const = 0;
  // The same after the augmentations, drawn as a pure function of (seed, epoch, sample).
  virtual void ReadAugmented(int64_t sample, uint64_t seed, uint64_t epoch, float* out) const = 0;
};

}  // namespace trainyard
