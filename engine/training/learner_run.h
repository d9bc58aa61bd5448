// Trains a learner and predicts with it: what Trainer and Network are for nets. Called by
// RunTraining and RunPrediction; one thread calls.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/export/safetensors.h"
#include "engine/metrics/metric.h"
#include "engine/spec/compile.h"
#include "engine/training/run.h"

namespace trainyard {

// Of a specification with a learner; compiled.data is moved from.
absl::StatusOr<RunOutcome> TrainLearner(CompiledSpecification& compiled, RunOptions options,
                                        JobSink& sink);

// Outputs of `count` samples of the part from the first one on, block after block; false where
// `cancel` stopped it.
bool PredictWith(const Learner& learner, const Part& part, const DataInfo& info, int64_t first,
                 int64_t count, ThreadPool& pool, const CancelToken& cancel,
                 const std::function<void(const MetricBatch&)>& take);

// The learner of a model file. INVALID_ARGUMENT, DATA_LOSS.
absl::StatusOr<std::unique_ptr<Learner>> RestoreLearner(const v1::Specification& specification,
                                                        const DataInfo& info,
                                                        const Catalogs& catalogs,
                                                        const std::vector<NamedTensor>& tensors);

}  // namespace trainyard
