// A gRPC server with this project's limits: sizes, streams, keepalive, handshake. Two of them run:
// the public one on a port, with health and reflection, and the workers' on a unix socket.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/server.h>

#include "absl/status/statusor.h"
#include "server/api/listener.h"

namespace trainyard {

// Accepts from `listener`, which outlives the server. Health says SERVING.
absl::StatusOr<std::unique_ptr<grpc::Server>> StartPublicServer(
    const std::vector<grpc::Service*>& services, Listener& listener);
// gRPC's name of a unix socket, for servers and clients: both read it as a URI, so that what has a
// meaning there ('#', '?', '%', ...) is escaped. `path` is absolute.
std::string UnixTarget(const std::string& path);
// Only this user can connect to `path`, whose folder must be this user's alone.
absl::StatusOr<std::unique_ptr<grpc::Server>> StartWorkerServer(grpc::Service& service,
                                                                const std::string& path);

// For load balancers and probes: SERVING or NOT_SERVING, of every service.
void SetServing(grpc::Server& server, bool serving);

}  // namespace trainyard
