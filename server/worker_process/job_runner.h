// Runs one assignment: fetches what it starts from, calls the engine, and says how it ended.
#pragma once

#include <string>

#include "engine/base/cancel.h"
#include "engine/training/data_cache.h"
#include "engine/training/run.h"
#include "server/worker_process/server_link.h"

namespace trainyard {

// The engine, as the worker sees it; replaced by tests. Called by one thread.
class Engine {
 public:
  virtual ~Engine() = default;
  // `checkpoint` and `model` are bytes; empty where the assignment names none.
  virtual RunOutcome Run(const v1::WorkResponse::Assign& assignment, std::string checkpoint,
                         const std::string& model, const CancelToken& cancel, JobSink& sink) = 0;
};

// RunTraining, RunPrediction or RunBenchmark.
class TrainingEngine final : public Engine {
 public:
  TrainingEngine(const Catalogs& catalogs, DataRoots roots, const Clock& clock, std::string worker)
      : catalogs_(catalogs), roots_(std::move(roots)), clock_(clock), worker_(std::move(worker)) {}
  RunOutcome Run(const v1::WorkResponse::Assign& assignment, std::string checkpoint,
                 const std::string& model, const CancelToken& cancel, JobSink& sink) override;

 private:
  const Catalogs& catalogs_;
  const DataRoots roots_;
  const Clock& clock_;
  const std::string worker_;
  DataCache data_cache_;
};

// Takes job after job until the server says that it is enough; the whole life of a worker. The
// result is the process's exit code: 0, or 3 where the server was away for too long.
int WorkForServer(ServerLink& link, Engine& engine, const Clock& clock);

}  // namespace trainyard
