#include "engine/training/measure.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "engine/training/feeds.h"
#include "engine/training/prepare.h"

namespace trainyard {
namespace {

using Steady = std::chrono::steady_clock;
constexpr int kProfiledSteps = 5;

double SecondsFrom(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

// Full steps one after another, epoch after epoch, as the trainer takes them.
class Stepper {
 public:
  Stepper(const CompiledSpecification& compiled, const LoadedData& data, Network& network)
      : compiled_(compiled),
        network_(network),
        feed_(*data.train, compiled.specification.seed()),
        samples_(StepSamples(compiled.specification)),
        steps_(data.train->size() / samples_) {}

  double Train() {
    Advance();
    return network_.TrainStep(feed_, samples_, context_, scalars_).loss;
  }

  void Profile(std::map<std::string, double>& seconds) {
    Advance();
    network_.ProfileStep(feed_, samples_, context_, scalars_, seconds);
  }

 private:
  void Advance() {
    const int64_t place = step_ % steps_;
    context_.seed = compiled_.specification.seed();
    context_.step = static_cast<uint64_t>(step_);
    context_.epoch = static_cast<uint64_t>(step_ / steps_);
    if (place == 0) feed_.BeginEpoch(context_.epoch);
    feed_.Seek(place * samples_);
    const ScheduleValue schedule =
        compiled_.schedule->At(std::min(step_, compiled_.total_steps - 1), compiled_.total_steps,
                               compiled_.steps_per_epoch);
    scalars_.step = ++step_;
    scalars_.learning_rate = compiled_.optimizer->learning_rate() * schedule.learning_rate_factor;
    scalars_.momentum = schedule.momentum;
  }

  const CompiledSpecification& compiled_;
  Network& network_;
  TrainingFeed feed_;
  const int64_t samples_;
  const int64_t steps_;  // of an epoch
  int64_t step_ = 0;
  StepContext context_;
  StepScalars scalars_;
};

bool Cancelled(const RunOptions& options) {
  return options.cancel != nullptr && options.cancel->requested();
}

absl::Status CheckFlops(const CompiledSpecification& compiled, double most) {
  const double flops = static_cast<double>(compiled.summary.flops_per_step());
  if (flops <= most) return absl::OkStatus();
  return WithReason(
      absl::FailedPreconditionError(absl::StrCat(
          "a step takes ", flops, " floating-point operations, and a measurement at most ", most,
          ": use a smaller batch_size, gradient_accumulation_steps or model")),
      "STEP_TOO_LONG");
}

// Steps until the time is over, and their times in order.
absl::StatusOr<std::vector<double>> TimesOfSteps(Stepper& stepper, const RunOptions& options,
                                                 const MeasureOptions& measure,
                                                 StepMeasurement& result) {
  const Steady::time_point start = Steady::now();
  result.first_loss = stepper.Train();
  const Steady::time_point warm = Steady::now();
  while (SecondsFrom(warm) < measure.warm_up_seconds && !Cancelled(options)) stepper.Train();
  std::vector<double> times;
  const Steady::time_point begin = Steady::now();
  const auto enough = [&] {
    const int64_t count = static_cast<int64_t>(times.size());
    return count > 0 && (SecondsFrom(start) >= measure.most_seconds ||
                         (SecondsFrom(begin) >= measure.seconds && count >= measure.least_steps));
  };
  while (!enough()) {
    if (Cancelled(options)) return absl::CancelledError();
    const Steady::time_point step = Steady::now();
    result.last_loss = stepper.Train();
    times.push_back(SecondsFrom(step));
  }
  std::sort(times.begin(), times.end());
  return times;
}

}  // namespace

absl::StatusOr<StepMeasurement> MeasureSteps(const v1::Specification& specification,
                                             const RunOptions& options,
                                             const MeasureOptions& measure) {
  ASSIGN_OR_RETURN(CompiledSpecification compiled, CompileForRun(specification, options));
  RETURN_IF_ERROR(CheckFlops(compiled, measure.most_flops));
  ASSIGN_OR_RETURN(const std::shared_ptr<const LoadedData> loaded, LoadForRun(compiled, options));
  const LoadedData& data = *loaded;
  if (Cancelled(options)) return absl::CancelledError();
  StepMeasurement result;
  const Steady::time_point start = Steady::now();
  ASSIGN_OR_RETURN(const std::unique_ptr<Network> network,
                   Network::Create(compiled.graph, data.info, *compiled.loss, *compiled.optimizer,
                                   NetworkOptionsOf(compiled.specification, options)));
  RETURN_IF_ERROR(network->Initialize(compiled.specification.seed()));
  result.set_up_seconds = SecondsFrom(start);
  result.flops = static_cast<int64_t>(compiled.summary.flops_per_step());
  result.steps_per_epoch = compiled.steps_per_epoch;
  result.total_steps = compiled.total_steps;
  result.memory_bytes = network->memory_bytes();

  Stepper stepper(compiled, data, *network);
  ASSIGN_OR_RETURN(const std::vector<double> times,
                   TimesOfSteps(stepper, options, measure, result));
  result.steps = static_cast<int64_t>(times.size());
  result.least_seconds = times.front();
  result.median_seconds = times[times.size() / 2];
  result.p90_seconds = times[times.size() * 9 / 10];
  if (measure.profile) {
    for (int i = 0; i < kProfiledSteps; ++i) stepper.Profile(result.core_seconds);
    for (auto& [name, seconds] : result.core_seconds) seconds /= kProfiledSteps;
  }
  return result;
}

}  // namespace trainyard
