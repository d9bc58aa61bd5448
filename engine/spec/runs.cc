#include "engine/spec/runs.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"
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

// Values of the learner stand beside a learner, those of the optimizer beside a net.
bool CheckKinds(const v1::Specification& specification, int run, Violations& violations) {
  const size_t before = violations.list().size();
  const v1::Run& own = specification.runs(run);
  const auto refuse = [&](bool present, const char* field, const char* why) {
    if (present) violations.Add(JoinPath(RunPath(run), field), why);
  };
  if (!specification.has_learner()) {
    refuse(!own.learner().empty(), "learner", "not allowed: the specification has no learner");
  }
  constexpr char kNoOptimizer[] = "not allowed: a learner has no optimizer; use learner: {...}";
  refuse(specification.has_learner() && own.has_learning_rate(), kLearningRate, kNoOptimizer);
  refuse(specification.has_learner() && own.has_weight_decay(), kWeightDecay, kNoOptimizer);
  return violations.list().size() == before;
}

void CheckCheckpoint(const CompiledSpecification& compiled, int64_t cores, Violations& violations) {
  if (compiled.learner != nullptr) return;
  const int64_t copies = static_cast<int64_t>(compiled.optimizer->slots().size()) + 1;
  const int64_t state = MultiplySaturated(compiled.graph.parameters(), copies * kFloatBytes);
  const int at_once = RunsAtOnce(compiled.specification, cores);
  if (state <= kMostCheckpointBytes / at_once) return;
  violations.Add("runs", absl::StrCat("are for small nets: ", at_once, " at once of ",
                                      compiled.graph.parameters(), " parameters are more than ",
                                      kMostCheckpointBytes >> 20, " MiB; submit them as jobs"));
}

// What decides steps and memory of a run.
std::string KeyOf(const v1::Run& run) {
  std::string key = absl::StrCat(run.has_train_size(), " ", run.train_size(), " ",
                                 run.has_subset_seed(), " ", run.subset_seed());
  const std::map<std::string, double> sorted(run.learner().begin(), run.learner().end());
  for (const auto& [name, value] : sorted) absl::StrAppend(&key, " ", name, " ", value);
  return key;
}

// A violation of the run as a job of its own, at its place in the list.
void AddOfRun(int run, const Violation& violation, Violations& violations) {
  if (absl::StartsWith(violation.path, "learner"))
    return violations.Add(JoinPath(RunPath(run), violation.path), violation.message);
  violations.Add(RunPath(run), absl::StrCat(violation.path, ": ", violation.message));
}

}  // namespace

v1::Specification SpecificationOfRun(const v1::Specification& specification, int run) {
  const v1::Run& own = specification.runs(run);
  v1::Specification result = specification;
  result.clear_runs();
  if (own.has_seed()) result.set_seed(own.seed());
  if (own.has_learning_rate())
    SetParameter(*result.mutable_optimizer(), kLearningRate, own.learning_rate());
  if (own.has_weight_decay())
    SetParameter(*result.mutable_optimizer(), kWeightDecay, own.weight_decay());
  for (const auto& [name, value] : own.learner())
    SetParameter(*result.mutable_learner(), name.c_str(), value);
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
  // Steps of what was compiled already: runs that differ in their seeds and learning rates only are
  // alike.
  std::map<std::string, int64_t> steps_of;
  std::set<std::pair<uint64_t, uint64_t>> subsets;
  int64_t largest_data = compiled.data.memory_bytes;
  for (int i = 0; i < specification.runs_size(); ++i) {
    if (!CheckKinds(specification, i, violations)) continue;
    v1::Specification own = SpecificationOfRun(specification, i);
    CheckOptimizer(specification.runs(i), own.optimizer(), RunPath(i), catalogs, violations);
    subsets.emplace(own.data().subset().train_size(), own.data().subset().seed());
    const auto [known, is_new] = steps_of.emplace(KeyOf(specification.runs(i)), 0);
    if (is_new) {
      Violations of_run;
      if (specification.has_optimizer()) *own.mutable_optimizer() = specification.optimizer();
      const CompiledSpecification run = Compile(own, catalogs, roots, limits, of_run);
      for (const Violation& violation : of_run.list()) AddOfRun(i, violation, violations);
      known->second = run.total_steps;
      largest_data = std::max(largest_data, run.data.memory_bytes);
    }
    result.total_steps = AddSaturated(result.total_steps, known->second);
  }
  const int64_t kept_at_once =
      std::min<int64_t>(RunsAtOnce(specification, cores), static_cast<int64_t>(subsets.size()));
  result.data_memory_bytes = MultiplySaturated(largest_data, kept_at_once);
  return result;
}

}  // namespace trainyard
