#include "server/api/grpc_server.h"

#include <sys/resource.h>
#include <sys/un.h>

#include <algorithm>
#include <mutex>
#include <string_view>

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "trainyard/v1/artifact_service.grpc.pb.h"
#include "trainyard/v1/catalog_service.grpc.pb.h"
#include "trainyard/v1/data_service.grpc.pb.h"
#include "trainyard/v1/job_service.grpc.pb.h"
#include "trainyard/v1/metric_service.grpc.pb.h"
#include "trainyard/v1/server_service.grpc.pb.h"

namespace trainyard {
namespace {

// A specification of 1 MiB and the rest of its request. gRPC refuses more before it is parsed.
constexpr int kLargestPublicMessage = (1 << 20) + (64 << 10);
constexpr int kLargestWorkerMessage = 64 << 20;
constexpr int kLargestMetadata = 16 << 10;
constexpr int kStreamsOfConnection = 256;
constexpr size_t kMemory = 512 << 20;
// Reflection alone is served by gRPC's own blocking threads; each of its streams holds one.
constexpr int kThreads = 64;
constexpr int kHandshakeMilliseconds = 3000;
constexpr int kPingMilliseconds = 60'000;
constexpr int kPingTimeoutMilliseconds = 20'000;
constexpr int kShortestPingIntervalMilliseconds = 10'000;
// A connection without calls; clients dial again by themselves.
constexpr int kIdleMilliseconds = 5 * 60'000;
// Files kept for the database, artifacts and workers.
constexpr rlim_t kReservedFiles = 128;

void SetLimits(grpc::ServerBuilder& builder, int largest_message) {
  builder.SetMaxReceiveMessageSize(largest_message);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsOfConnection);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kLargestMetadata);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMilliseconds);
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MAX_POLLERS, 2);
}

int MostFiles() {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 512;
  return static_cast<int>(
      std::min<rlim_t>(std::max(limit.rlim_cur / 2, limit.rlim_cur - kReservedFiles), 1 << 20));
}

}  // namespace

absl::StatusOr<std::unique_ptr<grpc::Server>> StartPublicServer(
    const std::vector<grpc::Service*>& services, Listener& listener) {
  // Both are settings of the process in gRPC's API.
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
  grpc::ServerBuilder builder;
  SetLimits(builder, kLargestPublicMessage);
  grpc::ResourceQuota quota("public");
  quota.Resize(kMemory).SetMaxThreads(kThreads);
  builder.SetResourceQuota(quota);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kPingMilliseconds);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingTimeoutMilliseconds);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kShortestPingIntervalMilliseconds);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kIdleMilliseconds);
  for (grpc::Service* service : services) builder.RegisterService(service);
  auto acceptor = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return absl::InternalError("gRPC could not start the public server");
  listener.Serve(std::move(acceptor), MostFiles());
  SetServing(*server, true);
  return server;
}

std::string UnixTarget(const std::string& path) {
  std::string target = "unix:";
  for (const char c : path) {
    const bool plain = absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                       std::string_view("/-._~").find(c) != std::string_view::npos;
    if (plain) {
      target += c;
    } else {
      absl::StrAppend(&target, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return target;
}

absl::StatusOr<std::unique_ptr<grpc::Server>> StartWorkerServer(grpc::Service& service,
                                                                const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the data folder's path is too long for a socket: ", path));
  }
  grpc::ServerBuilder builder;
  SetLimits(builder, kLargestWorkerMessage);
  builder.RegisterService(&service);
  builder.AddListeningPort(UnixTarget(path), grpc::InsecureServerCredentials());
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return absl::InternalError(absl::StrCat("cannot listen on ", path));
  return server;
}

void SetServing(grpc::Server& server, bool serving) {
  grpc::HealthCheckServiceInterface* health = server.GetHealthCheckService();
  for (const char* service :
       {v1::JobService::service_full_name(), v1::MetricService::service_full_name(),
        v1::ArtifactService::service_full_name(), v1::CatalogService::service_full_name(),
        v1::DataService::service_full_name(), v1::ServerService::service_full_name()}) {
    health->SetServingStatus(service, serving);
  }
  health->SetServingStatus(serving);
}

}  // namespace trainyard
