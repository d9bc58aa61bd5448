#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/spec/compile.h"
#include "engine/spec/compile_data.h"

namespace trainyard {
namespace {

const char* const kParts[] = {"train", "validation", "test"};

void RefuseTrainingFields(const v1::Specification& specification, Violations& violations) {
  const auto refuse = [&](bool present, const char* field) {
    if (present) violations.Add(field, "not allowed beside predict: the model's job has it");
  };
  refuse(specification.has_data(), "data");
  refuse(specification.has_model(), "model");
  refuse(specification.has_loss(), "loss");
  refuse(specification.has_optimizer(), "optimizer");
  refuse(specification.has_schedule(), "schedule");
  refuse(specification.has_budget(), "budget");
  refuse(specification.metrics_size() > 0, "metrics");
  refuse(specification.batch_size() > 0, "batch_size");
}

int64_t SizeOf(const DataPlan& plan, const std::string& part) {
  if (part == "train") return plan.train_size;
  return part == "validation" ? plan.validation_size : plan.test_size;
}

}  // namespace

v1::Specification CheckPrediction(const v1::Specification& specification,
                                  const v1::Specification& model, const Catalogs& catalogs,
                                  const DataRoots& roots, v1::ModelSummary& summary,
                                  Violations& violations) {
  v1::Specification result = specification;
  v1::Prediction& predict = *result.mutable_predict();
  RefuseTrainingFields(specification, violations);
  if (predict.part().empty()) predict.set_part("test");
  if (std::find(std::begin(kParts), std::end(kParts), predict.part()) == std::end(kParts)) {
    violations.Add("predict.part", absl::StrCat("unknown part '", predict.part().substr(0, 40),
                                                "'; known: train, validation, test"));
    return result;
  }
  // Transforms are fitted on the training part of the model's own data; only the samples may be
  // others.
  const DataPlan own = CompileData(model.data(), catalogs, roots, "data", violations);
  if (!violations.empty()) return result;
  int64_t available = SizeOf(own, predict.part());
  if (predict.has_data()) {
    const DataPlan other = CompileData(predict.data(), catalogs, roots, "predict.data", violations);
    if (!violations.empty()) return result;
    if (other.info.input_shape != own.info.input_shape) {
      violations.Add("predict.data.source",
                     absl::StrCat("samples of shape ", other.info.input_shape.ToString(),
                                  "; the model takes ", own.info.input_shape.ToString()));
    }
    available = SizeOf(other, predict.part());
  }
  if (available == 0) {
    violations.Add("predict.part", absl::StrCat("the data has no ", predict.part(), " part"));
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
  return result;
}

}  // namespace trainyard
