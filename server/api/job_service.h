// JobService: submits, finds, cancels and watches jobs. Thread-safe.
#pragma once

#include "server/api/specification_checker.h"
#include "server/api/watch_stream.h"
#include "server/datasets/dataset_store.h"
#include "server/jobs/job_manager.h"
#include "server/rpc/calls.h"
#include "server/store/job_store.h"
#include "trainyard/v1/job_service.grpc.pb.h"

namespace trainyard {

class JobServiceHandler final : public v1::JobService::CallbackService {
 public:
  // `checks`: for calls that check a specification, which may take long.
  JobServiceHandler(Calls& calls, Calls& checks, JobManager& manager, const JobStore& jobs,
                    Watches& watches, const SpecificationChecker& checker,
                    const DatasetStore& datasets)
      : calls_(calls),
        checks_(checks),
        manager_(manager),
        jobs_(jobs),
        watches_(watches),
        checker_(checker),
        datasets_(datasets) {}

  grpc::ServerUnaryReactor* CreateJob(grpc::CallbackServerContext* context,
                                      const v1::CreateJobRequest* request,
                                      v1::Job* response) override;
  grpc::ServerUnaryReactor* GetJob(grpc::CallbackServerContext* context,
                                   const v1::GetJobRequest* request, v1::Job* response) override;
  grpc::ServerUnaryReactor* ListJobs(grpc::CallbackServerContext* context,
                                     const v1::ListJobsRequest* request,
                                     v1::ListJobsResponse* response) override;
  grpc::ServerUnaryReactor* CancelJob(grpc::CallbackServerContext* context,
                                      const v1::CancelJobRequest* request,
                                      v1::Job* response) override;
  grpc::ServerWriteReactor<v1::WatchJobResponse>* WatchJob(
      grpc::CallbackServerContext* context, const v1::WatchJobRequest* request) override;

 private:
  void Create(const v1::CreateJobRequest& request, v1::Job& response, const Calls::Done& done);
  absl::StatusOr<CheckedSpecification> Check(const v1::Specification& specification,
                                             Violations& violations) const;

  Calls& calls_;
  Calls& checks_;
  JobManager& manager_;
  const JobStore& jobs_;
  Watches& watches_;
  const SpecificationChecker& checker_;
  const DatasetStore& datasets_;
};

}  // namespace trainyard
