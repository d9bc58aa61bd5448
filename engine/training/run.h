// Runs a job to its end: the one entry of the worker into the engine.
//
// The caller compiles nothing and stores nothing itself: it hands over the specification, where to
// read data, how to stop, and a sink for what happens. One thread calls; during the call
// the sink meets one Emit and one Save at a time, from any thread.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "engine/base/cancel.h"
#include "engine/base/clock.h"
#include "engine/data/roots.h"
#include "engine/spec/catalogs.h"
#include "trainyard/v1/event.pb.h"
#include "trainyard/v1/spec.pb.h"

namespace trainyard {

class DataCache;

class JobSink {
 public:
  virtual ~JobSink() = default;
  // `sequence`, `attempt` and `time` are filled in by the caller of the engine. May block while
  // what was emitted earlier has not been acknowledged.
  virtual void Emit(v1::Event event) = 0;
  // Stores a file by content; the caller emits the Artifact event once it is durable.
  virtual absl::StatusOr<v1::Artifact> Save(const std::string& name, uint64_t step,
                                            const std::string& bytes) = 0;
};

struct RunOptions {
  int threads = 1;
  DataRoots roots;
  const Catalogs* catalogs = nullptr;
  const Clock* clock = nullptr;
  const CancelToken* cancel = nullptr;
  // Absent: the data is not kept for the next run.
  DataCache* data_cache = nullptr;
  std::string worker;
  // Bytes of the checkpoint to go on from; empty at the start.
  std::string checkpoint;
};

struct RunOutcome {
  enum class Kind { kSucceeded, kFailed, kCancelled, kPreempted };
  Kind kind = Kind::kSucceeded;
  // Failed: DIVERGED, DATA_ERROR, OUT_OF_MEMORY, DISK_FULL, CHECKPOINT_CORRUPT, STEP_TOO_LONG,
  // INTERNAL.
  std::string reason;
  std::string message;
};

// Trains, one run or several; emits AttemptStarted, Progress, Metrics, MetricMatrix, LogLine and
// Artifact events (through Save, "checkpoint" now and then and "model.safetensors" at the end).
// Never throws. The options' checkpoint is released once it has been read: move it here.
RunOutcome RunTraining(const v1::Specification& specification, RunOptions options, JobSink& sink);

// Predicts with the model file of a finished job; saves "predictions.csv".
RunOutcome RunPrediction(const v1::Specification& specification,
                         const v1::Specification& model_specification,
                         const std::string& model_bytes, const RunOptions& options, JobSink& sink);

// Measures the machine on one and on all of the options' threads and, where the specification has a
// model, its training steps; emits one event with both. Takes a few seconds, and at most a minute
// or so where a step takes seconds.
RunOutcome RunBenchmark(const v1::Specification& specification, const RunOptions& options,
                        JobSink& sink);

}  // namespace trainyard
