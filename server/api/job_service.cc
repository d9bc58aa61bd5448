#include "server/api/job_service.h"

#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "engine/spec/compile.h"
#include "server/api/request_checks.h"
#include "server/api/request_hash.h"
#include "server/api/respond.h"
#include "server/rpc/status_mapping.h"
#include "server/store/job_state.h"

namespace trainyard {
namespace {

constexpr size_t kLargestSpecification = 1 << 20;
constexpr char kInvalidSpecification[] = "INVALID_SPECIFICATION";

// Puts `first` before the violations of other fields: of a data set that is not there the engine
// only says that it cannot be read.
void AddOthers(Violations first, Violations& violations) {
  if (first.empty()) return;
  std::set<std::string> fields;
  for (const Violation& violation : first.list()) fields.insert(violation.path);
  for (const Violation& violation : violations.list()) {
    if (fields.count(violation.path) == 0) first.Add(violation.path, violation.message);
  }
  violations = std::move(first);
}

}  // namespace

grpc::ServerUnaryReactor* JobServiceHandler::CreateJob(grpc::CallbackServerContext* context,
                                                       const v1::CreateJobRequest* request,
                                                       v1::Job* response) {
  return checks_.RunAsync(
      context, [=, this](const Calls::Done& done) { Create(*request, *response, done); });
}

void JobServiceHandler::Create(const v1::CreateJobRequest& request, v1::Job& response,
                               const Calls::Done& done) {
  Violations violations;
  CheckRequestId(request.request_id(), violations);
  CheckPriority(request.priority(), violations);
  if (request.ByteSizeLong() > kLargestSpecification) {
    violations.Add("specification", absl::StrCat("at most ", kLargestSpecification, " bytes"));
    return done(ViolationsError(violations, kInvalidSpecification));
  }
  NewJob job;
  job.request_id = request.request_id();
  if (!job.request_id.empty()) job.request_hash = RequestHash(request);
  // Before the check: what the specification names may have changed since it was accepted.
  if (!request.validate_only() && violations.empty() &&
      RespondAsBefore(jobs_.FindAnswer(job.request_id, job.request_hash), response, done)) {
    return;
  }
  if (!request.forked_from().empty()) {
    absl::StatusOr<std::string> origin = jobs_.ResolveName(request.forked_from(), "forked_from");
    if (!origin.ok()) return done(origin.status());
    job.forked_from = *std::move(origin);
  }
  v1::Specification specification = request.specification();
  Violations unknown;
  datasets_.Pin(specification, unknown);
  absl::StatusOr<CheckedSpecification> checked = Check(specification, violations);
  AddOthers(unknown, violations);
  if (!violations.empty()) return done(ViolationsError(violations, kInvalidSpecification));
  if (!checked.ok()) return done(checked.status());
  if (request.validate_only()) {
    *response.mutable_specification() = std::move(checked->specification);
    *response.mutable_model() = std::move(checked->model);
    response.set_priority(request.priority());
    response.set_forked_from(job.forked_from);
    return done(absl::OkStatus());
  }
  job.specification = std::move(checked->specification);
  job.model = std::move(checked->model);
  job.priority = request.priority();
  job.result_key = std::move(checked->result_key);
  job.reuse = request.reuse();
  manager_.Create(std::move(job), [done, &response](absl::StatusOr<v1::Job> created) {
    Respond(std::move(created), response, done);
  });
}

// Violations, or an error that is none of the specification's text: a job that it names is not
// there.
absl::StatusOr<CheckedSpecification> JobServiceHandler::Check(
    const v1::Specification& specification, Violations& violations) const {
  if (!specification.has_predict() || specification.has_benchmark())
    return checker_.CheckTraining(specification, violations);
  CheckName(specification.name(), violations);
  if (specification.predict().job().empty()) {
    violations.Add("predict.job", "required: the name of a finished job");
    return CheckedSpecification();
  }
  ASSIGN_OR_RETURN(const std::string name,
                   jobs_.ResolveName(specification.predict().job(), "predict.job"));
  ASSIGN_OR_RETURN(const v1::Job model, jobs_.GetJob(name));
  if (model.specification().has_predict()) {
    violations.Add(
        "predict.job",
        absl::StrCat(name, " is a prediction itself; name the job that trained the model"));
    return CheckedSpecification();
  }
  if (model.state() != v1::SUCCEEDED) {
    return WithReason(absl::FailedPreconditionError(absl::StrCat(
                          name, " has no model to predict with: it is ", StateName(model.state()))),
                      "MODEL_NOT_READY", {{"job", name}, {"state", StateName(model.state())}});
  }
  v1::Specification resolved = specification;
  resolved.mutable_predict()->set_job(name);
  return checker_.CheckPrediction(resolved, model, violations);
}

grpc::ServerUnaryReactor* JobServiceHandler::GetJob(grpc::CallbackServerContext* context,
                                                    const v1::GetJobRequest* request,
                                                    v1::Job* response) {
  return calls_.Run(context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(const std::string name, jobs_.ResolveName(request->name()));
    ASSIGN_OR_RETURN(*response, jobs_.GetJob(name));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* JobServiceHandler::ListJobs(grpc::CallbackServerContext* context,
                                                      const v1::ListJobsRequest* request,
                                                      v1::ListJobsResponse* response) {
  return calls_.Run(context, [=, this]() -> absl::Status {
    ListJobsQuery query;
    query.page_size = request->page_size();
    query.page_token = request->page_token();
    query.filter = request->filter();
    query.order_by = request->order_by();
    ASSIGN_OR_RETURN(JobPage page, jobs_.ListJobs(query));
    for (v1::Job& job : page.jobs) *response->add_jobs() = std::move(job);
    response->set_next_page_token(page.next_page_token);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* JobServiceHandler::CancelJob(grpc::CallbackServerContext* context,
                                                       const v1::CancelJobRequest* request,
                                                       v1::Job* response) {
  return calls_.RunAsync(context, [=, this](const Calls::Done& done) {
    Violations violations;
    CheckRequestId(request->request_id(), violations);
    if (!violations.empty()) return done(ViolationsError(violations, "INVALID_REQUEST"));
    const std::string hash = request->request_id().empty() ? "" : RequestHash(*request);
    // Before the name is looked up: the beginning of a name may have become that of several jobs.
    if (RespondAsBefore(jobs_.FindAnswer(request->request_id(), hash), *response, done)) return;
    absl::StatusOr<std::string> name = jobs_.ResolveName(request->name());
    if (!name.ok()) return done(name.status());
    manager_.Cancel(*std::move(name), request->request_id(), hash,
                    [done, response](absl::StatusOr<v1::Job> job) {
                      Respond(std::move(job), *response, done);
                    });
  });
}

grpc::ServerWriteReactor<v1::WatchJobResponse>* JobServiceHandler::WatchJob(
    grpc::CallbackServerContext* context, const v1::WatchJobRequest* request) {
  return watches_.Open(context, request);
}

}  // namespace trainyard
