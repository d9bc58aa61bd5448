#include "server/api/study_service.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "engine/base/status.h"
#include "server/api/cancel_parts.h"
#include "server/api/paging.h"
#include "server/api/request_checks.h"
#include "server/api/request_hash.h"
#include "server/api/respond.h"
#include "server/rpc/status_mapping.h"
#include "server/store/job_state.h"
#include "server/store/names.h"
#include "server/studies/activation_plan.h"
#include "server/studies/study_analysis.h"
#include "server/studies/study_extension.h"
#include "server/studies/study_plan.h"
#include "server/studies/study_reading.h"
#include "server/studies/takeaway_plan.h"

namespace trainyard {
namespace {

constexpr size_t kMostKnown = 16;
constexpr char kPageScope[] = "studies";

// From a violation of the job of a point to one of what the user wrote.
using Placed = std::function<Violation(int point, const Violation& violation)>;

// Checks the job of each point as one of a user's, and counts what it takes. What is wrong at every
// size is said once.
std::vector<NewJob> CheckJobs(const SpecificationChecker& checker, int32_t priority,
                              const Placed& placed, StudyPlan& plan, Violations& violations) {
  std::vector<NewJob> jobs;
  std::set<std::pair<std::string, std::string>> said;
  double flops = 0;
  for (size_t i = 0; i < plan.jobs.size(); ++i) {
    Violations of_job;
    CheckedSpecification checked = checker.CheckTraining(plan.jobs[i], of_job);
    const bool sound = of_job.empty();
    for (const Violation& violation : of_job.list()) {
      const Violation written = placed(static_cast<int>(i), violation);
      if (said.emplace(written.path, written.message).second)
        violations.Add(written.path, written.message);
    }
    v1::StudySpecification& study = *plan.study.mutable_specification();
    if (sound && study.has_activation() && violations.empty())
      CheckActivationJob(study, checked.specification, checked.model, violations);
    v1::StudyPoint& point = *plan.study.mutable_points(static_cast<int>(i));
    // All training samples were asked for: now it is known how many they are.
    if (point.size() == 0) point.set_size(checked.model.train_samples());
    if (study.sizes().empty() && point.size() > 0) study.add_sizes(point.size());
    point.set_parameters(checked.model.parameters());
    point.set_flops(static_cast<double>(checked.model.flops_per_step()) *
                    static_cast<double>(checked.model.steps()));
    flops += point.flops();
    NewJob job;
    job.specification = std::move(checked.specification);
    job.model = std::move(checked.model);
    job.priority = priority;
    job.result_key = std::move(checked.result_key);
    jobs.push_back(std::move(job));
  }
  plan.study.set_total_flops(flops);
  if (violations.empty() && plan.study.specification().has_takeaway()) {
    std::vector<const v1::Specification*> checked;
    for (const NewJob& job : jobs) checked.push_back(&job.specification);
    CheckFactorsMatter(plan.study.specification(), checked, violations);
  }
  return jobs;
}

// Points whose job was done before name it.
absl::Status LinkResults(const JobStore& store, const std::vector<NewJob>& jobs, v1::Study& study) {
  for (size_t i = 0; i < jobs.size(); ++i) {
    ASSIGN_OR_RETURN(const std::string name, store.FindResult(jobs[i].result_key));
    if (name.empty()) continue;
    v1::StudyPoint& point = *study.mutable_points(static_cast<int>(i));
    point.set_job(name);
    point.set_reused(true);
  }
  return absl::OkStatus();
}

// The jobs of the other points.
std::vector<NewJob> NewJobs(const v1::Study& study, std::vector<NewJob> jobs) {
  std::vector<NewJob> missing;
  for (size_t i = 0; i < jobs.size(); ++i) {
    if (!study.points(static_cast<int>(i)).reused()) missing.push_back(std::move(jobs[i]));
  }
  return missing;
}

// One for each point: `made` are those of the points that are not reused.
std::vector<std::string> JobsOfPoints(const v1::Study& study,
                                      const std::vector<std::string>& made) {
  std::vector<std::string> names;
  auto next = made.begin();
  for (const v1::StudyPoint& point : study.points())
    names.push_back(point.reused() ? point.job() : *next++);
  return names;
}

// All jobs of the study read the versions of data sets that are the newest now.
void PinData(const DatasetStore& datasets, v1::StudySpecification& study, Violations& violations) {
  v1::Specification reader;
  *reader.mutable_data() = study.data();
  datasets.Pin(reader, violations);
  *study.mutable_data() = reader.data();
}

}  // namespace

grpc::ServerUnaryReactor* StudyServiceHandler::CreateStudy(grpc::CallbackServerContext* context,
                                                           const v1::CreateStudyRequest* request,
                                                           v1::Study* response) {
  return checks_.RunAsync(
      context, [=, this](const Calls::Done& done) { Create(*request, *response, done); });
}

void StudyServiceHandler::Create(const v1::CreateStudyRequest& request, v1::Study& response,
                                 const Calls::Done& done) {
  Violations violations;
  CheckSubmission(request.request_id(), request.priority(), request.ByteSizeLong(), violations);
  if (!violations.empty()) return done(ViolationsError(violations, "INVALID_REQUEST"));
  const std::string hash = RequestHash(request);
  if (!request.validate_only() &&
      RespondAsBefore(studies_.FindRequest(request.request_id(), hash), response, done)) {
    return;
  }
  v1::StudySpecification specification = request.specification();
  PinData(datasets_, specification, violations);
  StudyPlan plan = PlanStudy(specification, violations);
  std::vector<NewJob> jobs;
  if (violations.empty()) {
    const auto placed = [&](int point, const Violation& violation) {
      return Violation{PathInStudy(plan, point, violation.path), violation.message};
    };
    jobs = CheckJobs(checker_, request.priority(), placed, plan, violations);
  }
  if (!violations.empty()) return done(ViolationsError(violations, "INVALID_SPECIFICATION"));
  if (!request.no_reuse()) {
    const absl::Status linked = LinkResults(jobs_, jobs, plan.study);
    if (!linked.ok()) return done(linked);
  }
  if (request.validate_only()) {
    response = std::move(plan.study);
    return done(absl::OkStatus());
  }
  auto study = std::make_shared<v1::Study>(std::move(plan.study));
  manager_.CreateAll(
      NewJobs(*study, std::move(jobs)),
      [study, request_id = request.request_id(), hash, now = clock_.Now()](
          Connection& connection, const std::vector<std::string>& names) {
        return InsertStudy(connection, request_id, hash, JobsOfPoints(*study, names), KernelRandom,
                           now, *study);
      },
      [this, study, done, &response](const absl::Status& status) {
        if (!status.ok()) return done(status);
        Respond(studies_.Get(study->name()), response, done);
      });
}

grpc::ServerUnaryReactor* StudyServiceHandler::ExtendStudy(grpc::CallbackServerContext* context,
                                                           const v1::ExtendStudyRequest* request,
                                                           v1::Study* response) {
  return checks_.RunAsync(
      context, [=, this](const Calls::Done& done) { Extend(*request, *response, done); });
}

void StudyServiceHandler::Extend(const v1::ExtendStudyRequest& request, v1::Study& response,
                                 const Calls::Done& done) {
  Violations violations;
  CheckSubmission(request.request_id(), request.priority(), request.ByteSizeLong(), violations);
  if (!violations.empty()) return done(ViolationsError(violations, "INVALID_REQUEST"));
  const std::string hash = RequestHash(request);
  if (!request.validate_only() &&
      RespondAsBefore(studies_.FindRequest(request.request_id(), hash), response, done)) {
    return;
  }
  const absl::StatusOr<v1::Study> known = studies_.Get(request.name());
  if (!known.ok()) return done(known.status());
  if (known->state() == v1::CANCELLED || known->state() == v1::CANCELLING)
    return done(StudyCancelled(known->name()));
  // Its data are those of the study, pinned to their versions when it was made.
  const v1::StudySpecification& before = known->specification();
  StudyPlan plan = PlanExtension(before, request.specification(), violations);
  std::vector<NewJob> jobs;
  if (violations.empty()) {
    const auto placed = [&](int point, const Violation& violation) {
      return InAddition(before, request.specification(), plan, point, violation);
    };
    jobs = CheckJobs(checker_, request.priority(), placed, plan, violations);
  }
  if (!violations.empty()) return done(ViolationsError(violations, "INVALID_SPECIFICATION"));
  plan.study.set_name(known->name());
  if (request.validate_only()) {
    response = std::move(plan.study);
    return done(absl::OkStatus());
  }
  const auto added = std::make_shared<const v1::Study>(std::move(plan.study));
  manager_.CreateAll(
      std::move(jobs),
      [added, request_id = request.request_id(), hash, known_points = known->points_size()](
          Connection& connection, const std::vector<std::string>& names) {
        return trainyard::ExtendStudy(connection, request_id, hash, names, known_points, *added);
      },
      [this, added, done, &response](const absl::Status& status) {
        if (!status.ok()) return done(status);
        Respond(studies_.Get(added->name()), response, done);
      });
}

grpc::ServerUnaryReactor* StudyServiceHandler::GetStudy(grpc::CallbackServerContext* context,
                                                        const v1::GetStudyRequest* request,
                                                        v1::Study* response) {
  return checks_.Run(context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(*response, Read(request->name()));
    return absl::OkStatus();
  });
}

