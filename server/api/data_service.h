// DataService: what the server's data roots hold. Thread-safe.
#pragma once

#include "engine/data/roots.h"
#include "server/rpc/calls.h"
#include "trainyard/v1/data_service.grpc.pb.h"

namespace trainyard {

class DataServiceHandler final : public v1::DataService::CallbackService {
 public:
  DataServiceHandler(Calls& calls, DataRoots roots) : calls_(calls), roots_(std::move(roots)) {}

  grpc::ServerUnaryReactor* ListDatasets(grpc::CallbackServerContext* context,
                                         const v1::ListDatasetsRequest* request,
                                         v1::ListDatasetsResponse* response) override;

 private:
  absl::Status List(const v1::ListDatasetsRequest& request,
                    v1::ListDatasetsResponse& response) const;

  Calls& calls_;
  const DataRoots roots_;
};

}  // namespace trainyard
