#include "server/api/specification_checker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/data/source.h"
#include "engine/spec/canonical.h"
#include "engine/spec/model_file.h"

namespace trainyard {

CheckedSpecification EngineChecker::CheckTraining(const v1::Specification& specification,
                                                  Violations& violations) const {
  if (specification.has_benchmark()) {
    CheckedSpecification checked;
    checked.specification =
        CheckBenchmark(specification, catalogs_, roots_, limits_, checked.model, violations);
    return checked;
  }
  CompiledSpecification compiled = Compile(specification, catalogs_, roots_, limits_, violations);
  std::string key = violations.empty() ? ResultKeyOf(compiled) : "";
  return {std::move(compiled.specification), std::move(compiled.summary), std::move(key)};
}

// Files that cannot be read now are told by the job.
std::string EngineChecker::ResultKeyOf(const CompiledSpecification& compiled) const {
  const absl::StatusOr<std::string> data = compiled.data.source->Version(roots_);
  const absl::StatusOr<std::string> weights =
      VersionOf({compiled.specification.model().initial_weights()}, roots_);
  if (!data.ok() || !weights.ok()) return "";
  return ResultKey(compiled.specification, absl::StrCat(data->size(), " ", *data, *weights),
                   software_, catalogs_);
}

absl::StatusOr<CheckedSpecification> EngineChecker::CheckPrediction(
    const v1::Specification& specification, const v1::Job& model, Violations& violations) const {
  const auto file =
      std::find_if(model.artifacts().begin(), model.artifacts().end(),
                   [](const v1::Artifact& artifact) { return artifact.name() == kModelFileName; });
  if (file == model.artifacts().end())
    return absl::NotFoundError(absl::StrCat(model.name(), " left no ", kModelFileName));
  TrainedModel trained = {model.specification(), model.model(), {}};
  ASSIGN_OR_RETURN(trained.data, ReadModelDataInfo(artifacts_.Path(file->sha256())));
  CheckedSpecification checked;
  checked.specification = trainyard::CheckPrediction(specification, trained, catalogs_, roots_,
                                                     checked.model, violations);
  return checked;
}

}  // namespace trainyard
