// The one place where the runs of a job meet.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/training/run.h"

namespace trainyard {

// What the runs of a job tell becomes the job's events, what they
// have done its checkpoint. Thread-safe; the sink is called with a lock held, so that its users
// meet one event and one file at a time.
class RunsBoard {
 public:
  RunsBoard(const v1::Specification& specification, int64_t total_steps, const RunOptions& options,
            JobSink& sink)
      : spec_(specification),
        total_steps_(total_steps),
        options_(options),
        sink_(sink),
        runs_(static_cast<size_t>(specification.runs_size())),
        checkpoint_time_(options.clock->Monotonic()) {}

  // Goes on from a checkpoint of these runs.
  absl::Status Restore(const std::string& bytes);
  void Start();
  bool Ended(int run) const;
  // The checkpoint that the run goes on from, which is the caller's then.
  std::string TakeState(int run);
  void Emit(int run, v1::Event event);
  // The run's checkpoint becomes part of that of the job, which is kept now and then.
  void Keep(int run, uint64_t step, const std::string& checkpoint);
  absl::StatusOr<v1::Artifact> SaveModel(int run, uint64_t step, const std::string& bytes);
  // `model`: absent where it left none.
  void End(int run, const RunOutcome& outcome, std::optional<v1::Artifact> model);
  void KeepCheckpoint();
  // After all runs have ended.
  RunOutcome Conclude();

 private:
  using Time = std::chrono::nanoseconds;

  struct State {
    std::optional<v1::RunResult> result;  // once it has ended
    std::string checkpoint;
    uint64_t checkpoint_steps = 0;
    // As last told.
    v1::Progress progress;
    uint64_t total_steps = 0;
    bool trains = false;
    std::map<std::string, double> results;
  };

  double SecondsSince(Time start) const {
    return static_cast<double>((options_.clock->Monotonic() - start).count()) * 1e-9;
  }
  State& At(int run) TRAINYARD_REQUIRES(mutex_) { return runs_[static_cast<size_t>(run)]; }
  uint64_t StepsDone() const TRAINYARD_REQUIRES(mutex_);
  void EmitProgress(bool force) TRAINYARD_REQUIRES(mutex_);
  void EmitRunProgress(int run) TRAINYARD_REQUIRES(mutex_);
  void EmitMetrics(int run, v1::Event event) TRAINYARD_REQUIRES(mutex_);
  void WriteCheckpoint() TRAINYARD_REQUIRES(mutex_);
  bool DifferInSeedsAlone() const;
  const State* Chosen() const TRAINYARD_REQUIRES(mutex_);
  void EmitResults() TRAINYARD_REQUIRES(mutex_);

  const v1::Specification& spec_;
  const int64_t total_steps_;
  const RunOptions& options_;

  JobSink& sink_;  // Emit with mutex_ held, Save with saving_
  Mutex saving_;   // taken after mutex_, or alone
  mutable Mutex mutex_;
  std::vector<State> runs_ TRAINYARD_GUARDED_BY(mutex_);
  std::set<std::string> said_ TRAINYARD_GUARDED_BY(mutex_);  // lines of logs
  Time progress_time_ TRAINYARD_GUARDED_BY(mutex_){};  // so that the first step is told at once
  Time checkpoint_time_ TRAINYARD_GUARDED_BY(mutex_);
};

}  // namespace trainyard
