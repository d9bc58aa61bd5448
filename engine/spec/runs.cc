#include "engine/spec/runs.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/saturated.h"
#include "engine/spec/convert.h"

namespace trainyard {
namespace {

constexpr int kMostRuns = 1024;
// Weights and optimizer state of the runs that train at the same time are one checkpoint.
constexpr int64_t kMostCheckpointBytes = int64_t{512} << 20;
constexpr int64_t kFloatBytes = sizeof(float);
constexpr char kLearningRate[] = "learning_rate";
constexpr char kWeightDecay[] = "weight_decay";

std::string RunPath(int run) { return absl::StrCat("runs[", run, "]"); }

void SetParameter(v1::Component& component, const char* name, double value) {
  (*component.mutable_params())[name].set_number_value(value);
}

void CheckOptimizer(const v1::Run& run, const v1::Component& optimizer, const std::string& path,
                    const Catalogs& catalogs, Violations& violations) {
  if (!run.has_learning_rate() && !run.has_weight_decay()) return;
  catalogs.optimizers.Make(ToRaw(optimizer, path, violations), path, violations);
}

void CheckDistinct(const v1::Specification& specification, Violations& violations) {
  std::map<std::string, int> first;
  for (int i = 0; i < specification.runs_size(); ++i) {
    const auto [known, is_new] = first.emplace(specification.runs(i).SerializeAsString(), i);
    if (!is_new) {
      violations.Add(RunPath(i), absl::StrCat("is the same as ", RunPath(known->second),
                                              "; give each its own seed"));
    }
  }
}

void CheckCheckpoint(const CompiledSpecification& compiled, int64_t cores, Violations& violations) {
  const int64_t copies = static_cast<int64_t>(compiled.optimizer->slots().size()) + 1;
  const int64_t state = MultiplySaturated(compiled.graph.parameters(), copies * kFloatBytes);
  const int at_once = RunsAtOnce(compiled.specification, cores);
  if (state <= kMostCheckpointBytes / at_once) return;
  violations.Add("runs", absl::StrCat("are for small nets: ", at_once, " at once of ",
                                      compiled.graph.parameters(), " parameters are more than ",
                                      kMostCheckpointBytes >> 20, " MiB; submit them as jobs"));
}

}  // namespace

v1::Specification SpecificationOfRun(const v1::Specification& specification, int run) {
  const v1::Run& own = specification.runs(run);
  v1::Specification result = specification;
  result.clear_runs();
  if (own.has_seed()) result.set_seed(own.seed());
  v1::Component& optimizer = *result.mutable_optimizer();
  if (own.has_learning_rate()) SetParameter(optimizer, kLearningRate, own.learning_rate());
  if (own.has_weight_decay()) SetParameter(optimizer, kWeightDecay, own.weight_decay());
  v1::Subset& subset = *result.mutable_data()->mutable_subset();
  if (own.has_train_size()) subset.set_train_size(own.train_size());
  if (own.has_subset_seed()) subset.set_seed(own.subset_seed());
  return result;
}

int RunsAtOnce(const v1::Specification& specification, int64_t cores) {
  return static_cast<int>(std::clamp<int64_t>(specification.runs_size(), 1, cores));
}

CompiledRuns CompileRuns(const CompiledSpecification& compiled, const Catalogs& catalogs,
                         const DataRoots& roots, const CompileLimits& limits,
                         Violations& violations) {
  const v1::Specification& specification = compiled.specification;
  CompiledRuns result;
  if (specification.runs_size() > kMostRuns) {
    violations.Add("runs", absl::StrCat(specification.runs_size(), " runs; at most ", kMostRuns));
    return result;
  }
  CheckDistinct(specification, violations);
  const int64_t cores = specification.resources().cores();
  CheckCheckpoint(compiled, cores, violations);
  // Steps of each subset that was compiled, by size and seed.
  std::map<std::pair<uint64_t, uint64_t>, int64_t> steps_of;
  const v1::Subset& subset = specification.data().subset();
  steps_of[{subset.train_size(), subset.seed()}] = compiled.total_steps;
  int64_t largest_data = compiled.data.memory_bytes;
  for (int i = 0; i < specification.runs_size(); ++i) {
    const v1::Specification own = SpecificationOfRun(specification, i);
    CheckOptimizer(specification.runs(i), own.optimizer(), RunPath(i), catalogs, violations);
    const v1::Subset& part = own.data().subset();
    const auto [known, is_new] = steps_of.emplace(std::pair(part.train_size(), part.seed()), 0);
    if (is_new) {
      Violations of_run;
      v1::Specification base = own;
      *base.mutable_optimizer() = specification.optimizer();
      const CompiledSpecification run = Compile(base, catalogs, roots, limits, of_run);
      for (const Violation& violation : of_run.list()) {
        violations.Add(RunPath(i), absl::StrCat(violation.path, ": ", violation.message));
      }
      known->second = run.total_steps;
      largest_data = std::max(largest_data, run.data.memory_bytes);
    }
    result.total_steps = AddSaturated(result.total_steps, known->second);
  }
  const int64_t kept_at_once =
      std::min<int64_t>(RunsAtOnce(specification, cores), static_cast<int64_t>(steps_of.size()));
  result.data_memory_bytes = MultiplySaturated(largest_data, kept_at_once);
  return result;
}

}  // namespace trainyard