absl::StatusOr<v1::Study> StudyServiceHandler::Read(const std::string& name) {
  ASSIGN_OR_RETURN(v1::Study study, studies_.Get(name));
  Known known;
  {
    MutexLock lock(mutex_);
    if (const auto found = known_.find(study.name()); found != known_.end()) known = found->second;
  }
  // Of other points it is what the study was before it was extended.
  const bool same = known.study.points_size() == study.points_size() &&
                    known.study.points_ended() == study.points_ended() &&
                    known.study.has_analysis();
  std::map<std::string, const v1::StudyPoint*> ended;
  for (const v1::StudyPoint& point : known.study.points()) {
    if (IsTerminal(point.state())) ended[point.job()] = &point;
  }
  for (v1::StudyPoint& point : *study.mutable_points()) {
    if (!IsTerminal(point.state())) continue;
    // What has ended does not change.
    if (const auto found = ended.find(point.job()); found != ended.end()) {
      point = *found->second;
    } else {
      RETURN_IF_ERROR(ReadPoint(jobs_, study.specification(), point, known.test_samples));
    }
  }
  if (same) {
    *study.mutable_analysis() = known.study.analysis();
    return study;
  }
  *study.mutable_analysis() = AnalyseStudy(study, known.test_samples);
  MutexLock lock(mutex_);
  if (known_.size() >= kMostKnown && known_.count(study.name()) == 0) known_.erase(known_.begin());
  known_[study.name()] = {study, known.test_samples};
  return study;
}

