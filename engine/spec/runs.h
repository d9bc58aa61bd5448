// Several trainings of one net in one job: what a run trains, and what all of them take. Pure
// functions of the specification and the headers of its data.
#pragma once

#include <cstdint>

#include "engine/spec/compile.h"

namespace trainyard {

// What the run with this index trains: the job's specification with the run's own values, as a job
// of its own would have it.
v1::Specification SpecificationOfRun(const v1::Specification& specification, int run);

// Runs that train at the same time on `cores`; 1 where the specification has none.
int RunsAtOnce(const v1::Specification& specification, int64_t cores);

struct CompiledRuns {
  // Of all runs.
  int64_t total_steps = 0;
  // Of the data of runs that train at the same time.
  int64_t data_memory_bytes = 0;
};

// Checks the runs of a specification that is right without them and whose defaults are filled in;
// `compiled` is its compilation. Violations have paths such as runs[3].learning_rate.
CompiledRuns CompileRuns(const CompiledSpecification& compiled, const Catalogs& catalogs,
                         const DataRoots& roots, const CompileLimits& limits,
                         Violations& violations);

}  // namespace trainyard
