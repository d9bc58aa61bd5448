// The server as a peer of others: address, tokens, health, limits, hostile connections.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include <gtest/gtest.h>

#include "engine/base/status.h"
#include "tests/server/support/daemon_fixture.h"
#include "trainyard/v1/catalog_service.grpc.pb.h"
#include "trainyard/v1/data_service.grpc.pb.h"
#include "trainyard/v1/server_service.grpc.pb.h"

namespace trainyard {
namespace {

class ServerTest : public DaemonFixture {
 protected:
  int Connect() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    const std::string& text = daemon_->address();
    address.sin_port = htons(static_cast<uint16_t>(std::stoi(text.substr(text.rfind(':') + 1))));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return fd >= 0 && connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? fd
                                                                                              : -1;
  }
  grpc::Status Info(v1::ServerInfo& info, const std::string& token = "") {
    grpc::ClientContext context;
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
    return v1::ServerService::NewStub(channel_)->GetServerInfo(&context, {}, &info);
  }
};

TEST_F(ServerTest, SaysWhatItIs) {
  options_.version = "1.2.3";
  StartDaemon();
  v1::ServerInfo info;
  ASSERT_TRUE(Info(info).ok());
  EXPECT_EQ(info.version(), "1.2.3");
  EXPECT_EQ(info.cores(), 4u);
  EXPECT_NE(info.onednn_version(), "");
  EXPECT_FALSE(info.draining());
}

TEST_F(ServerTest, PublishesItsAddress) {
  StartDaemon();
  std::string address;
  std::ifstream(folder_ + "/data/run/address") >> address;
  EXPECT_EQ(address, daemon_->address());
}

TEST_F(ServerTest, RunsJobsInAFolderWhoseNameIsNoUri) {
  options_.data_folder = folder_ + "/a#b%20c?d";
  StartDaemon();
  EXPECT_EQ(Watch(Submit("short", 3)).back().end().state(), v1::SUCCEEDED);
}

TEST_F(ServerTest, KeepsItsSecretsToItself) {
  StartDaemon();
  for (const auto& [path, mode] : std::vector<std::pair<std::string, mode_t>>{
           {"/data/run", 0700}, {"/data/run/worker.secret", 0600}}) {
    struct stat status;
    ASSERT_EQ(stat((folder_ + path).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, mode) << path;
  }
}

TEST_F(ServerTest, RefusesAPortThatIsInUse) {
  StartDaemon();
  DaemonOptions second = options_;
  second.data_folder = folder_ + "/second";
  second.listen = daemon_->address();
  const auto started = Daemon::Start(second);
  ASSERT_TRUE(absl::IsFailedPrecondition(started.status())) << Message(started.status());
  EXPECT_NE(Message(started.status()).find("in use"), std::string::npos);
}

TEST_F(ServerTest, RefusesAFolderThatIsInUse) {
  StartDaemon();
  DaemonOptions second = options_;
  second.listen = "127.0.0.1:0";
  EXPECT_TRUE(absl::IsFailedPrecondition(Daemon::Start(second).status()));
  v1::ServerInfo info;
  EXPECT_TRUE(Info(info).ok());
}

TEST_F(ServerTest, RefusesAddressesThatAreNone) {
  for (const char* address :
       {"", "7070", "localhost", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:x", "::1"}) {
    options_.listen = address;
    EXPECT_TRUE(absl::IsInvalidArgument(Daemon::Start(options_).status())) << address;
  }
}

TEST_F(ServerTest, DoesNotOpenItselfToTheNetworkByAccident) {
  options_.listen = "0.0.0.0:0";
  EXPECT_TRUE(absl::IsFailedPrecondition(Daemon::Start(options_).status()));
  options_.trust_network = true;
  EXPECT_TRUE(Daemon::Start(options_).ok());
}

TEST_F(ServerTest, AsksForItsToken) {
  options_.token_file = folder_ + "/tokens";
  std::ofstream(options_.token_file) << "0123456789abcdef\n";
  chmod(options_.token_file.c_str(), 0600);
  StartDaemon();
  v1::ServerInfo info;
  const grpc::Status missing = Info(info);
  EXPECT_EQ(missing.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(DetailsOf(missing).info.reason(), "TOKEN_MISSING");
  EXPECT_EQ(Info(info, "fedcba9876543210").error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(Info(info, "0123456789abcdef").ok());
  // Every kind of call.
  grpc::ClientContext watch_context, download_context;
  v1::WatchJobResponse frame;
  const auto watch = jobs_->WatchJob(&watch_context, {});
  EXPECT_FALSE(watch->Read(&frame));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  v1::DownloadArtifactResponse chunk;
  const auto download = artifacts_->DownloadArtifact(&download_context, {});
  EXPECT_FALSE(download->Read(&chunk));
  EXPECT_EQ(download->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(ServerTest, DescribesTheWholeCatalog) {
  StartDaemon();
  const auto stub = v1::CatalogService::NewStub(channel_);
  grpc::ClientContext context;
  v1::ListComponentsResponse all;
  ASSERT_TRUE(stub->ListComponents(&context, {}, &all).ok());
  EXPECT_GT(all.components_size(), 30);
  grpc::ClientContext one_context;
  v1::GetComponentRequest request;
  request.set_type("dense");
  v1::ComponentDescription dense;
  ASSERT_TRUE(stub->GetComponent(&one_context, request, &dense).ok());
  EXPECT_EQ(dense.kind(), "layer");
  grpc::ClientContext wrong_context;
  request.set_type("dnese");
  const grpc::Status status = stub->GetComponent(&wrong_context, request, &dense);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_NE(status.error_message().find("dense"), std::string::npos);
}

TEST_F(ServerTest, ListsDataSetsInPages) {
  StartDaemon();
  for (const char* name : {"a", "b", "c"})
    std::ofstream(folder_ + "/data/datasets/" + name + ".csv") << "1";
  const auto stub = v1::DataService::NewStub(channel_);
  v1::ListDatasetsRequest request;
  request.set_page_size(2);
  v1::ListDatasetsResponse first, second;
  grpc::ClientContext first_context, second_context;
  ASSERT_TRUE(stub->ListDatasets(&first_context, request, &first).ok());
  ASSERT_EQ(first.datasets_size(), 2);
  request.set_page_token(first.next_page_token());
  ASSERT_TRUE(stub->ListDatasets(&second_context, request, &second).ok());
  ASSERT_EQ(second.datasets_size(), 1);
  EXPECT_EQ(second.datasets(0).path(), "c.csv");
  EXPECT_EQ(second.next_page_token(), "");
}

TEST_F(ServerTest, LivesThroughGarbageOnItsPort) {
  StartDaemon();
  for (const std::string& garbage :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(100'000, '\xff'), std::string(1, '\0'),
        std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") + std::string(1000, '\x7f')}) {
    const int fd = Connect();
    ASSERT_GE(fd, 0);
    (void)send(fd, garbage.data(), garbage.size(), MSG_NOSIGNAL);
    close(fd);
  }
  v1::ServerInfo info;
  EXPECT_TRUE(Info(info).ok());
}

TEST_F(ServerTest, RefusesAFloodOfConnectionsAndGoesOn) {
  struct rlimit before;
  getrlimit(RLIMIT_NOFILE, &before);
  struct rlimit few = before;
  few.rlim_cur = 600;
  setrlimit(RLIMIT_NOFILE, &few);
  StartDaemon();
  v1::ServerInfo info;
  EXPECT_TRUE(Info(info).ok());
  // Both ends are in this process: the server's share reaches its limit before ours does.
  std::vector<int> flood;
  for (int i = 0; i < 230; ++i) flood.push_back(Connect());
  EXPECT_TRUE(Info(info).ok());
  for (const int fd : flood) {
    if (fd >= 0) close(fd);
  }
  // A newcomer gets through again.
  grpc::ChannelArguments own_connection;
  own_connection.SetInt("newcomer", 1);
  channel_ = grpc::CreateCustomChannel(daemon_->address(), grpc::InsecureChannelCredentials(),
                                       own_connection);
  EXPECT_TRUE(
      channel_->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10)));
  EXPECT_TRUE(Info(info).ok());
  setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace trainyard
