#include "engine/data/load.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/data/part.h"
#include "engine/data/split.h"

namespace trainyard {
namespace {

// Beyond it a sample does not fit a step's buffers, whatever the memory.
constexpr int64_t kMostFeatures = int64_t{1} << 28;

bool CheckShare(double share, const std::string& path, Violations& violations) {
  if (share >= 0 && share < 1) return true;  // false for NaN
  violations.Add(path, absl::StrCat("expected a share in [0, 1), got ", share));
  return false;
}

// Sizes of validation and test; train is the rest.
void ProveSplit(DataPlan& plan, const SourceDescription& described, const std::string& path,
                Violations& violations) {
  const SplitOptions& split = plan.split;
  const std::string split_path = JoinPath(path, "split");
  bool ok = CheckShare(split.validation, JoinPath(split_path, "validation"), violations);
  ok = CheckShare(split.test, JoinPath(split_path, "test"), violations) && ok;
  if (split.stratify.value_or(false) && plan.info.task == Task::kRegression) {
    violations.Add(JoinPath(split_path, "stratify"),
                   "not allowed for regression: there are no classes to keep in "
                   "proportion; leave it out");
  }
  if (!ok) return;
  const int64_t own_test = described.count - described.train_count;
  if (own_test > 0 && split.test > 0) {
    violations.Add(
        JoinPath(split_path, "test"),
        absl::StrCat("must be 0: the source brings its own ", own_test, " test samples"));
    return;
  }
  plan.validation_size = ShareOf(split.validation, described.train_count);
  const int64_t held_out = ShareOf(split.test, described.train_count);
  plan.test_size = own_test + held_out;
  const auto too_small = [&](const char* field, double share) {
    violations.Add(JoinPath(split_path, field),
                   absl::StrCat(share, " of ", described.train_count,
                                " samples is none; use 0 or a larger share"));
  };
  if (split.validation > 0 && plan.validation_size == 0) too_small("validation", split.validation);
  if (split.test > 0 && held_out == 0) too_small("test", split.test);
  const int64_t left = described.train_count - plan.validation_size - held_out;
  if (left < 1) {
    violations.Add(split_path,
                   absl::StrCat("validation ", split.validation, " and test ", split.test,
                                " leave none of ", described.train_count, " samples for training"));
    return;
  }
  if (split.train_size < 0 || split.train_size > left) {
    violations.Add(
        JoinPath(path, "subset.train_size"),
        absl::StrCat("expected 0 (all) or at most ", left,
                     ", the samples left for training by the split, got ", split.train_size));
    return;
  }
  plan.train_size = split.train_size == 0 ? left : split.train_size;
}

void ProveShapes(DataPlan& plan, const std::string& path, Violations& violations) {
  for (size_t i = 0; i < plan.transforms.size(); ++i) {
    if (plan.transforms[i] == nullptr) return;
    const std::string where = absl::StrCat(JoinPath(path, "transforms"), "[", i, "]");
    const absl::StatusOr<Shape> shape = plan.transforms[i]->OutputShape(plan.info.input_shape);
    if (!shape.ok()) return violations.Add(where, Message(shape.status()));
    if (shape->elements() < 1 || shape->elements() > kMostFeatures) {
      return violations.Add(where,
                            absl::StrCat("makes samples of shape ", shape->ToString(), "; at most ",
                                         kMostFeatures, " values are allowed"));
    }
    plan.info.input_shape = *shape;
  }
  for (size_t i = 0; i < plan.augmentations.size(); ++i) {
    if (plan.augmentations[i] == nullptr) continue;
    const absl::Status status = plan.augmentations[i]->Check(plan.info.input_shape);
    if (!status.ok())
      violations.Add(absl::StrCat(JoinPath(path, "augment"), "[", i, "]"), Message(status));
  }
}

// Replaces NaN by the mean of the feature over the training samples that have it.
absl::Status FillMissing(Samples& samples, const std::vector<int64_t>& training) {
  const auto& given = std::get<SharedArray<float>>(samples.features);
  const int64_t features = samples.info.input_shape.elements();
  std::vector<double> sums(features);
  std::vector<int64_t> counts(features);
  for (int64_t sample : training) {
    const float* row = given.data() + sample * features;
    for (int64_t f = 0; f < features; ++f) {
      if (std::isnan(row[f])) continue;
      sums[f] += row[f];
      ++counts[f];
    }
  }
  std::vector<float> means(features);
  for (int64_t f = 0; f < features; ++f) {
    if (counts[f] == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("feature ", f, " is missing in every training sample; ignore its column"));
    }
    means[f] = static_cast<float>(sums[f] / static_cast<double>(counts[f]));
  }
  std::vector<float> filled(given.begin(), given.end());
  for (size_t i = 0; i < filled.size(); ++i) {
    if (std::isnan(filled[i])) filled[i] = means[i % static_cast<size_t>(features)];
  }
  samples.features = SharedArray<float>(std::move(filled));
  samples.has_missing = false;
  return absl::OkStatus();
}

SplitIndices Divide(const DataPlan& plan, const Samples& samples) {
  const bool stratify =
      plan.split.stratify.value_or(true) && samples.info.task == Task::kClassification;
  absl::Span<const int32_t> labels;
  if (stratify) labels = absl::MakeConstSpan(samples.labels.data(), samples.labels.size());
  const bool own_test = samples.train_count < samples.count;
  SplitIndices parts =
      Split(samples.train_count, labels.subspan(0, static_cast<size_t>(samples.train_count)),
            plan.validation_size, own_test ? 0 : plan.test_size, plan.split.seed);
  for (int64_t i = samples.train_count; i < samples.count; ++i) parts.test.push_back(i);
  parts.train = NestedSubset(parts.train, labels, plan.train_size, plan.split.subset_seed);
  return parts;
}

}  // namespace

