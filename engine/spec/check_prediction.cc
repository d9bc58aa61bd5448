#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/spec/compile.h"
#include "engine/spec/compile_data.h"

namespace trainyard {
namespace {

constexpr const char* kParts[] = {"train", "validation", "test", "all"};

void RefuseTrainingFields(const v1::Specification& specification, Violations& violations) {
  const auto refuse = [&](bool present, const char* field) {
    if (present) violations.Add(field, "not allowed beside predict: the model's job has it");
  };
  refuse(specification.has_data(), "data");
  refuse(specification.has_model(), "model");
  refuse(specification.has_learner(), "learner");
  refuse(specification.has_loss(), "loss");
  refuse(specification.has_optimizer(), "optimizer");
  refuse(specification.has_schedule(), "schedule");
  refuse(specification.has_budget(), "budget");
  refuse(specification.metrics_size() > 0, "metrics");
  refuse(specification.batch_size() > 0, "batch_size");
  refuse(specification.runs_size() > 0, "runs");
  refuse(specification.clip_gradient_norm() != 0, "clip_gradient_norm");
  refuse(specification.gradient_accumulation_steps() > 0, "gradient_accumulation_steps");
}

void RefuseModelFields(const v1::Data& data, Violations& violations) {
  if (data.transforms_size() > 0) {
    violations.Add("predict.data.transforms",
                   "not allowed: the model applies those that it was trained with");
  }
  if (data.augment_size() > 0)
    violations.Add("predict.data.augment", "not allowed: samples are predicted as they are");
  if (data.has_label_noise())
    violations.Add("predict.data.label_noise", "not allowed: it is for training labels");
}

}  // namespace

DataPlan CompilePredictionData(const v1::Prediction& predict, const v1::Specification& model,
                               const DataInfo& like, const Catalogs& catalogs,
                               const DataRoots& roots, Violations& violations) {
  v1::Data data = predict.has_data() ? predict.data() : model.data();
  *data.mutable_transforms() = model.data().transforms();
  data.clear_augment();
  data.clear_label_noise();
  return CompileData(data, &like, catalogs, roots, predict.has_data() ? "predict.data" : "data",
                     violations);
}

v1::Specification CheckPrediction(const v1::Specification& specification, const TrainedModel& model,
                                  const Catalogs& catalogs, const DataRoots& roots,
                                  v1::ModelSummary& summary, Violations& violations) {
  v1::Specification result = specification;
  v1::Prediction& predict = *result.mutable_predict();
  RefuseTrainingFields(specification, violations);
  if (predict.has_data()) RefuseModelFields(predict.data(), violations);
  if (predict.part().empty()) predict.set_part(predict.has_data() ? "all" : "test");
  if (std::find(std::begin(kParts), std::end(kParts), predict.part()) == std::end(kParts)) {
    violations.Add("predict.part", absl::StrCat("unknown part '", predict.part().substr(0, 40),
                                                "'; known: ", absl::StrJoin(kParts, ", ")));
  }
  if (!violations.empty()) return result;
  const DataPlan plan =
      CompilePredictionData(predict, model.specification, model.data, catalogs, roots, violations);
  if (!violations.empty()) return result;
  const int64_t available = SizeOfPart(plan, predict.part());
  if (available == 0) {
    violations.Add("predict.part", absl::StrCat("the data has no ", predict.part(),
                                                " part; 'all' takes every sample"));
    return result;
  }
  if (predict.first() >= static_cast<uint64_t>(available)) {
    violations.Add("predict.first",
                   absl::StrCat(predict.first(), "; the ", predict.part(), " part has ", available,
                                " samples, counted from 0"));
    return result;
  }
  const uint64_t rest = static_cast<uint64_t>(available) - predict.first();
  if (predict.count() > rest) {
    violations.Add("predict.count",
                   absl::StrCat(predict.count(), "; ", rest, " samples follow the first"));
  }
  if (predict.count() == 0) predict.set_count(rest);
  if (result.resources().cores() == 0) result.mutable_resources()->set_cores(1);
  summary.set_test_samples(predict.count());
  // A prediction needs less than the training did, but for its own samples.
  summary.set_memory_bytes(model.summary.memory_bytes() + static_cast<uint64_t>(plan.memory_bytes));
  return result;
}

}  // namespace trainyard
