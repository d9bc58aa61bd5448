// Benchmark jobs: what the machine does at best, and what a training step takes on it.
#include <algorithm>
#include <map>
#include <new>
#include <utility>

#include "engine/base/status.h"
#include "engine/tensor/machine.h"
#include "engine/tensor/onednn.h"
#include "engine/training/measure.h"
#include "engine/training/prepare.h"

namespace trainyard {
namespace {

constexpr double kWarmUpSeconds = 0.5;
constexpr double kSeconds = 2;
constexpr int64_t kLeastSteps = 5;
// For steps that take seconds themselves.
constexpr double kMostSeconds = 20;
// A step that took longer than this with no time lost would keep the machine for minutes.
constexpr double kMostStepSeconds = 10;

class BenchmarkRun {
 public:
  BenchmarkRun(const v1::Specification& specification, const RunOptions& options, JobSink& sink)
      : specification_(specification), options_(options), sink_(sink) {}

  absl::StatusOr<RunOutcome> Run() {
    v1::Event started;
    started.mutable_attempt_started()->set_worker(options_.worker);
    started.mutable_attempt_started()->set_threads(static_cast<uint32_t>(options_.threads));
    started.mutable_attempt_started()->set_isa(onednn::InstructionSet());
    sink_.Emit(std::move(started));

    v1::Event event;
    v1::BenchmarkResult& result = *event.mutable_benchmark();
    RETURN_IF_ERROR(MeasureMachine(*result.mutable_machine()));
    if (specification_.has_model()) RETURN_IF_ERROR(MeasureTraining(*result.mutable_step()));
    sink_.Emit(std::move(event));
    return RunOutcome{};
  }

 private:
  // Of so many threads; each number is measured once.
  absl::StatusOr<MachinePeak> PeakOf(int threads) {
    const auto known = peaks_.find(threads);
    if (known != peaks_.end()) return known->second;
    if (options_.cancel->requested()) return absl::CancelledError();
    ASSIGN_OR_RETURN(const MachinePeak peak, MeasurePeak(threads));
    return peaks_[threads] = peak;
  }

  absl::Status MeasureMachine(v1::MachineCard& machine) {
    machine.set_processor(ProcessorName());
    machine.set_cores(static_cast<uint32_t>(options_.threads));
    machine.set_isa(onednn::InstructionSet());
    for (const auto& [threads, out] : {std::pair(1, machine.mutable_one_core()),
                                       {options_.threads, machine.mutable_all_cores()}}) {
      ASSIGN_OR_RETURN(const MachinePeak peak, PeakOf(threads));
      out->set_threads(static_cast<uint32_t>(threads));
      out->set_fp32_gflops(peak.float32_gflops);
      out->set_bf16_gflops(peak.bfloat16_gflops);
      out->set_memory_gigabytes_per_second(peak.memory_gigabytes_per_second);
    }
    return absl::OkStatus();
  }

  absl::Status MeasureTraining(v1::MeasuredStep& step) {
    RunOptions options = options_;
    const int wanted = static_cast<int>(specification_.benchmark().threads());
    options.threads = std::clamp(wanted, 1, options_.threads);
    ASSIGN_OR_RETURN(const MachinePeak peak, PeakOf(options.threads));
    const bool narrow = ComputeTypeOf(specification_) == onednn::Type::kBfloat16;
    const double peak_gflops = narrow ? peak.bfloat16_gflops : peak.float32_gflops;
    MeasureOptions measure;
    measure.warm_up_seconds = kWarmUpSeconds;
    measure.seconds = kSeconds;
    measure.least_steps = kLeastSteps;
    measure.most_seconds = kMostSeconds;
    measure.most_flops = peak_gflops * 1e9 * kMostStepSeconds;
    ASSIGN_OR_RETURN(const StepMeasurement measured,
                     MeasureSteps(specification_, options, measure));
    step.set_threads(static_cast<uint32_t>(options.threads));
    step.set_steps(static_cast<uint32_t>(measured.steps));
    step.set_median_seconds(measured.median_seconds);
    step.set_least_seconds(measured.least_seconds);
    step.set_p90_seconds(measured.p90_seconds);
    step.set_flops(static_cast<uint64_t>(measured.flops));
    step.set_gflops(static_cast<double>(measured.flops) * 1e-9 / measured.median_seconds);
    step.set_peak_gflops(peak_gflops);
    step.set_share_of_peak(step.gflops() / peak_gflops);
    step.set_memory_bytes(static_cast<uint64_t>(measured.memory_bytes));
    step.set_steps_per_epoch(static_cast<uint64_t>(measured.steps_per_epoch));
    step.set_epoch_seconds(measured.median_seconds * static_cast<double>(measured.steps_per_epoch));
    step.set_training_seconds(measured.median_seconds * static_cast<double>(measured.total_steps));
    return absl::OkStatus();
  }

  const v1::Specification& specification_;
  const RunOptions& options_;
  JobSink& sink_;
  std::map<int, MachinePeak> peaks_;
};

}  // namespace

RunOutcome RunBenchmark(const v1::Specification& specification, const RunOptions& options,
                        JobSink& sink) {
  try {
    const auto outcome = BenchmarkRun(specification, options, sink).Run();
    if (absl::IsCancelled(outcome.status())) {
      const bool drained = options.cancel->reason() == CancelToken::Reason::kDrained;
      return {drained ? RunOutcome::Kind::kPreempted : RunOutcome::Kind::kCancelled, "", ""};
    }
    return outcome.ok() ? *outcome : FailedOutcome(outcome.status());
  } catch (const std::bad_alloc&) {
    return {RunOutcome::Kind::kFailed, "OUT_OF_MEMORY", "no memory is left for this job"};
  } catch (const std::exception& error) {
    return {RunOutcome::Kind::kFailed, "INTERNAL", error.what()};
  }
}

}  // namespace trainyard