void ProvePlan(DataPlan& plan, const DataRoots& roots, const std::string& path,
               Violations& violations) {
  if (plan.source == nullptr) return;
  const absl::StatusOr<SourceDescription> described = plan.source->Describe(roots);
  if (!described.ok()) {
    const std::string parameter = ParameterOf(described.status());
    const std::string where = JoinPath(path, "source");
    return violations.Add(parameter.empty() ? where : JoinPath(where, parameter),
                          Message(described.status()));
  }
  plan.info = described->info;
  plan.memory_bytes = described->memory_bytes;
  ProveSplit(plan, *described, path, violations);
  ProveShapes(plan, path, violations);
}

absl::StatusOr<LoadedData> LoadData(DataPlan plan, const DataRoots& roots) {
  ASSIGN_OR_RETURN(Samples loaded, plan.source->Load(roots));
  const int64_t training_part = loaded.train_count - plan.validation_size -
                                (loaded.train_count < loaded.count ? 0 : plan.test_size);
  const bool as_proven =
      loaded.info.task == plan.info.task && loaded.info.classes == plan.info.classes &&
      loaded.info.targets == plan.info.targets && plan.train_size <= training_part &&
      (loaded.train_count == loaded.count || loaded.count - loaded.train_count == plan.test_size);
  if (!as_proven) {
    return absl::FailedPreconditionError(
        "the data changed while the job was being prepared; submit it again");
  }
  SplitIndices parts = Divide(plan, loaded);
  if (loaded.has_missing) RETURN_IF_ERROR(FillMissing(loaded, parts.train));
  auto reader = std::make_shared<FeatureReader>(std::make_shared<const Samples>(std::move(loaded)));
  for (std::unique_ptr<Transform>& transform : plan.transforms) {
    RETURN_IF_ERROR(reader->Append(std::move(transform), parts.train));
  }
  if (reader->shape() != plan.info.input_shape) {
    return absl::FailedPreconditionError(
        "the data changed while the job was being prepared; submit it again");
  }
  auto augmentations = std::make_shared<const std::vector<std::unique_ptr<Augmentation>>>(
      std::move(plan.augmentations));
  LoadedData data;
  data.info = plan.info;
  data.train = MakePart(reader, augmentations, std::move(parts.train));
  data.validation = MakePart(reader, augmentations, std::move(parts.validation));
  data.test = MakePart(reader, augmentations, std::move(parts.test));
  return data;
}

}  // namespace trainyard
