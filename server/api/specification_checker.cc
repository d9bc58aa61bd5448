#include "server/api/specification_checker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
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
  return {std::move(compiled.specification), std::move(compiled.summary)};
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
