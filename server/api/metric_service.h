// MetricService: what jobs have measured and said, read from their logs. Thread-safe.
#pragma once

#include "server/rpc/calls.h"
#include "server/store/job_store.h"
#include "trainyard/v1/metric_service.grpc.pb.h"

namespace trainyard {

class MetricServiceHandler final : public v1::MetricService::CallbackService {
 public:
  MetricServiceHandler(Calls& calls, const JobStore& jobs) : calls_(calls), jobs_(jobs) {}

  grpc::ServerUnaryReactor* ListSeries(grpc::CallbackServerContext* context,
                                       const v1::ListSeriesRequest* request,
                                       v1::ListSeriesResponse* response) override;
  grpc::ServerUnaryReactor* ReadSeries(grpc::CallbackServerContext* context,
                                       const v1::ReadSeriesRequest* request,
                                       v1::ReadSeriesResponse* response) override;
  grpc::ServerUnaryReactor* ReadLogs(grpc::CallbackServerContext* context,
                                     const v1::ReadLogsRequest* request,
                                     v1::ReadLogsResponse* response) override;

 private:
  absl::Status List(const v1::ListSeriesRequest& request, v1::ListSeriesResponse& response) const;
  absl::Status Read(const v1::ReadSeriesRequest& request, v1::ReadSeriesResponse& response) const;
  absl::Status Logs(const v1::ReadLogsRequest& request, v1::ReadLogsResponse& response) const;

  Calls& calls_;
  const JobStore& jobs_;
};

}  // namespace trainyard
