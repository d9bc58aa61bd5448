#include "server/sweeps/sweep_plan.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/field_path.h"
#include "server/sweeps/rungs.h"
#include "server/sweeps/sample.h"
#include "server/sweeps/set_by_path.h"
#include "server/sweeps/sweep_checks.h"

namespace trainyard {
namespace {

constexpr uint32_t kDefaultFactor = 3;
constexpr uint64_t kDefaultShareOfSteps = 27;

void FillAsha(v1::SweepSpecification& sweep) {
  v1::Asha& asha = *sweep.mutable_asha();
  v1::Specification& job = *sweep.mutable_specification();
  if (asha.reduction_factor() == 0) asha.set_reduction_factor(kDefaultFactor);
  if (asha.least_epochs() == 0 && asha.least_steps() == 0) {
    if (job.budget().epochs() > 0 || job.budget().steps() == 0) {
      asha.set_least_epochs(std::max(1u, job.evaluation().every_epochs()));
    } else {
      asha.set_least_steps(std::max<uint64_t>(1, job.budget().steps() / kDefaultShareOfSteps));
    }
  }
  v1::Evaluation& evaluation = *job.mutable_evaluation();
  if (asha.least_steps() != 0 && evaluation.every_steps() == 0)
    evaluation.set_every_steps(asha.least_steps());
  if (evaluation.every_epochs() == 0) evaluation.set_every_epochs(1);
}

void FillDefaults(v1::SweepSpecification& sweep) {
  if (sweep.seeds() == 0) sweep.set_seeds(1);
  if (sweep.method() == v1::METHOD_ASHA) FillAsha(sweep);
}

std::string ParameterPath(int index) { return absl::StrCat("parameters[", index, "]"); }

// Which of the parameter's values it is; its range where it was drawn from one.
std::string ValuePath(const v1::SweepParameter& parameter, int index,
                      const google::protobuf::Value& value) {
  for (int i = 0; i < parameter.values_size(); ++i) {
    if (parameter.values(i).SerializeAsString() == value.SerializeAsString())
      return absl::StrCat(ParameterPath(index), ".values[", i, "]");
  }
  return ParameterPath(index);
}

// The trial's specification; what cannot be set is said once.
v1::Specification JobOf(const v1::SweepSpecification& sweep, uint32_t trial,
                        const Combination& values, std::set<std::string>& said,
                        Violations& violations) {
  v1::Specification job = sweep.specification();
  job.set_name(absl::StrFormat("%s-%03d", sweep.name().empty() ? "sweep" : sweep.name(), trial));
  for (int i = 0; i < sweep.parameters_size(); ++i) {
    const v1::SweepParameter& parameter = sweep.parameters(i);
    const google::protobuf::Value& value = values[static_cast<size_t>(i)];
    const PathProblem problem = SetByPath(parameter.path(), value, job);
    if (problem.none()) continue;
    const std::string path = problem.kind == PathProblem::Kind::kPath
                                 ? ParameterPath(i) + ".path"
                                 : ValuePath(parameter, i, value);
    if (said.insert(path).second) violations.Add(path, problem.message);
  }
  if (sweep.seeds() > 1) {
    for (uint32_t run = 0; run < sweep.seeds(); ++run)
      job.add_runs()->set_seed(SeedOfRun(sweep, run));
  }
  return job;
}

void FillRungs(v1::Sweep& sweep) {
  const v1::SweepSpecification& specification = sweep.specification();
  if (specification.method() != v1::METHOD_ASHA) return;
  const v1::Asha& asha = specification.asha();
  const v1::Budget& budget = specification.specification().budget();
  const bool by_steps = asha.least_steps() != 0;
  for (const uint64_t rung :
       RungsOf(by_steps ? asha.least_steps() : asha.least_epochs(), asha.reduction_factor(),
               by_steps ? budget.steps() : budget.epochs())) {
    sweep.add_rungs(rung);
  }
}

}  // namespace

SweepPlan PlanSweep(const v1::SweepSpecification& specification, Violations& violations) {
  SweepPlan plan;
  v1::SweepSpecification& sweep = *plan.sweep.mutable_specification();
  sweep = specification;
  FillDefaults(sweep);
  CheckSweep(sweep, violations);
  if (!violations.empty()) return plan;
  const bool grid = sweep.method() == v1::METHOD_GRID;
  const std::vector<Combination> combinations = grid ? GridOf(sweep) : DrawCombinations(sweep);
  if (!grid && combinations.size() < sweep.trials()) {
    violations.Add("trials", absl::StrCat(sweep.trials(), " trials, but only ", combinations.size(),
                                          " that differ were found"));
    return plan;
  }
  std::set<std::string> said;
  for (const Combination& values : combinations) {
    v1::SweepTrial& trial = *plan.sweep.add_trials();
    trial.set_trial(static_cast<uint32_t>(plan.sweep.trials_size() - 1));
    for (int i = 0; i < sweep.parameters_size(); ++i)
      (*trial.mutable_values())[sweep.parameters(i).path()] = values[static_cast<size_t>(i)];
    plan.jobs.push_back(JobOf(sweep, trial.trial(), values, said, violations));
  }
  plan.sweep.set_total_trials(static_cast<uint32_t>(plan.jobs.size()));
  plan.sweep.set_total_runs(plan.jobs.size() * sweep.seeds());
  FillRungs(plan.sweep);
  return plan;
}

std::string PathInSweep(const SweepPlan& plan, int trial, const std::string& path) {
  const v1::SweepSpecification& sweep = plan.sweep.specification();
  if (absl::StartsWith(path, "runs")) return "seeds";
  for (int i = 0; i < sweep.parameters_size(); ++i) {
    const std::string& own = sweep.parameters(i).path();
    if (IsWithin(path, own))
      return ValuePath(sweep.parameters(i), i, plan.sweep.trials(trial).values().at(own));
  }
  return absl::StrCat("specification.", path);
}

}  // namespace trainyard
