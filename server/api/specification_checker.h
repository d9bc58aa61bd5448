// What the API needs of the engine before a job is queued, as an interface that tests replace.
// Thread-safe; calls may take long (they read headers and labels of data): use an executor.
#pragma once

#include "engine/base/violations.h"
#include "engine/data/roots.h"
#include "engine/spec/catalogs.h"
#include "engine/spec/compile.h"
#include "trainyard/v1/job.pb.h"
#include "trainyard/v1/spec.pb.h"

namespace trainyard {

struct CheckedSpecification {
  // With every default filled in.
  v1::Specification specification;
  v1::ModelSummary model;
};

class SpecificationChecker {
 public:
  virtual ~SpecificationChecker() = default;
  // The result may be used only where nothing was added to violations.
  virtual CheckedSpecification CheckTraining(const v1::Specification& specification,
                                             Violations& violations) const = 0;
  // `model` is the specification of the job whose model is to predict.
  virtual CheckedSpecification CheckPrediction(const v1::Specification& specification,
                                               const v1::Specification& model,
                                               Violations& violations) const = 0;
};

// The engine's dry compilation.
class EngineChecker final : public SpecificationChecker {
 public:
  EngineChecker(const Catalogs& catalogs, DataRoots roots, CompileLimits limits)
      : catalogs_(catalogs), roots_(std::move(roots)), limits_(limits) {}
  CheckedSpecification CheckTraining(const v1::Specification& specification,
                                     Violations& violations) const override;
  CheckedSpecification CheckPrediction(const v1::Specification& specification,
                                       const v1::Specification& model,
                                       Violations& violations) const override;

 private:
  const Catalogs& catalogs_;
  const DataRoots roots_;
  const CompileLimits limits_;
};

}  // namespace trainyard