grpc::ServerUnaryReactor* StudyServiceHandler::ListStudies(grpc::CallbackServerContext* context,
                                                           const v1::ListStudiesRequest* request,
                                                           v1::ListStudiesResponse* response) {
  return calls_.Run(context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(const PageQuery page,
                     ReadPageQuery(kPageScope, request->page_size(), request->page_token()));
    int64_t last = 0;
    ASSIGN_OR_RETURN(std::vector<v1::Study> studies,
                     studies_.List(page.size, page.before_id, last));
    for (v1::Study& study : studies) *response->add_studies() = std::move(study);
    response->set_next_page_token(NextPageToken(kPageScope, last));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* StudyServiceHandler::CancelStudy(grpc::CallbackServerContext* context,
                                                           const v1::CancelStudyRequest* request,
                                                           v1::Study* response) {
  return calls_.Run(context, [=, this] { return Cancel(request->name(), *response); });
}

absl::Status StudyServiceHandler::Cancel(const std::string& name, v1::Study& response) {
  ASSIGN_OR_RETURN(const v1::Study study, studies_.Get(name));
  if (IsTerminal(study.state())) return HasEnded(study.name(), study.state(), "STUDY_TERMINAL");
  RETURN_IF_ERROR(studies_.MarkCancelled(study.name()));
  CancelParts(manager_, study.points());
  ASSIGN_OR_RETURN(response, studies_.Get(study.name()));
  return absl::OkStatus();
}

}  // namespace trainyard
