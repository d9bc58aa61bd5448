#include "server/api/sweep_service.h"

#include <memory>
#include <set>
#include <utility>
#include <vector>

#include <google/protobuf/util/time_util.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "server/api/cancel_parts.h"
#include "server/api/paging.h"
#include "server/api/request_checks.h"
#include "server/api/request_hash.h"
#include "server/api/respond.h"
#include "server/rpc/status_mapping.h"
#include "server/store/job_state.h"
#include "server/store/names.h"
#include "server/sweeps/objective.h"
#include "server/sweeps/rungs.h"
#include "server/sweeps/sweep_trials.h"

namespace trainyard {
namespace {

constexpr size_t kMostKnown = 16;
constexpr int kJobsForRate = 20;
// Wrong trials that are said; the others are wrong alike.
constexpr size_t kMostViolations = 100;
constexpr char kPageScope[] = "sweeps";

// Checks the job of each trial as one of a user's, and counts what it takes. What is wrong in many
// trials is said once.
std::vector<NewJob> CheckJobs(const SpecificationChecker& checker, int32_t priority,
                              SweepPlan& plan, Violations& violations) {
  std::vector<NewJob> jobs;
  std::set<std::pair<std::string, std::string>> said;
  double flops = 0;
  for (size_t i = 0; i < plan.jobs.size() && said.size() < kMostViolations; ++i) {
    Violations of_job;
    CheckedSpecification checked = checker.CheckTraining(plan.jobs[i], of_job);
    for (const Violation& violation : of_job.list()) {
      const std::string path = PathInSweep(plan, static_cast<int>(i), violation.path);
      if (said.emplace(path, violation.message).second) violations.Add(path, violation.message);
    }
    v1::SweepTrial& trial = *plan.sweep.mutable_trials(static_cast<int>(i));
    trial.set_parameters(checked.model.parameters());
    trial.set_flops(static_cast<double>(checked.model.flops_per_step()) *
                    static_cast<double>(checked.model.steps()));
    flops += trial.flops();
    NewJob job;
    job.specification = std::move(checked.specification);
    job.model = std::move(checked.model);
    job.priority = priority;
    jobs.push_back(std::move(job));
  }
  if (!violations.empty()) return jobs;
  ResolveObjective(jobs[0].specification, *plan.sweep.mutable_specification()->mutable_objective(),
                   violations);
  plan.sweep.set_total_flops(flops);
  return jobs;
}

// The part of the computation that is left by early stopping. Later seeds of a trial are trained
// where the first one came to the end.
double ExpectedShareOf(const v1::Sweep& sweep) {
  const v1::SweepSpecification& specification = sweep.specification();
  if (sweep.rungs().empty()) return 1;
  const v1::Budget& budget = specification.specification().budget();
  const bool by_steps = specification.asha().least_steps() != 0;
  const ExpectedShare share = ExpectShare({sweep.rungs().begin(), sweep.rungs().end()},
                                          specification.asha().reduction_factor(),
                                          by_steps ? budget.steps() : budget.epochs());
  const double seeds = specification.seeds();
  return (share.training + (seeds - 1) * share.survivors) / seeds;
}

// All jobs of the sweep read the versions of data sets that are the newest now.
void PinData(const DatasetStore& datasets, v1::SweepSpecification& sweep, Violations& violations) {
  if (!sweep.specification().has_data()) return;
  Violations own;
  datasets.Pin(*sweep.mutable_specification(), own);
  for (const Violation& violation : own.list())
    violations.Add(absl::StrCat("specification.", violation.path), violation.message);
}

double SecondsOf(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

grpc::ServerUnaryReactor* SweepServiceHandler::CreateSweep(grpc::CallbackServerContext* context,
                                                           const v1::CreateSweepRequest* request,
                                                           v1::Sweep* response) {
  return checks_.RunAsync(
      context, [=, this](const Calls::Done& done) { Create(*request, *response, done); });
}

void SweepServiceHandler::Create(const v1::CreateSweepRequest& request, v1::Sweep& response,
                                 const Calls::Done& done) {
  Violations violations;
  CheckSubmission(request.request_id(), request.priority(), request.ByteSizeLong(), violations);
  if (!violations.empty()) return done(ViolationsError(violations, "INVALID_REQUEST"));
  const std::string hash = RequestHash(request);
  if (!request.validate_only() &&
      RespondAsBefore(sweeps_.FindRequest(request.request_id(), hash), response, done)) {
    return;
  }
  v1::SweepSpecification specification = request.specification();
  PinData(datasets_, specification, violations);
  SweepPlan plan = PlanSweep(specification, violations);
  std::vector<NewJob> jobs;
  if (violations.empty()) jobs = CheckJobs(checker_, request.priority(), plan, violations);
  if (!violations.empty()) return done(ViolationsError(violations, "INVALID_SPECIFICATION"));
  plan.sweep.set_expected_flops(plan.sweep.total_flops() * ExpectedShareOf(plan.sweep));
  if (request.validate_only()) {
    plan.sweep.set_expected_core_seconds(ExpectedCoreSeconds(plan.sweep.expected_flops()));
    response = std::move(plan.sweep);
    return done(absl::OkStatus());
  }
  Make(request.request_id(), hash, std::move(plan), std::move(jobs), response, done);
}

void SweepServiceHandler::Make(const std::string& request_id, const std::string& hash,
                               SweepPlan plan, std::vector<NewJob> jobs, v1::Sweep& response,
                               const Calls::Done& done) {
  auto sweep = std::make_shared<v1::Sweep>(std::move(plan.sweep));
  manager_.CreateAll(
      std::move(jobs),
      [sweep, request_id, hash, now = clock_.Now()](Connection& connection,
                                                    const std::vector<std::string>& names) {
        return InsertSweep(connection, request_id, hash, names, KernelRandom, now, *sweep);
      },
      [this, sweep, done, &response](const absl::Status& status) {
        if (!status.ok()) return done(status);
        asha_.Follow(sweep->name());
        Respond(sweeps_.Get(sweep->name()), response, done);
      });
}

double SweepServiceHandler::ExpectedCoreSeconds(double flops) const {
  ListJobsQuery query;
  query.filter = "state=SUCCEEDED";
  query.page_size = kJobsForRate;
  const absl::StatusOr<JobPage> page = jobs_.ListJobs(query);
  if (!page.ok()) return 0;
  double done = 0;
  double core_seconds = 0;
  for (const v1::Job& listed : page->jobs) {
    if (listed.model().flops_per_step() == 0) continue;
    const absl::StatusOr<v1::Job> job = jobs_.GetJob(listed.name());
    // One that was interrupted counts the time of its absence.
    if (!job.ok() || job->attempts() != 1 || !job->specification().has_model()) continue;
    v1::SweepTrial cost;
    FillTrial(v1::Sweep(), *job, SecondsOf(clock_.Now()), cost);
    done += cost.flops();
    core_seconds += cost.core_seconds();
  }
  return done > 0 ? flops * core_seconds / done : 0;
}

grpc::ServerUnaryReactor* SweepServiceHandler::GetSweep(grpc::CallbackServerContext* context,
                                                        const v1::GetSweepRequest* request,
                                                        v1::Sweep* response) {
  return checks_.Run(context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(*response, Read(request->name()));
    return absl::OkStatus();
  });
}

absl::StatusOr<v1::Sweep> SweepServiceHandler::Read(const std::string& name) {
  ASSIGN_OR_RETURN(v1::Sweep sweep, sweeps_.Get(name));
  std::map<uint32_t, v1::SweepTrial> known;
  {
    MutexLock lock(mutex_);
    if (const auto found = ended_.find(sweep.name()); found != ended_.end()) known = found->second;
  }
  const double now = SecondsOf(clock_.Now());
  for (v1::SweepTrial& trial : *sweep.mutable_trials()) {
    // What has not begun has nothing to tell.
    if (trial.state() == v1::QUEUED && !trial.stopped_early()) continue;
    // A job may have ended before the decision to stop it was written.
    const auto found = known.find(trial.trial());
    if (found != known.end() && found->second.stopped_early() == trial.stopped_early()) {
      trial = found->second;
      continue;
    }
    ASSIGN_OR_RETURN(const v1::Job job, jobs_.GetJob(trial.job()));
    FillTrial(sweep, job, now, trial);
    if (IsTerminal(job.state())) known[trial.trial()] = trial;
  }
  if (const int best = BestTrial(sweep); best >= 0) {
    ASSIGN_OR_RETURN(const v1::Job job, jobs_.GetJob(sweep.trials(best).job()));
    *sweep.mutable_best() = BestOf(sweep, best, job);
  }
  FillImportance(sweep);
  MutexLock lock(mutex_);
  if (ended_.size() >= kMostKnown && ended_.count(sweep.name()) == 0) ended_.erase(ended_.begin());
  ended_[sweep.name()] = std::move(known);
  return sweep;
}

grpc::ServerUnaryReactor* SweepServiceHandler::ListSweeps(grpc::CallbackServerContext* context,
                                                          const v1::ListSweepsRequest* request,
                                                          v1::ListSweepsResponse* response) {
  return calls_.Run(context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(const PageQuery page,
                     ReadPageQuery(kPageScope, request->page_size(), request->page_token()));
    int64_t last = 0;
    ASSIGN_OR_RETURN(std::vector<v1::Sweep> sweeps, sweeps_.List(page.size, page.before_id, last));
    for (v1::Sweep& sweep : sweeps) *response->add_sweeps() = std::move(sweep);
    response->set_next_page_token(NextPageToken(kPageScope, last));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* SweepServiceHandler::StopSweep(grpc::CallbackServerContext* context,
                                                         const v1::StopSweepRequest* request,
                                                         v1::Sweep* response) {
  return calls_.Run(context, [=, this] { return Stop(request->name(), *response); });
}

absl::Status SweepServiceHandler::Stop(const std::string& name, v1::Sweep& response) {
  ASSIGN_OR_RETURN(const v1::Sweep sweep, sweeps_.Get(name));
  if (sweep.state() == v1::SUCCEEDED || sweep.state() == v1::FAILED)
    return HasEnded(sweep.name(), sweep.state(), "SWEEP_TERMINAL");
  RETURN_IF_ERROR(sweeps_.MarkStopped(sweep.name()));
  CancelParts(manager_, sweep.trials());
  ASSIGN_OR_RETURN(response, sweeps_.Get(sweep.name()));
  return absl::OkStatus();
}

}  // namespace trainyard
