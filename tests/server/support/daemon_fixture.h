// A whole server in the test's process, on a free port and a folder of its own, with scripted
// workers (see scripted_worker.cc) as real processes. The specification is taken as it is, unless
// its name begins with "bad" (two violations) or "exhaust" (memory runs out), or
// its data set is gone.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/daemon.h"
#include "trainyard/v1/artifact_service.grpc.pb.h"
#include "trainyard/v1/job_service.grpc.pb.h"
#include "trainyard/v1/metric_service.grpc.pb.h"

namespace trainyard {

class AnySpecification final : public SpecificationChecker {
 public:
  // Specifications with a data source get a violation.
  std::atomic<bool> data_is_gone{false};
  // Jobs have keys of their results: all but their names counts.
  std::atomic<bool> results_have_keys{false};
  // Checks of "slow..." wait for it, where it is set.
  std::shared_future<void> gate;
  mutable std::atomic<int> waiting{0};
  CheckedSpecification CheckTraining(const v1::Specification& specification,
                                     Violations& violations) const override;
  absl::StatusOr<CheckedSpecification> CheckPrediction(const v1::Specification& specification,
                                                       const v1::Job& model,
                                                       Violations& violations) const override;
};

// What a failed call carries.
struct ErrorDetails {
  google::rpc::Status status;
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad_request;
  google::rpc::ResourceInfo resource;
  google::rpc::RetryInfo retry;
  google::rpc::QuotaFailure quota;
  int infos = 0;
};
ErrorDetails DetailsOf(const grpc::Status& status);

class DaemonFixture : public ::testing::Test {
 protected:
  DaemonFixture();
  ~DaemonFixture() override;

  // With options_; on the same folder again after StopDaemon.
  void StartDaemon();
  // Not drained: workers stay.
  void StopDaemon() { daemon_.reset(); }

  v1::CreateJobRequest Request(const std::string& name, uint64_t steps) const;
  // Full name of the job; fails the test where it is refused.
  std::string Submit(const std::string& name, uint64_t steps);
  v1::Job Get(const std::string& job);
  // Watches until the job's end, or until `enough` says so; resumes over broken streams.
  std::vector<v1::WatchJobResponse> Watch(
      const std::string& job,
      const std::function<bool(const v1::WatchJobResponse&)>& enough = nullptr);
  // The frame of a step's metrics.
  static bool IsStep(const v1::WatchJobResponse& frame, uint64_t step);
  // Process ids of this folder's workers.
  std::vector<pid_t> WorkerProcesses() const;

  const std::string folder_;
  AnySpecification checker_;
  DaemonOptions options_;
  std::unique_ptr<Daemon> daemon_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::JobService::Stub> jobs_;
  std::unique_ptr<v1::MetricService::Stub> metrics_;
  std::unique_ptr<v1::ArtifactService::Stub> artifacts_;
};

}  // namespace trainyard
