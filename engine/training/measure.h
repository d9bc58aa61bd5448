// Measures what a training step of a specification takes on this machine: the plan of a real job,
// fed with its own data, without events, evaluations and checkpoints.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "engine/training/run.h"

namespace trainyard {

struct MeasureOptions {
  double warm_up_seconds = 1;
  double seconds = 4;
  // At least so many steps are measured.
  int64_t least_steps = 5;
  // No step begins after this time but the first that is measured.
  double most_seconds = std::numeric_limits<double>::infinity();
  // Steps of more floating-point operations are refused: FAILED_PRECONDITION STEP_TOO_LONG.
  double most_flops = std::numeric_limits<double>::infinity();
  // Also the share of each operation, from steps on one thread.
  bool profile = false;
};

struct StepMeasurement {
  int64_t steps = 0;
  double median_seconds = 0;
  double least_seconds = 0;
  double p90_seconds = 0;
  double first_loss = 0, last_loss = 0;
  int64_t flops = 0;  // of a step, as the model's summary counts them
  int64_t memory_bytes = 0;
  int64_t steps_per_epoch = 0, total_steps = 0;
  double set_up_seconds = 0;                   // from the loaded data to a network that can train
  std::map<std::string, double> core_seconds;  // of a step, by operation
};

// The options' checkpoint and worker are not looked at. CANCELLED where the options' token, which
// may be absent, asks for it.
absl::StatusOr<StepMeasurement> MeasureSteps(const v1::Specification& specification,
                                             const RunOptions& options,
                                             const MeasureOptions& measure);

}  // namespace trainyard
