#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/spec/compile.h"
#include "engine/tensor/machine.h"

namespace trainyard {
namespace {

// Whether there is more than what every benchmark may have.
bool DescribesTraining(v1::Specification specification) {
  specification.clear_name();
  specification.clear_resources();
  specification.clear_benchmark();
  return specification.ByteSizeLong() != 0;
}

}  // namespace

v1::Specification CheckBenchmark(const v1::Specification& specification, const Catalogs& catalogs,
                                 const DataRoots& roots, const CompileLimits& limits,
                                 v1::ModelSummary& summary, Violations& violations) {
  v1::Specification result = specification;
  if (specification.has_predict()) {
    violations.Add("benchmark", "not allowed beside predict");
    return result;
  }
  if (specification.has_learner()) {
    violations.Add("learner", "not allowed beside benchmark: only steps of nets are measured");
    return result;
  }
  if (DescribesTraining(specification)) {
    CompiledSpecification compiled = Compile(specification, catalogs, roots, limits, violations);
    result = std::move(compiled.specification);
    summary = std::move(compiled.summary);
  } else {
    CheckName(specification.name(), violations);
    CheckResources(specification.resources(), limits, violations);
  }
  v1::Benchmark& benchmark = *result.mutable_benchmark();
  if (benchmark.threads() > limits.cores) {
    violations.Add("benchmark.threads",
                   absl::StrCat(benchmark.threads(), "; this server has ", limits.cores));
  }
  if (!violations.empty()) return result;
  v1::Resources& resources = *result.mutable_resources();
  if (benchmark.threads() == 0) benchmark.set_threads(std::max<uint32_t>(1, resources.cores()));
  resources.set_cores(static_cast<uint32_t>(limits.cores));
  // The machine is measured before there is a network.
  const uint64_t least = static_cast<uint64_t>(kProcessBytes + PeakBytes());
  resources.set_memory_bytes(std::min(static_cast<uint64_t>(limits.memory_bytes),
                                      std::max(least, resources.memory_bytes())));
  summary.set_memory_bytes(std::max(summary.memory_bytes(), resources.memory_bytes()));
  return result;
}

}  // namespace trainyard
