#include "server/studies/study_plan.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/studies/activation_plan.h"
#include "server/studies/contender_checks.h"
#include "server/studies/takeaway_plan.h"

namespace trainyard {
namespace {

constexpr int kMostContenders = 64;
constexpr int kMostSizes = 64;
constexpr int kMostPoints = 1000;
constexpr int kMostOperatingPoints = 16;
constexpr int64_t kMostRuns = 100'000;
constexpr uint32_t kDefaultSeeds = 5;
constexpr uint32_t kLeastSeeds = 2;
constexpr uint32_t kMostSeeds = 100;
constexpr uint32_t kDefaultBatch = 128;
constexpr uint64_t kMostSteps = 1'000'000'000;
constexpr uint64_t kMostEpochs = 1'000'000;
constexpr uint64_t kForecastFactor = 10;

std::string ContenderPath(int index) { return absl::StrCat("contenders[", index, "]"); }

void CheckSizes(const v1::StudySpecification& study, Violations& violations) {
  if (study.sizes().empty() && !study.has_activation()) {
    violations.Add("sizes", "required: numbers of training samples, for example [100, 300, 1000]");
  }
  if (study.sizes_size() > kMostSizes)
    violations.Add("sizes", absl::StrCat(study.sizes_size(), " sizes; at most ", kMostSizes));
  for (int i = 0; i < study.sizes_size(); ++i) {
    if (study.sizes(i) == 0 || (i > 0 && study.sizes(i) <= study.sizes(i - 1))) {
      return violations.Add(absl::StrCat("sizes[", i, "]"),
                            absl::StrCat(study.sizes(i), "; sizes are above 0 and ascend"));
    }
  }
  if (study.seeds() < kLeastSeeds || study.seeds() > kMostSeeds) {
    violations.Add("seeds", absl::StrCat(study.seeds(), "; from ", kLeastSeeds,
                                         ", since one says nothing of chance, to ", kMostSeeds,
                                         " (verdicts take 3)"));
  }
  for (int i = 0; i < study.forecast_sizes_size(); ++i) {
    if (study.forecast_sizes(i) == 0)
      violations.Add(absl::StrCat("forecast_sizes[", i, "]"), "must be above 0");
  }
}

// What the study itself decides.
void CheckContender(const v1::StudySpecification& study, int index, Violations& violations) {
  const v1::Contender& contender = study.contenders(index);
  const std::string path = ContenderPath(index);
  CheckLabel(path + ".name", contender.name(), /*required=*/true, violations);
  CheckJobFields(contender.specification(), path + ".specification", violations);
  if (!v1::Family_IsValid(contender.family()))
    violations.Add(path + ".family", "unknown value; known: TRADITIONAL, NETWORK");
  CheckCandidates(contender.candidates(), path, study.data(), violations);
  CheckLadder(contender, path, study.data(), violations);
  if (contender.least_steps() > kMostSteps)
    violations.Add(path + ".least_steps", absl::StrCat("at most ", kMostSteps));
}

// Makes the contenders of a study that stands for some.
void CheckStudy(v1::StudySpecification& study, Violations& violations) {
  CheckLabel("name", study.name(), /*required=*/false, violations);
  CheckSizes(study, violations);
  if (study.data().has_subset())
    violations.Add("data.subset", "not allowed: the study draws a subset for each size and seed");
  if (study.has_activation()) return ExpandActivationStudy(study, violations);
  if (study.contenders().empty())
    violations.Add("contenders", "required: at least one way to learn");
  int64_t contenders = 0;
  for (const v1::Contender& contender : study.contenders())
    contenders += std::max(1, contender.ladder_size());
  if (contenders > kMostContenders) {
    return violations.Add("contenders",
                          absl::StrCat(contenders, " contenders; at most ", kMostContenders));
  }
  std::set<std::string> names;
  for (int i = 0; i < study.contenders_size(); ++i) {
    CheckContender(study, i, violations);
    if (!names.insert(study.contenders(i).name()).second) {
      violations.Add(ContenderPath(i) + ".name",
                     absl::StrCat("'", study.contenders(i).name(), "' is there already"));
    }
  }
  if (study.operating_points_size() > kMostOperatingPoints)
    violations.Add("operating_points", absl::StrCat("at most ", kMostOperatingPoints));
  for (int i = 0; i < study.operating_points_size(); ++i) {
    const v1::OperatingPoint& point = study.operating_points(i);
    if (point.parameters() == 0 || point.samples() == 0)
      violations.Add(absl::StrCat("operating_points[", i, "]"), "both numbers must be above 0");
  }
}

// 0, all training samples, where none is given.
std::vector<uint64_t> SizesOf(const v1::StudySpecification& study) {
  if (study.sizes().empty()) return {0};
  return {study.sizes().begin(), study.sizes().end()};
}

// Once ladders are contenders.
void CheckSize(const v1::StudySpecification& study, const std::vector<ContenderPlace>& places,
               Violations& violations) {
  std::set<std::string> names;
  for (int i = 0; i < study.contenders_size(); ++i) {
    if (names.insert(study.contenders(i).name()).second) continue;
    const ContenderPlace& place = places[static_cast<size_t>(i)];
    const std::string step = place.step < 0 ? "" : absl::StrCat(".ladder[", place.step, "]");
    violations.Add(absl::StrCat(ContenderPath(place.contender), step, ".name"),
                   absl::StrCat("'", study.contenders(i).name(), "' is there already"));
  }
  const int64_t sizes = static_cast<int64_t>(SizesOf(study).size());
  const int64_t points = study.contenders_size() * sizes;
  if (points > kMostPoints) {
    violations.Add("sizes", absl::StrCat(study.contenders_size(), " contenders at ", sizes,
                                         " sizes are ", points, " jobs; at most ", kMostPoints));
  }
  int64_t runs = 0;
  for (const v1::Contender& contender : study.contenders())
    runs += int64_t{CandidateCount(contender)} * study.seeds() * sizes;
  if (runs > kMostRuns) {
    violations.Add("seeds", absl::StrCat("the study would train ", runs, " models; at most ",
                                         kMostRuns, ": take fewer seeds, sizes or candidates"));
  }
}

// As many epochs as the user said, or more where they are too few steps.
void StretchBudget(const v1::Contender& contender, uint64_t size, v1::Specification& job) {
  if (!job.has_model()) return;
  const uint64_t wanted = job.batch_size() == 0 ? kDefaultBatch : job.batch_size();
  const uint64_t batch = std::min(wanted, size);
  job.set_batch_size(static_cast<uint32_t>(batch));
  v1::Budget& budget = *job.mutable_budget();
  const uint64_t steps_per_epoch = (size + batch - 1) / batch;
  if (budget.epochs() > 0) {
    const uint64_t least = (contender.least_steps() + steps_per_epoch - 1) / steps_per_epoch;
    budget.set_epochs(static_cast<uint32_t>(std::max<uint64_t>(budget.epochs(), least)));
  }
  // The end is what the study looks at, and is judged in any case.
  if (job.has_evaluation()) return;
  const uint64_t epochs_of_steps =
      budget.epochs() > 0
          ? 0
          : std::min((budget.steps() + steps_per_epoch - 1) / steps_per_epoch, kMostEpochs);
  job.mutable_evaluation()->set_every_epochs(
      static_cast<uint32_t>(std::max<uint64_t>({1, budget.epochs(), epochs_of_steps})));
}

v1::Specification JobOf(const v1::StudySpecification& study, const v1::Contender& contender,
                        uint64_t size) {
  if (study.has_activation()) return ActivationJob(study, contender, size);
  v1::Specification job = contender.specification();
  job.set_name(absl::StrCat(contender.name(), "-", size));
  *job.mutable_data() = study.data();
  for (const v1::Component& transform : contender.transforms())
    *job.mutable_data()->add_transforms() = transform;
  job.mutable_data()->mutable_subset()->set_train_size(size);
  *job.mutable_resources() = study.resources();
  StretchBudget(contender, size, job);
  for (int candidate = 0; candidate < CandidateCount(contender); ++candidate) {
    for (int seed = 0; seed < static_cast<int>(study.seeds()); ++seed) {
      v1::Run& run = *job.add_runs();
      if (!contender.candidates().empty()) run = contender.candidates(candidate);
      run.set_seed(SeedOf(seed));
      run.set_subset_seed(SeedOf(seed));
    }
  }
  return job;
}

void FillDefaults(v1::StudySpecification& study) {
  if (study.seeds() == 0) study.set_seeds(kDefaultSeeds);
  // Laws are asked of scaling studies alone.
  const bool scaling = !study.has_activation() && !study.has_takeaway();
  if (study.forecast_sizes().empty() && !study.sizes().empty() && scaling)
    study.add_forecast_sizes(study.sizes(study.sizes_size() - 1) * kForecastFactor);
  for (v1::Contender& contender : *study.mutable_contenders()) {
    if (contender.family() != v1::FAMILY_UNSPECIFIED) continue;
    contender.set_family(contender.specification().has_learner() ? v1::TRADITIONAL : v1::NETWORK);
  }
}

}  // namespace

int CandidateCount(const v1::Contender& contender) {
  return std::max(1, contender.candidates_size());
}

int RunIndex(const v1::StudySpecification& specification, int candidate, int seed) {
  return candidate * static_cast<int>(specification.seeds()) + seed;
}

StudyPlan PlanStudy(const v1::StudySpecification& specification, Violations& violations) {
  StudyPlan plan;
  v1::StudySpecification& study = *plan.study.mutable_specification();
  study = specification;
  if (study.has_takeaway()) ExpandTakeaway(study, violations);
  if (!violations.empty()) return plan;
  FillDefaults(study);
  CheckStudy(study, violations);
  if (!violations.empty()) return plan;
  plan.written = study.contenders();
  plan.places = ExpandLadders(study, violations);
  if (!violations.empty()) return plan;
  CheckSize(study, plan.places, violations);
  if (!violations.empty()) return plan;
  const std::vector<uint64_t> sizes = SizesOf(study);
  for (const v1::Contender& contender : study.contenders()) {
    for (const uint64_t size : sizes) {
      v1::StudyPoint& point = *plan.study.add_points();
      point.set_contender(contender.name());
      point.set_size(size);
      plan.jobs.push_back(JobOf(study, contender, size));
      plan.study.set_total_runs(plan.study.total_runs() +
                                static_cast<uint64_t>(plan.jobs.back().runs_size()));
    }
  }
  return plan;
}

std::string PathInStudy(const StudyPlan& plan, int point, const std::string& path) {
  const v1::StudySpecification& study = plan.study.specification();
  const v1::StudyPoint& at = plan.study.points(point);
  const auto found = std::find_if(study.contenders().begin(), study.contenders().end(),
                                  [&](const auto& one) { return one.name() == at.contender(); });
  const ContenderPlace& place =
      plan.places[static_cast<size_t>(found - study.contenders().begin())];
  const std::string contender = ContenderPath(place.contender);
  if (absl::StartsWith(path, "data.subset")) {
    const auto size = std::find(study.sizes().begin(), study.sizes().end(), at.size());
    return absl::StrCat("sizes[", size - study.sizes().begin(), "]");
  }
  const int own = study.data().transforms_size();
  int transform = 0;
  if (std::sscanf(path.c_str(), "data.transforms[%d]", &transform) == 1 && transform >= own) {
    return absl::StrCat(contender, ".transforms[", transform - own, path.substr(path.find(']')));
  }
  std::string within = path;
  int run = 0;
  if (!study.has_activation() && std::sscanf(path.c_str(), "runs[%d]", &run) == 1) {
    within = absl::StrCat("candidates[", run / static_cast<int>(study.seeds()),
                          path.substr(path.find(']')));
  }
  if (absl::StartsWith(path, "data") || absl::StartsWith(path, "resources")) return path;
  if (study.has_activation())
    return PathInActivationStudy(study, static_cast<int>(found - study.contenders().begin()), path);
  if (study.has_takeaway()) return PathInTakeaway(study.takeaway(), *found, within);
  const v1::Variant none;
  const v1::Variant& step =
      place.step < 0 ? none : plan.written[place.contender].ladder(place.step);
  return absl::StrCat(contender, ".", PathInLadder(step, place.step, within));
}

}  // namespace trainyard
