#include "server/sweeps/sweep_checks.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/field_path.h"
#include "engine/base/label.h"
#include "server/sweeps/objective.h"
#include "server/sweeps/rungs.h"
#include "server/sweeps/sample.h"

namespace trainyard {
namespace {

constexpr int kMostParameters = 32;
constexpr int kMostValues = 1000;
constexpr uint32_t kMostSeeds = 100;
constexpr uint64_t kMostRuns = 10'000;
constexpr size_t kLongestName = 40;
constexpr size_t kLongestPath = 200;
constexpr uint32_t kLargestFactor = 16;
constexpr double kLargestWhole = 1e9;
constexpr size_t kMostRungs = 12;
constexpr size_t kLongestValue = 1024;
// All specifications together on disk, and the values of all trials in one answer.
constexpr uint64_t kMostBytes = uint64_t{64} << 20;
constexpr uint64_t kMostValueBytes = uint64_t{2} << 20;

// What no trial may change, and why.
struct Refused {
  const char* path;
  const char* why;
};
constexpr Refused kRefused[] = {
    {"name", "the sweep names its jobs"},
    {"seed", "use seeds: trials are compared on the same seeds"},
    {"runs", "use seeds"},
    {"predict", "a sweep trains"},
    {"benchmark", "a sweep trains"},
    {"metrics", "metrics do not change what is trained"},
    {"evaluation", "it does not change what is trained"},
    {"monitoring", "it does not change what is trained"},
    {"checkpoint", "it does not change what is trained"},
    {"resources", "cores change the speed and not the result"},
    {"data.source", "trials are compared on the same samples"},
    {"data.split", "trials are compared on the same validation part"},
};

std::string ParameterPath(int index) { return absl::StrCat("parameters[", index, "]"); }

void CheckPath(const v1::SweepSpecification& sweep, int index, Violations& violations) {
  const std::string& path = sweep.parameters(index).path();
  const std::string where = ParameterPath(index) + ".path";
  if (path.empty() || path.size() > kLongestPath) {
    return violations.Add(where, "required: what is changed, for example optimizer.learning_rate");
  }
  for (const Refused& refused : kRefused) {
    if (IsWithin(path, refused.path) || IsWithin(refused.path, path))
      return violations.Add(where, absl::StrCat("'", path, "' cannot be swept: ", refused.why));
  }
  if (sweep.method() == v1::METHOD_ASHA && IsWithin(path, "budget")) {
    return violations.Add(where,
                          "cannot be swept by asha, which judges trials after equal budgets");
  }
  for (int i = 0; i < index; ++i) {
    const std::string& other = sweep.parameters(i).path();
    if (other.empty() || (!IsWithin(path, other) && !IsWithin(other, path))) continue;
    return violations.Add(
        where, path == other ? absl::StrCat("'", path, "' is ", ParameterPath(i), " already")
                             : absl::StrCat("'", path, "' and ", ParameterPath(i), " '", other,
                                            "' change the same thing; of a component sweep .type"));
  }
}

void CheckRange(const v1::SweepRange& range, bool logarithmic, bool whole, const std::string& path,
                Violations& violations) {
  if (!std::isfinite(range.min()) || !std::isfinite(range.max()) || range.min() >= range.max()) {
    return violations.Add(path, absl::StrCat("needs min below max; it has min ", range.min(),
                                             " and max ", range.max()));
  }
  if (logarithmic && range.min() <= 0)
    return violations.Add(path + ".min", absl::StrCat(range.min(), "; must be above 0"));
  const auto bad = [](double end) {
    return end != std::floor(end) || std::abs(end) > kLargestWhole;
  };
  if (whole && (bad(range.min()) || bad(range.max())))
    violations.Add(path, absl::StrCat("needs whole numbers, at most ", kLargestWhole));
}

void CheckValues(const v1::SweepParameter& parameter, const std::string& path,
                 Violations& violations) {
  if (parameter.values_size() > kMostValues) {
    return violations.Add(path,
                          absl::StrCat(parameter.values_size(), " values; at most ", kMostValues));
  }
  std::map<std::string, int> known;
  for (int i = 0; i < parameter.values_size(); ++i) {
    const auto kind = parameter.values(i).kind_case();
    const std::string where = absl::StrCat(path, "[", i, "]");
    if (parameter.values(i).ByteSizeLong() > kLongestValue) {
      violations.Add(where, absl::StrCat("at most ", kLongestValue, " bytes"));
      continue;
    }
    if (kind == google::protobuf::Value::kNullValue ||
        kind == google::protobuf::Value::KIND_NOT_SET) {
      violations.Add(where, "has no value");
    } else if (parameter.values(i).has_number_value() &&
               !std::isfinite(parameter.values(i).number_value())) {
      violations.Add(where, "must be a finite number");
    }
    const auto [same, is_new] = known.emplace(parameter.values(i).SerializeAsString(), i);
    if (!is_new) violations.Add(where, absl::StrCat("is the same as [", same->second, "]"));
  }
}

void CheckParameter(const v1::SweepSpecification& sweep, int index, Violations& violations) {
  const v1::SweepParameter& parameter = sweep.parameters(index);
  const std::string path = ParameterPath(index);
  CheckPath(sweep, index, violations);
  const int kinds = (parameter.values().empty() ? 0 : 1) + (parameter.has_uniform() ? 1 : 0) +
                    (parameter.has_log_uniform() ? 1 : 0) + (parameter.has_integer() ? 1 : 0) +
                    (parameter.has_log_integer() ? 1 : 0);
  if (kinds != 1) {
    return violations.Add(path, absl::StrCat("has ", kinds, " of values, uniform, log_uniform, ",
                                             "integer and log_integer; it needs exactly one"));
  }
  CheckValues(parameter, path + ".values", violations);
  const auto check = [&](bool has, const v1::SweepRange& range, const char* name, bool logarithmic,
                         bool whole) {
    if (has) CheckRange(range, logarithmic, whole, absl::StrCat(path, ".", name), violations);
  };
  check(parameter.has_uniform(), parameter.uniform(), "uniform", false, false);
  check(parameter.has_log_uniform(), parameter.log_uniform(), "log_uniform", true, false);
  check(parameter.has_integer(), parameter.integer(), "integer", false, true);
  check(parameter.has_log_integer(), parameter.log_integer(), "log_integer", true, true);
  const bool endless = parameter.has_uniform() || parameter.has_log_uniform();
  if (sweep.method() == v1::METHOD_GRID && (endless || parameter.has_log_integer())) {
    violations.Add(path, "a grid needs values or integer; ranges are for random and asha");
  }
}

void CheckCount(const v1::SweepSpecification& sweep, Violations& violations) {
  const uint64_t combinations = CombinationsOf(sweep);
  if (sweep.method() == v1::METHOD_GRID) {
    if (sweep.trials() != 0)
      violations.Add("trials", "not allowed: a grid tries every combination; random takes so many");
    if (combinations > kMostTrials) {
      violations.Add("parameters",
                     absl::StrCat("the grid has ", combinations, " trials; at most ", kMostTrials,
                                  ": take fewer values, or method random or asha with trials"));
    }
    return;
  }
  if (sweep.trials() == 0 || sweep.trials() > kMostTrials) {
    return violations.Add("trials", absl::StrCat(sweep.trials(), "; from 1 to ", kMostTrials));
  }
  if (combinations != 0 && combinations < sweep.trials()) {
    violations.Add("trials", absl::StrCat(sweep.trials(), " trials, but there are only ",
                                          combinations, " combinations: use method grid"));
  }
}

void CheckAsha(const v1::SweepSpecification& sweep, Violations& violations) {
  const v1::Asha& asha = sweep.asha();
  const v1::Specification& job = sweep.specification();
  if (sweep.method() != v1::METHOD_ASHA) {
    if (sweep.has_asha()) violations.Add("asha", "not allowed: the method is another");
    return;
  }
  if (job.has_learner()) {
    return violations.Add("method",
                          "asha judges trainings on their way, and a learner has no "
                          "epochs: use grid or random");
  }
  if (asha.reduction_factor() < 2 || asha.reduction_factor() > kLargestFactor) {
    violations.Add("asha.reduction_factor",
                   absl::StrCat(asha.reduction_factor(), "; from 2 to ", kLargestFactor));
  }
  if (asha.least_epochs() != 0 && asha.least_steps() != 0)
    return violations.Add("asha", "has least_epochs and least_steps; give one of them");
  const bool by_steps = asha.least_steps() != 0;
  const char* const path = by_steps ? "asha.least_steps" : "asha.least_epochs";
  const uint64_t least = by_steps ? asha.least_steps() : asha.least_epochs();
  const uint64_t budget = by_steps ? job.budget().steps() : job.budget().epochs();
  if (budget == 0) {
    return violations.Add(path, by_steps ? "the budget has no steps; use least_epochs"
                                         : "the budget has no epochs; use least_steps");
  }
  if (least >= budget) {
    return violations.Add(
        path, absl::StrCat(least, "; must be below the budget of ", budget,
                           by_steps ? " steps" : " epochs", ", or no trial can end early"));
  }
  const size_t rungs = RungsOf(least, asha.reduction_factor(), budget).size();
  if (rungs > kMostRungs) {
    return violations.Add(path, absl::StrCat(least, " gives ", rungs, " rungs; at most ",
                                             kMostRungs, ": take a larger one"));
  }
  const uint64_t every =
      by_steps ? job.evaluation().every_steps() : job.evaluation().every_epochs();
  if (every == 0 || least % every != 0) {
    violations.Add(path, absl::StrCat(least, " is no multiple of specification.evaluation.",
                                      by_steps ? "every_steps" : "every_epochs", " ", every,
                                      ": trials are judged where they are evaluated"));
  }
}

void CheckJob(const v1::Specification& job, Violations& violations) {
  const auto refuse = [&](bool present, const char* field, const char* why) {
    if (present) violations.Add(absl::StrCat("specification.", field), why);
  };
  refuse(!job.name().empty(), "name", "not allowed: the sweep has it");
  refuse(job.runs_size() > 0, "runs", "not allowed: use seeds, and parameters");
  refuse(job.has_predict(), "predict", "not allowed: a sweep trains");
  refuse(job.has_benchmark(), "benchmark", "not allowed: a sweep trains");
  if (!(job.data().split().validation() > 0)) {
    violations.Add("specification.data.split.validation",
                   "required: trials are compared on it, and to choose by the test part would be "
                   "to tune on it; for example 0.1");
  }
}

// Of all trials together.
void CheckSize(const v1::SweepSpecification& sweep, uint64_t trials, Violations& violations) {
  if (trials * sweep.seeds() > kMostRuns) {
    violations.Add("seeds", absl::StrCat(trials, " trials with ", sweep.seeds(), " seeds train ",
                                         trials * sweep.seeds(), " models; at most ", kMostRuns));
  }
  uint64_t values = 0;
  for (const v1::SweepParameter& parameter : sweep.parameters()) {
    size_t largest = sizeof(double);
    for (const google::protobuf::Value& value : parameter.values())
      largest = std::max(largest, value.ByteSizeLong());
    values += parameter.path().size() + largest;
  }
  if (trials * values > kMostValueBytes) {
    violations.Add("parameters",
                   absl::StrCat("the values of ", trials, " trials are ", trials * values,
                                " bytes; at most ", kMostValueBytes));
  }
  const uint64_t bytes = trials * sweep.specification().ByteSizeLong();
  if (bytes > kMostBytes) {
    violations.Add("specification", absl::StrCat("for ", trials, " trials it takes ", bytes,
                                                 " bytes; at most ", kMostBytes));
  }
}

}  // namespace

void CheckSweep(const v1::SweepSpecification& sweep, Violations& violations) {
  if (!IsLabel(sweep.name(), kLongestName))
    violations.Add("name", absl::StrCat("at most ", kLongestName, " of [a-z0-9-]"));
  CheckJob(sweep.specification(), violations);
  CheckObjective(sweep.objective(), violations);
  if (!v1::SweepMethod_IsValid(sweep.method()) || sweep.method() == v1::METHOD_UNSPECIFIED)
    return violations.Add("method", "required: grid, random or asha");
  if (sweep.parameters().empty())
    violations.Add("parameters",
                   "required: what is tried, for example [{path: batch_size, values: "
                   "[32, 64]}]");
  if (sweep.parameters_size() > kMostParameters) {
    return violations.Add("parameters", absl::StrCat(sweep.parameters_size(),
                                                     " parameters; at most ", kMostParameters));
  }
  const size_t before = violations.list().size();
  for (int i = 0; i < sweep.parameters_size(); ++i) CheckParameter(sweep, i, violations);
  CheckAsha(sweep, violations);
  if (sweep.seeds() > kMostSeeds)
    violations.Add("seeds", absl::StrCat(sweep.seeds(), "; from 1 to ", kMostSeeds));
  if (violations.list().size() == before) CheckCount(sweep, violations);
  if (!violations.empty()) return;
  const bool grid = sweep.method() == v1::METHOD_GRID;
  CheckSize(sweep, grid ? CombinationsOf(sweep) : sweep.trials(), violations);
}

}  // namespace trainyard
