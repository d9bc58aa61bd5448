#include "engine/data/load.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "engine/base/saturated.h"
#include "engine/base/status.h"
#include "engine/data/fit_transforms.h"
#include "engine/data/label_noise.h"
#include "engine/data/part.h"
#include "engine/data/split.h"

namespace trainyard {
namespace {

// Beyond it a sample does not fit a step's buffers, whatever the memory.
constexpr int64_t kMostFeatures = int64_t{1} << 28;
constexpr char kAllParts[] = "all";

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
  if (split.stratify.value_or(false) && plan.info.vocabulary > 0) {
    violations.Add(JoinPath(split_path, "stratify"),
                   "not allowed for sequences: a sample has many labels; leave it out");
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
  if (plan.info.vocabulary > 0) {
    const auto refuse = [&](bool present, const char* field) {
      if (present)
        violations.Add(JoinPath(path, field), "not allowed for sequences: ids are no numbers");
    };
    refuse(!plan.transforms.empty(), "transforms");
    return refuse(!plan.augmentations.empty(), "augment");
  }
  bool stateless = true;
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
    stateless = stateless && !plan.transforms[i]->looks_at_samples();
    if (plan.transforms[i]->worth_keeping())
      plan.memory_bytes = AddSaturated(plan.memory_bytes, KeptBytes(plan, stateless, *shape));
    if (plan.train_size > 0 && plan.train_size < plan.transforms[i]->fewest_samples()) {
      violations.Add(where,
                     absl::StrCat("needs ", plan.transforms[i]->fewest_samples(),
                                  " training samples at least; there are ", plan.train_size));
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

// As users know it: the column, or the number.
std::string FeatureName(const DataInfo& info, int64_t feature) {
  int64_t first = 0;
  for (const FeatureColumn& column : info.columns) {
    const int64_t next = first + std::max<int64_t>(1, std::ssize(column.categories));
    if (feature < next) return absl::StrCat("column '", column.name, "'");
    first = next;
  }
  return absl::StrCat("feature ", feature);
}

// The mean of each feature over the training samples that have it.
absl::StatusOr<std::vector<float>> MeansOf(const Samples& samples,
                                           const std::vector<int64_t>& training) {
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
          absl::StrCat(FeatureName(samples.info, f),
                       " is missing in every training sample; leave it out (`ignore`)"));
    }
    means[f] = static_cast<float>(sums[f] / static_cast<double>(counts[f]));
  }
  return means;
}

// Replaces NaN by `fill`, [features]; where that is empty, nothing may be missing.
absl::Status ReplaceMissing(Samples& samples, const std::vector<float>& fill) {
  const auto& given = std::get<SharedArray<float>>(samples.features);
  const size_t features = static_cast<size_t>(samples.info.input_shape.elements());
  const auto is_missing = [](float value) { return std::isnan(value); };
  const float* const first = std::find_if(given.begin(), given.end(), is_missing);
  samples.has_missing = false;
  if (first == given.end()) return absl::OkStatus();
  if (fill.empty()) {
    const size_t place = static_cast<size_t>(first - given.begin());
    return absl::InvalidArgumentError(absl::StrCat(
        FeatureName(samples.info, static_cast<int64_t>(place % features)), " of sample ",
        place / features, " has no value; the model was trained without missing values"));
  }
  std::vector<float> filled(given.begin(), given.end());
  for (size_t i = 0; i < filled.size(); ++i) {
    if (is_missing(filled[i])) filled[i] = fill[i % features];
  }
  samples.features = SharedArray<float>(std::move(filled));
  return absl::OkStatus();
}

SplitIndices Divide(const DataPlan& plan, const Samples& samples) {
  const bool stratify = plan.split.stratify.value_or(true) && samples.info.vocabulary == 0 &&
                        samples.info.task == Task::kClassification;
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

// The samples of a part by their numbers in the source.
std::vector<int64_t> Choose(const DataPlan& plan, const Samples& samples, const std::string& part) {
  if (part == kAllParts) {
    std::vector<int64_t> all(static_cast<size_t>(samples.count));
    std::iota(all.begin(), all.end(), int64_t{0});
    return all;
  }
  SplitIndices parts = Divide(plan, samples);
  if (part == "train") return std::move(parts.train);
  return part == "validation" ? std::move(parts.validation) : std::move(parts.test);
}

absl::Status ChangedMeanwhile() {
  return absl::FailedPreconditionError(
      "the data changed while the job was being prepared; submit it again");
}

// Whether the source still has what the plan was proven with.
bool AsProven(const DataPlan& plan, const Samples& samples) {
  const int64_t own_test = samples.count - samples.train_count;
  const int64_t training_part =
      samples.train_count - plan.validation_size - (own_test > 0 ? 0 : plan.test_size);
  return samples.info.task == plan.info.task && samples.info.classes == plan.info.classes &&
         samples.info.targets == plan.info.targets &&
         samples.info.positions == plan.info.positions && samples.count == plan.count &&
         plan.train_size <= training_part && (own_test == 0 || own_test == plan.test_size);
}

}  // namespace

void ProvePlan(DataPlan& plan, const DataInfo* like, const DataRoots& roots,
               const std::string& path, Violations& violations) {
  if (plan.source == nullptr) return;
  const absl::StatusOr<SourceDescription> described =
      like == nullptr ? plan.source->Describe(roots) : plan.source->DescribeLike(*like, roots);
  if (!described.ok()) {
    const std::string parameter = ParameterOf(described.status());
    const std::string where = JoinPath(path, "source");
    return violations.Add(parameter.empty() ? where : JoinPath(where, parameter),
                          Message(described.status()));
  }
  plan.info = described->info;
  plan.count = described->count;
  plan.memory_bytes = described->memory_bytes;
  ProveSplit(plan, *described, path, violations);
  ProveLabelNoise(plan.label_noise, plan.info, plan.train_size, JoinPath(path, "label_noise"),
                  violations);
  ProveShapes(plan, path, violations);
}

absl::StatusOr<LoadedData> LoadData(DataPlan plan, const DataRoots& roots, int threads) {
  ThreadPool pool(threads);
  ASSIGN_OR_RETURN(Samples loaded, plan.source->Load(roots));
  if (!AsProven(plan, loaded)) return ChangedMeanwhile();
  SplitIndices parts = Divide(plan, loaded);
  LoadedData data;
  data.info = plan.info;
  data.fitted.source = loaded.info;
  if (loaded.has_missing) {
    ASSIGN_OR_RETURN(data.fitted.fill, MeansOf(loaded, parts.train));
    RETURN_IF_ERROR(ReplaceMissing(loaded, data.fitted.fill));
  }
  data.report = ReportOn(loaded, parts, pool);
  data.report.wrong_labels = AddLabelNoise(plan.label_noise, parts.train, loaded);
  auto reader = std::make_shared<FeatureReader>(std::make_shared<const Samples>(std::move(loaded)));
  ASSIGN_OR_RETURN(data.fitted.transforms,
                   FitTransforms(plan, data.fitted.fill, parts, roots, pool, *reader));
  if (reader->shape() != plan.info.input_shape) return ChangedMeanwhile();
  auto augmentations = std::make_shared<const std::vector<std::unique_ptr<Augmentation>>>(
      std::move(plan.augmentations));
  data.train = MakePart(reader, augmentations, std::move(parts.train));
  data.validation = MakePart(reader, augmentations, std::move(parts.validation));
  data.test = MakePart(reader, augmentations, std::move(parts.test));
  return data;
}

absl::StatusOr<std::unique_ptr<Part>> LoadForModel(DataPlan plan, const FittedData& fitted,
                                                   const std::string& part,
                                                   const DataRoots& roots) {
  ASSIGN_OR_RETURN(Samples loaded, plan.source->LoadLike(fitted.source, roots));
  if (!AsProven(plan, loaded) || plan.transforms.size() != fitted.transforms.size())
    return ChangedMeanwhile();
  std::vector<int64_t> chosen = Choose(plan, loaded, part);
  if (loaded.has_missing) RETURN_IF_ERROR(ReplaceMissing(loaded, fitted.fill));
  auto reader = std::make_shared<FeatureReader>(std::make_shared<const Samples>(std::move(loaded)));
  for (size_t i = 0; i < plan.transforms.size(); ++i) {
    RETURN_IF_ERROR(plan.transforms[i]->Restore(reader->shape(), fitted.transforms[i]));
    RETURN_IF_ERROR(reader->Append(std::move(plan.transforms[i])));
  }
  const auto none = std::make_shared<const std::vector<std::unique_ptr<Augmentation>>>();
  return MakePart(reader, none, std::move(chosen));
}

int64_t SizeOfPart(const DataPlan& plan, const std::string& part) {
  if (part == kAllParts) return plan.count;
  if (part == "train") return plan.train_size;
  return part == "validation" ? plan.validation_size : plan.test_size;
}

}  // namespace trainyard
