#include "server/api/specification_checker.h"

#include <utility>

namespace trainyard {

CheckedSpecification EngineChecker::CheckTraining(const v1::Specification& specification,
                                                  Violations& violations) const {
  CompiledSpecification compiled = Compile(specification, catalogs_, roots_, limits_, violations);
  return {std::move(compiled.specification), std::move(compiled.summary)};
}

CheckedSpecification EngineChecker::CheckPrediction(const v1::Specification& specification,
                                                    const v1::Specification& model,
                                                    Violations& violations) const {
  CheckedSpecification checked;
  checked.specification = trainyard::CheckPrediction(specification, model, catalogs_, roots_,
                                                     checked.model, violations);
  return checked;
}

}  // namespace trainyard
