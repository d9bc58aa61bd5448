// Turns a specification into proven parts: names, parameters, shapes, counts. Reads no more of the
// data than it must (headers, labels); makes no primitives. The server calls it before any queue
// ("dry compilation"), the worker before it trains.
#pragma once

#include <memory>
#include <vector>

#include "engine/base/violations.h"
#include "engine/data/load.h"
#include "engine/data/roots.h"
#include "engine/graph/graph.h"
#include "engine/spec/catalogs.h"
#include "trainyard/v1/job.pb.h"
#include "trainyard/v1/spec.pb.h"

namespace trainyard {

struct CompiledSpecification {
  // With the specification's own defaults filled in; parameters of components stay as the user
  // wrote them, their defaults are in the catalogs.
  v1::Specification specification;
  DataPlan data;
  Graph graph;
  std::unique_ptr<Loss> loss;
  std::unique_ptr<Optimizer> optimizer;
  std::unique_ptr<Schedule> schedule;
  std::vector<std::unique_ptr<Metric>> metrics;
  // In place of graph, optimizer and schedule where the specification has one; `loss` is then what
  // its outputs are judged by.
  std::unique_ptr<Learner> learner;
  v1::ModelSummary summary;
  // Of all runs, where there are several.
  int64_t total_steps = 0;
  int64_t steps_per_epoch = 0;
};

// Memory of the process, its libraries and the primitives.
constexpr int64_t kProcessBytes = int64_t{64} << 20;

// What a specification may ask for at most; beyond it a violation says so.
struct CompileLimits {
  int64_t memory_bytes = int64_t{16} << 30;
  int64_t parameters = int64_t{2} << 30;
  int64_t layers = 2000;
  int64_t cores = 1024;
  // Whether a job may not ask for less memory than the estimate; not where it has been granted.
  bool compare_memory = true;
};

// Cores and memory that the server does not have.
void CheckResources(const v1::Resources& resources, const CompileLimits& limits,
                    Violations& violations);

// Every violation goes to `violations`; the result may be used only where it stayed empty. A
// specification with `predict` or `benchmark` set is checked by CheckPrediction or CheckBenchmark
// instead.
CompiledSpecification Compile(const v1::Specification& specification, const Catalogs& catalogs,
                              const DataRoots& roots, const CompileLimits& limits,
                              Violations& violations);

// Samples of a full step, with the specification's defaults filled in.
int64_t StepSamples(const v1::Specification& specification);

// The label that a user gives a job; Compile checks it, too.
void CheckName(const std::string& name, Violations& violations);

// The model alone, for samples of `input` after the transforms; its defaults must be filled in.
Graph CompileGraph(const v1::Model& model, const Shape& input, const Catalogs& catalogs,
                   Violations& violations);

// What is known of the job whose model a prediction uses.
struct TrainedModel {
  v1::Specification specification;
  v1::ModelSummary summary;
  DataInfo data;  // of its own samples, before the transforms
};

// Checks a prediction job and returns it with defaults filled in. The summary has test_samples =
// the samples to predict.
v1::Specification CheckPrediction(const v1::Specification& specification, const TrainedModel& model,
                                  const Catalogs& catalogs, const DataRoots& roots,
                                  v1::ModelSummary& summary, Violations& violations);

// Checks a benchmark job and returns it with defaults filled in: all cores of the limits, and the
// threads of the step that it measures. Where no training is described the summary has memory only.
v1::Specification CheckBenchmark(const v1::Specification& specification, const Catalogs& catalogs,
                                 const DataRoots& roots, const CompileLimits& limits,
                                 v1::ModelSummary& summary, Violations& violations);

// The data of a checked prediction: its own or the model's, with the model's transforms.
DataPlan CompilePredictionData(const v1::Prediction& predict, const v1::Specification& model,
                               const DataInfo& like, const Catalogs& catalogs,
                               const DataRoots& roots, Violations& violations);

}  // namespace trainyard
