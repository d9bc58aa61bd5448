// SweepService: plans sweeps, makes their jobs, and reads what came of them. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "server/api/specification_checker.h"
#include "server/datasets/dataset_store.h"
#include "server/jobs/job_manager.h"
#include "server/rpc/calls.h"
#include "server/store/job_store.h"
#include "server/store/sweep_store.h"
#include "server/sweeps/asha_controller.h"
#include "server/sweeps/sweep_plan.h"
#include "trainyard/v1/sweep_service.grpc.pb.h"

namespace trainyard {

class SweepServiceHandler final : public v1::SweepService::CallbackService {
 public:
  // `checks`: for what may take long, the checks of many specifications and the reading of many
  // jobs.
  SweepServiceHandler(Calls& calls, Calls& checks, JobManager& manager, const JobStore& jobs,
                      SweepStore& sweeps, AshaController& asha, const SpecificationChecker& checker,
                      const DatasetStore& datasets, const Clock& clock)
      : calls_(calls),
        checks_(checks),
        manager_(manager),
        jobs_(jobs),
        sweeps_(sweeps),
        asha_(asha),
        checker_(checker),
        datasets_(datasets),
        clock_(clock) {}

  grpc::ServerUnaryReactor* CreateSweep(grpc::CallbackServerContext* context,
                                        const v1::CreateSweepRequest* request,
                                        v1::Sweep* response) override;
  grpc::ServerUnaryReactor* GetSweep(grpc::CallbackServerContext* context,
                                     const v1::GetSweepRequest* request,
                                     v1::Sweep* response) override;
  grpc::ServerUnaryReactor* ListSweeps(grpc::CallbackServerContext* context,
                                       const v1::ListSweepsRequest* request,
                                       v1::ListSweepsResponse* response) override;
  grpc::ServerUnaryReactor* StopSweep(grpc::CallbackServerContext* context,
                                      const v1::StopSweepRequest* request,
                                      v1::Sweep* response) override;

 private:
  void Create(const v1::CreateSweepRequest& request, v1::Sweep& response, const Calls::Done& done);
  void Make(const std::string& request_id, const std::string& hash, SweepPlan plan,
            std::vector<NewJob> jobs, v1::Sweep& response, const Calls::Done& done);
  // Core-seconds by the rate of the newest jobs of networks; 0 where none has ended.
  double ExpectedCoreSeconds(double flops) const;
  absl::StatusOr<v1::Sweep> Read(const std::string& name);
  absl::Status Stop(const std::string& name, v1::Sweep& response);

  Calls& calls_;
  Calls& checks_;
  JobManager& manager_;
  const JobStore& jobs_;
  SweepStore& sweeps_;
  AshaController& asha_;
  const SpecificationChecker& checker_;
  const DatasetStore& datasets_;
  const Clock& clock_;
  // Trials that have ended, by sweep: a watch asks every second, and trials end rarely.
  Mutex mutex_;
  std::map<std::string, std::map<uint32_t, v1::SweepTrial>> ended_ TRAINYARD_GUARDED_BY(mutex_);
};

}  // namespace trainyard
