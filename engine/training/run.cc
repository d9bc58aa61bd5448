#include "engine/training/run.h"

#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "engine/data/load.h"
#include "engine/spec/compile.h"
#include "engine/tensor/onednn.h"
#include "engine/training/learner_run.h"
#include "engine/training/prepare.h"
#include "engine/training/runs.h"
#include "engine/training/trainer.h"

namespace trainyard {
namespace {

absl::StatusOr<RunOutcome> Train(const v1::Specification& specification, RunOptions options,
                                 JobSink& sink) {
  ASSIGN_OR_RETURN(CompiledSpecification compiled, CompileForRun(specification, options));
  if (compiled.learner != nullptr) return TrainLearner(compiled, std::move(options), sink);
  ASSIGN_OR_RETURN(const std::shared_ptr<const LoadedData> loaded, LoadForRun(compiled, options));
  const LoadedData& data = *loaded;
  NetworkOptions network_options = NetworkOptionsOf(compiled.specification, options);
  network_options.last_batch = data.train->size() % network_options.batch;
  ASSIGN_OR_RETURN(const std::unique_ptr<Network> network,
                   Network::Create(compiled.graph, data.info, *compiled.loss, *compiled.optimizer,
                                   network_options));
  TrainingPosition start;
  if (options.checkpoint.empty()) {
    RETURN_IF_ERROR(network->Initialize(compiled.specification.seed()));
    RETURN_IF_ERROR(ImportInitialWeights(compiled.specification.model(), options.roots, *network));
  } else {
    ASSIGN_OR_RETURN(start, ReadCheckpoint(std::move(options.checkpoint), *network));
  }
  EmitStarted(options, static_cast<uint64_t>(start.step),
              static_cast<uint64_t>(compiled.total_steps), sink);
  Log(sink, v1::INFO,
      absl::StrCat(start.step > 0 ? "goes on from a checkpoint at step " : "starts at step ",
                   start.step, " of ", compiled.total_steps, ": ", compiled.graph.parameters(),
                   " parameters, ", data.train->size(), " training, ", data.validation->size(),
                   " validation and ", data.test->size(), " test samples"));
  LogData(data, sink);
  if (compiled.specification.precision() == v1::PRECISION_BF16 && !onednn::HasBfloat16())
    Log(sink, v1::INFO,
        absl::StrCat("this machine (", onednn::InstructionSet(),
                     ") has no bfloat16 instructions: the run computes in fp32"));
  LogAlgorithms(*network, sink);
  Trainer trainer(compiled, data, *network, options, sink);
  return trainer.Run(start);
}

}  // namespace

RunOutcome FailedOutcome(const absl::Status& status) {
  std::string reason = "INTERNAL";
  if (absl::IsDataLoss(status)) reason = "CHECKPOINT_CORRUPT";
  if (absl::IsResourceExhausted(status)) reason = "OUT_OF_MEMORY";
  if (absl::IsInvalidArgument(status) || absl::IsNotFound(status) ||
      absl::IsFailedPrecondition(status)) {
    reason = "DATA_ERROR";
  }
  // A place that knows better, for example DISK_FULL of the server.
  if (const std::string known = ReasonOf(status); !known.empty()) reason = known;
  return {RunOutcome::Kind::kFailed, reason, Message(status)};
}

RunOutcome RunTraining(const v1::Specification& specification, RunOptions options, JobSink& sink) {
  try {
    const auto train = specification.runs().empty() ? Train : TrainRuns;
    const absl::StatusOr<RunOutcome> outcome = train(specification, std::move(options), sink);
    return outcome.ok() ? *outcome : FailedOutcome(outcome.status());
  } catch (const std::bad_alloc&) {
    return {RunOutcome::Kind::kFailed, "OUT_OF_MEMORY", "no memory is left for this job"};
  } catch (const std::exception& error) {
    return {RunOutcome::Kind::kFailed, "INTERNAL", error.what()};
  }
}

}  // namespace trainyard
