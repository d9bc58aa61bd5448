// What training and prediction runs do first, on the worker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/data/load.h"
#include "engine/spec/compile.h"
#include "engine/training/network.h"
#include "engine/training/run.h"

namespace trainyard {

// The server compiled it already; here violations mean that the data changed since, and the status
// names them all.
absl::StatusOr<CompiledSpecification> CompileForRun(const v1::Specification& specification,
                                                    const RunOptions& options);
// Moves compiled.data. From the options' cache where the job before had the same data.
absl::StatusOr<std::shared_ptr<const LoadedData>> LoadForRun(CompiledSpecification& compiled,
                                                             const RunOptions& options);
// Between progress events, without a wish of the user's.
inline constexpr double kProgressSeconds = 0.1;

// The first event of an attempt.
void EmitStarted(const RunOptions& options, uint64_t start_step, uint64_t total_steps,
                 JobSink& sink);
void Log(JobSink& sink, v1::Severity severity, const std::string& text);
// Tells the log how the classes are balanced, and what was found that puts results in doubt.
void LogData(const LoadedData& data, JobSink& sink);
// Which layers are computed how, where there are several ways.
void LogAlgorithms(const Network& network, JobSink& sink);
// What products are computed in: float32 where this machine has no instructions for what the
// specification asks for.
onednn::Type ComputeTypeOf(const v1::Specification& specification);
// Without the size of an epoch's last batch.
NetworkOptions NetworkOptionsOf(const v1::Specification& specification, const RunOptions& options);
// Nothing where the model names no file.
absl::Status ImportInitialWeights(const v1::Model& model, const DataRoots& roots, Network& network);

// Maps a status to the reason of a failed job.
RunOutcome FailedOutcome(const absl::Status& status);

}  // namespace trainyard
