#include "server/api/compare_service.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "server/rpc/status_mapping.h"
#include "server/studies/job_comparison.h"
#include "server/studies/specification_diff.h"

namespace trainyard {
namespace {
constexpr int kFewestJobs = 2;
constexpr int kMostJobs = 20;
}  // namespace

grpc::ServerUnaryReactor* CompareServiceHandler::CompareJobs(grpc::CallbackServerContext* context,
                                                             const v1::CompareJobsRequest* request,
                                                             v1::Comparison* response) {
  return calls_.Run(context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<v1::Job> jobs, Find(request->jobs()));
    ASSIGN_OR_RETURN(*response, trainyard::CompareJobs(jobs, request->metric(), catalogs_));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* CompareServiceHandler::DiffJobs(grpc::CallbackServerContext* context,
                                                          const v1::DiffJobsRequest* request,
                                                          v1::DiffJobsResponse* response) {
  return calls_.Run(context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<v1::Job> jobs, Find(request->jobs()));
    for (const v1::Job& job : jobs) response->add_jobs(job.name());
    for (v1::SpecificationDifference& difference : DiffSpecifications(jobs, catalogs_))
      *response->add_differences() = std::move(difference);
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<v1::Job>> CompareServiceHandler::Find(
    const google::protobuf::RepeatedPtrField<std::string>& names) const {
  if (names.size() < kFewestJobs || names.size() > kMostJobs) {
    return FieldError("jobs", absl::StrCat(names.size(), " given; from ", kFewestJobs, " to ",
                                           kMostJobs, " names of jobs"));
  }
  std::vector<v1::Job> jobs;
  for (int i = 0; i < names.size(); ++i) {
    const std::string field = absl::StrCat("jobs[", i, "]");
    ASSIGN_OR_RETURN(const std::string name, jobs_.ResolveName(names[i], field));
    const bool twice = std::any_of(jobs.begin(), jobs.end(),
                                   [&](const v1::Job& job) { return job.name() == name; });
    if (twice) return FieldError(field, absl::StrCat(name, " is there already"));
    ASSIGN_OR_RETURN(jobs.emplace_back(), jobs_.GetJob(name));
  }
  return jobs;
}

}  // namespace trainyard
