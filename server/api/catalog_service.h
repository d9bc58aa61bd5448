// CatalogService: every component that a specification may name, from its own schema. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "engine/base/params.h"
#include "server/rpc/calls.h"
#include "trainyard/v1/catalog_service.grpc.pb.h"

namespace trainyard {

class CatalogServiceHandler final : public v1::CatalogService::CallbackService {
 public:
  struct Item {
    std::string kind;
    // Outlives the service.
    const Schema* schema;
  };
  // By kind and then type.
  CatalogServiceHandler(Calls& calls, std::vector<Item> items)
      : calls_(calls), items_(std::move(items)) {}

  grpc::ServerUnaryReactor* ListComponents(grpc::CallbackServerContext* context,
                                           const v1::ListComponentsRequest* request,
                                           v1::ListComponentsResponse* response) override;
  grpc::ServerUnaryReactor* GetComponent(grpc::CallbackServerContext* context,
                                         const v1::GetComponentRequest* request,
                                         v1::ComponentDescription* response) override;

 private:
  absl::Status List(const v1::ListComponentsRequest& request,
                    v1::ListComponentsResponse& response) const;
  absl::Status Get(const v1::GetComponentRequest& request,
                   v1::ComponentDescription& response) const;
  absl::Status CheckKind(const std::string& kind) const;

  Calls& calls_;
  const std::vector<Item> items_;
};

}  // namespace trainyard
