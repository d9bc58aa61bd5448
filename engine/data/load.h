// From the `data` of a specification to three parts: source -> split -> subset -> transforms ->
// augment; and the same for samples that a trained model is to predict.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/violations.h"
#include "engine/data/data_report.h"
#include "engine/data/dataset.h"
#include "engine/data/roots.h"
#include "engine/data/source.h"
#include "engine/data/transform.h"

namespace trainyard {

struct SplitOptions {
  // Shares of the samples, in [0, 1). `test` must be 0 where the source brings its own test part.
  double validation = 0;
  double test = 0;
  // Keep class proportions in every part. Default: yes for classification; for regression and
  // sequences not allowed.
  std::optional<bool> stratify;
  uint64_t seed = 0;
  int64_t train_size = 0;  // 0: all
  uint64_t subset_seed = 0;
};

// Wrong labels in the training part, see engine/data/label_noise.h.
struct LabelNoise {
  double share = 0;
  uint64_t seed = 0;
};

// Components made and checked, nothing loaded.
struct DataPlan {
  std::unique_ptr<DataSource> source;
  std::vector<std::unique_ptr<Transform>> transforms;
  std::vector<std::unique_ptr<Augmentation>> augmentations;
  SplitOptions split;
  LabelNoise label_noise;
  // What decides the source's samples, its version among it, and what each transform was made of:
  // equal texts give equal samples. Empty: nothing is kept in the cache folder.
  std::string source_key;
  std::vector<std::string> transform_keys;
  // After the transforms.
  DataInfo info;
  int64_t train_size = 0;
  int64_t validation_size = 0;
  int64_t test_size = 0;
  // All of the source's, also those that a subset leaves out.
  int64_t count = 0;
  // Of the features in memory, all parts together, also those that transforms gave and are kept.
  int64_t memory_bytes = 0;
};

// Fills info and the sizes of a plan whose other fields are set. Violations have paths below `path`
// ("data"): data.source.path, data.split.validation, data.transforms[0] ... `like`: what the source
// must fit to where the plan is one for prediction, else null.
void ProvePlan(DataPlan& plan, const DataInfo* like, const DataRoots& roots,
               const std::string& path, Violations& violations);

// What a model keeps of the data that it was trained on, beside its parameters: enough to read
// other samples as it read its own.
struct FittedData {
  // Of the samples as the source gives them, before the transforms.
  DataInfo source;
  // In place of missing values, [features]; empty where none may be missing.
  std::vector<float> fill;
  // Of each transform.
  std::vector<FittedValues> transforms;
};

struct LoadedData {
  DataInfo info;
  FittedData fitted;
  DataReport report;
  // validation and test may be empty, never null.
  std::unique_ptr<Part> train;
  std::unique_ptr<Part> validation;
  std::unique_ptr<Part> test;
};

// Loads, splits, fits the transforms, on so many threads; the samples do not depend on how many.
// The plan must have been proven; its transforms are moved from.
absl::StatusOr<LoadedData> LoadData(DataPlan plan, const DataRoots& roots, int threads = 1);

// The samples of a plan, whose transforms are those of the model, for a model with `fitted`.
// `part`: train, validation or test by the plan's split, or all. INVALID_ARGUMENT where they are
// none for this model.
absl::StatusOr<std::unique_ptr<Part>> LoadForModel(DataPlan plan, const FittedData& fitted,
                                                   const std::string& part, const DataRoots& roots);

// Of the sizes that a plan has.
int64_t SizeOfPart(const DataPlan& plan, const std::string& part);

}  // namespace trainyard
