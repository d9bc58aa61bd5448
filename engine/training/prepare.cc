#include "engine/training/prepare.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "engine/export/safetensors.h"
#include "engine/formats/input_file.h"
#include "engine/training/data_cache.h"

namespace trainyard {
namespace {

absl::Status AtInitialWeights(const std::string& message) {
  return absl::InvalidArgumentError("model.initial_weights: " + message);
}

}  // namespace

absl::StatusOr<CompiledSpecification> CompileForRun(const v1::Specification& specification,
                                                    const RunOptions& options) {
  CompileLimits limits;  // the scheduler has granted memory and cores: only what can never be right
                         // is refused
  limits.memory_bytes = std::numeric_limits<int64_t>::max();
  limits.cores = std::numeric_limits<int64_t>::max();
  limits.compare_memory = false;
  Violations violations;
  CompiledSpecification compiled =
      Compile(specification, *options.catalogs, options.roots, limits, violations);
  if (!violations.empty()) return violations.ToStatus();
  return compiled;
}

absl::StatusOr<std::shared_ptr<const LoadedData>> LoadForRun(CompiledSpecification& compiled,
                                                             const RunOptions& options) {
  DataCache none;
  DataCache& cache = options.data_cache != nullptr ? *options.data_cache : none;
  return cache.Load(compiled.specification.data(), std::move(compiled.data), options.roots,
                    options.threads);
}

void EmitStarted(const RunOptions& options, uint64_t start_step, uint64_t total_steps,
                 JobSink& sink) {
  v1::Event event;
  v1::AttemptStarted& started = *event.mutable_attempt_started();
  started.set_worker(options.worker);
  started.set_threads(static_cast<uint32_t>(options.threads));
  started.set_isa(onednn::InstructionSet());
  started.set_start_step(start_step);
  started.set_total_steps(total_steps);
  sink.Emit(std::move(event));
}

void Log(JobSink& sink, v1::Severity severity, const std::string& text) {
  v1::Event event;
  event.mutable_log()->set_severity(severity);
  event.mutable_log()->set_text(text);
  sink.Emit(std::move(event));
}

void LogAlgorithms(const Network& network, JobSink& sink) {
  for (const auto& [algorithm, layers] : network.algorithms()) {
    Log(sink, v1::INFO, absl::StrCat("by ", algorithm, ": ", absl::StrJoin(layers, ", ")));
  }
}

void LogData(const LoadedData& data, JobSink& sink) {
  for (const ReportLine& line : LinesOf(data.report, data.info))
    Log(sink, line.warning ? v1::WARNING : v1::INFO, line.text);
}

onednn::Type ComputeTypeOf(const v1::Specification& specification) {
  const bool narrow = specification.precision() == v1::PRECISION_BF16 && onednn::HasBfloat16();
  return narrow ? onednn::Type::kBfloat16 : onednn::Type::kFloat32;
}

NetworkOptions NetworkOptionsOf(const v1::Specification& specification, const RunOptions& options) {
  NetworkOptions network;
  network.threads = options.threads;
  network.compute_type = ComputeTypeOf(specification);
  network.batch = specification.batch_size();
  network.batches_per_step = specification.gradient_accumulation_steps();
  network.clip_gradient_norm = specification.clip_gradient_norm();
  return network;
}

absl::Status ImportInitialWeights(const v1::Model& model, const DataRoots& roots,
                                  Network& network) {
  if (model.initial_weights().empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string path, roots.Resolve(model.initial_weights()));
  // Weights take 4 bytes a parameter and models are limited: a larger file cannot be one.
  constexpr int64_t kLargestFile = int64_t{16} << 30;
  const absl::StatusOr<std::string> bytes = ReadWhole(path, model.initial_weights(), kLargestFile);
  if (!bytes.ok()) return AtInitialWeights(Message(bytes.status()));
  const auto weights = ReadSafetensors(*bytes);
  absl::Status status =
      weights.ok() ? network.Import(weights->tensors, /*slots=*/false) : weights.status();
  if (status.ok()) return status;
  return AtInitialWeights(absl::StrCat(model.initial_weights(), ": ", Message(status)));
}

}  // namespace trainyard
