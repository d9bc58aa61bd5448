#include "tests/client/sweeps/sample_sweep.h"

#include <google/protobuf/text_format.h>

#include "engine/base/status.h"

namespace trainyard::client {
namespace {

// clang-format off
constexpr char kSweep[] = R"text(
  name: "sweeps/lr" state: SUCCEEDED
  specification {
    name: "lr" method: METHOD_ASHA trials: 4 seeds: 2 search_seed: 9
    objective { series: "validation/accuracy" goal: GOAL_MAXIMISE }
    asha { reduction_factor: 3 least_epochs: 1 }
    parameters { path: "optimizer.learning_rate" log_uniform { min: 0.001 max: 0.1 } }
    parameters { path: "optimizer" values { string_value: "adam" } }
    specification { optimizer { type: "adam" } budget { epochs: 9 } }
  }
  rungs: 1 rungs: 3
  trials {
    trial: 0 job: "jobs/lr-000-a" state: SUCCEEDED parameters: 100 core_seconds: 4 flops: 80 epochs: 9
    values { key: "optimizer.learning_rate" value { number_value: 0.01 } }
    values { key: "optimizer" value { string_value: "adam" } }
    seeds { seed: 1 value: 0.9 } seeds { seed: 2 value: 0.8 } n: 2
    objective { value: 0.85 low: 0.83 high: 0.87 }
  }
  trials {
    trial: 1 job: "jobs/lr-001-b" state: CANCELLED reason: "STOPPED_EARLY" stopped_early: true
    message: "0.5 after 1 epoch is not the best of 2 trials that came there (best 0.9)"
    values { key: "optimizer.learning_rate" value { number_value: 0.1 } }
    values { key: "optimizer" value { struct_value {
      fields { key: "type" value { string_value: "sgd" } } } } }
    seeds { seed: 1 value: 0.5 } n: 1 objective { value: 0.5 low: -inf high: inf }
    core_seconds: 1 flops: 10 epochs: 1
  }
  trials {
    trial: 2 job: "jobs/lr-002-c" state: FAILED reason: "DIVERGED" message: "the loss is nan"
    values { key: "optimizer.learning_rate" value { number_value: 0.05 } }
    values { key: "optimizer" value { string_value: "adam" } }
  }
  trials {
    trial: 3 job: "jobs/lr-003-d" state: SUCCEEDED epochs: 9 core_seconds: 4 flops: 80
    values { key: "optimizer.learning_rate" value { number_value: 0.002 } }
    values { key: "optimizer" value { string_value: "adam" } }
    seeds { seed: 1 value: 0.7 } seeds { seed: 2 value: 0.8 } n: 2
    objective { value: 0.75 low: 0.7 high: 0.8 }
  }
  decisions { trial: 0 rung: 0 resource: 1 value: 0.9 goes_on: true reached: 1 best: 0.9 }
  decisions { trial: 1 rung: 0 resource: 1 value: 0.5 reached: 2 best: 0.9 }
  best { trial: 0 job: "jobs/lr-000-a" test_series: "test/accuracy" n: 2
         test { value: 0.84 low: 0.8 high: 0.88 } }
  importance { path: "optimizer.learning_rate" effect: -0.9 is_correlation: true p_value: 0.01 n: 6 }
  total_trials: 4 trials_ended: 4 trials_stopped_early: 1 total_runs: 8 total_flops: 400
)text";
// clang-format on

}  // namespace

v1::Sweep SampleSweep() {
  v1::Sweep sweep;
  TRAINYARD_CHECK(google::protobuf::TextFormat::ParseFromString(kSweep, &sweep), "sample");
  return sweep;
}

v1::Sweep UnfinishedSweep() {
  v1::Sweep sweep = SampleSweep();
  sweep.set_state(v1::RUNNING);
  for (int i = 1; i < sweep.trials_size(); ++i) {
    v1::SweepTrial& trial = *sweep.mutable_trials(i);
    trial.set_state(i == 1 ? v1::RUNNING : v1::QUEUED);
    trial.set_stopped_early(false);
    trial.clear_objective();
    trial.clear_seeds();
    trial.clear_message();
    trial.clear_n();
  }
  return sweep;
}

}  // namespace trainyard::client
