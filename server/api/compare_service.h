// CompareService: sets jobs side by side. Thread-safe.
#pragma once

#include <vector>

#include "engine/spec/catalogs.h"
#include "server/rpc/calls.h"
#include "server/store/job_store.h"
#include "trainyard/v1/compare_service.grpc.pb.h"

namespace trainyard {

class CompareServiceHandler final : public v1::CompareService::CallbackService {
 public:
  CompareServiceHandler(Calls& calls, const JobStore& jobs, const Catalogs& catalogs)
      : calls_(calls), jobs_(jobs), catalogs_(catalogs) {}

  grpc::ServerUnaryReactor* CompareJobs(grpc::CallbackServerContext* context,
                                        const v1::CompareJobsRequest* request,
                                        v1::Comparison* response) override;
  grpc::ServerUnaryReactor* DiffJobs(grpc::CallbackServerContext* context,
                                     const v1::DiffJobsRequest* request,
                                     v1::DiffJobsResponse* response) override;

 private:
  absl::StatusOr<std::vector<v1::Job>> Find(
      const google::protobuf::RepeatedPtrField<std::string>& names) const;

  Calls& calls_;
  const JobStore& jobs_;
  const Catalogs& catalogs_;
};

}  // namespace trainyard
