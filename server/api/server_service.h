// ServerService: what this server is and has. Thread-safe.
#pragma once

#include "server/jobs/job_manager.h"
#include "server/rpc/calls.h"
#include "trainyard/v1/server_service.grpc.pb.h"

namespace trainyard {

class ServerServiceHandler final : public v1::ServerService::CallbackService {
 public:
  // `constant`: what does not change while the server runs.
  ServerServiceHandler(Calls& calls, const JobManager& manager, v1::ServerInfo constant)
      : calls_(calls), manager_(manager), constant_(std::move(constant)) {}

  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context,
                                          const v1::GetServerInfoRequest* request,
                                          v1::ServerInfo* response) override {
    return calls_.Run(context, [=, this] {
      *response = constant_;
      const JobCounts counts = manager_.counts();
      response->set_queued_jobs(counts.queued);
      response->set_running_jobs(counts.running);
      response->set_draining(counts.draining);
      return absl::OkStatus();
    });
  }

 private:
  Calls& calls_;
  const JobManager& manager_;
  const v1::ServerInfo constant_;
};

}  // namespace trainyard
