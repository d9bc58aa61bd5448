// What the API needs of the engine before a job is queued, as an interface that tests replace.
// Thread-safe; calls may take long (they read headers and labels of data, and CSV files whole): use
// an executor.
#pragma once

#include <utility>

#include "absl/status/statusor.h"
#include "engine/base/violations.h"
#include "engine/data/roots.h"
#include "engine/spec/catalogs.h"
#include "engine/spec/compile.h"
#include "server/store/artifact_store.h"
#include "trainyard/v1/job.pb.h"
#include "trainyard/v1/spec.pb.h"

namespace trainyard {

struct CheckedSpecification {
  // With every default filled in.
  v1::Specification specification;
  v1::ModelSummary model;
  // See ResultKey; empty where no job of before can answer for it.
  std::string result_key;
};

class SpecificationChecker {
 public:
  virtual ~SpecificationChecker() = default;
  // A training, or a benchmark. The result may be used only where nothing was added to violations.
  virtual CheckedSpecification CheckTraining(const v1::Specification& specification,
                                             Violations& violations) const = 0;
  // `model` is the finished job whose model is to predict. DATA_LOSS, NOT_FOUND: its model file is
  // broken or gone.
  virtual absl::StatusOr<CheckedSpecification> CheckPrediction(
      const v1::Specification& specification, const v1::Job& model,
      Violations& violations) const = 0;
};

// The engine's dry compilation.
class EngineChecker final : public SpecificationChecker {
 public:
  // `software`: versions and instruction set of what trains, see ResultKey.
  EngineChecker(const Catalogs& catalogs, DataRoots roots, CompileLimits limits,
                const ArtifactStore& artifacts, std::string software)
      : catalogs_(catalogs),
        roots_(std::move(roots)),
        limits_(limits),
        artifacts_(artifacts),
        software_(std::move(software)) {}
  CheckedSpecification CheckTraining(const v1::Specification& specification,
                                     Violations& violations) const override;
  absl::StatusOr<CheckedSpecification> CheckPrediction(const v1::Specification& specification,
                                                       const v1::Job& model,
                                                       Violations& violations) const override;

 private:
  std::string ResultKeyOf(const CompiledSpecification& compiled) const;

  const Catalogs& catalogs_;
  const DataRoots roots_;
  const CompileLimits limits_;
  const ArtifactStore& artifacts_;
  const std::string software_;
};

}  // namespace trainyard
