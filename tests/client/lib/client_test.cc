#include "client/lib/client.h"

#include <grpcpp/support/status_code_enum.h>

#include "absl/strings/match.h"
#include "client/lib/errors.h"
#include "client/lib/job_names.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/fake_server.h"
#include "trainyard/v1/server_service.pb.h"

namespace trainyard::client {
namespace {

using std::chrono::milliseconds;

v1::CreateJobRequest Request(const std::string& name) {
  v1::CreateJobRequest request;
  request.mutable_specification()->set_name(name);
  return request;
}

FakeError Draining() { return {grpc::StatusCode::UNAVAILABLE, "draining", "DRAINING", {}, {}, 1}; }

class ClientTest : public testing::Test {
 protected:
  FakeServer server_;
  Client client_{server_.settings(), CallPolicy()};
};

TEST_F(ClientTest, CallsTheServer) { EXPECT_EQ(client_.GetServerInfo()->version(), "0.1.0"); }

TEST_F(ClientTest, RepeatsUnavailableCallsWithOneRequestId) {
  server_.FailNext(Draining(), 3);
  const absl::StatusOr<v1::Job> job = client_.CreateJob(Request("a"));
  ASSERT_TRUE(job.ok()) << job.status();
  ASSERT_EQ(server_.created().size(), 4u);
  EXPECT_EQ(server_.created()[0].request_id().size(), 32u);
  for (const v1::CreateJobRequest& request : server_.created()) {
    EXPECT_EQ(request.request_id(), server_.created()[0].request_id());
  }
}

TEST_F(ClientTest, GivesEachCallItsOwnRequestIdUnlessOneIsGiven) {
  ASSERT_TRUE(client_.CreateJob(Request("a")).ok());
  ASSERT_TRUE(client_.CreateJob(Request("b")).ok());
  v1::CreateJobRequest mine = Request("c");
  mine.set_request_id("mine");
  ASSERT_TRUE(client_.CreateJob(mine).ok());
  EXPECT_NE(server_.created()[0].request_id(), server_.created()[1].request_id());
  EXPECT_EQ(server_.created()[2].request_id(), "mine");
}

TEST_F(ClientTest, RepeatsNothingElse) {
  server_.FailNext({grpc::StatusCode::INTERNAL, "broken", "", {}, {}, -1});
  EXPECT_EQ(client_.GetServerInfo().status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(server_.calls(), 1);
}

TEST_F(ClientTest, GivesUpInTime) {
  server_.FailNext(Draining(), 1000);
  Client hasty(server_.settings(), {milliseconds(1000), milliseconds(50)});
  const absl::Status status = hasty.GetServerInfo().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(status), "DRAINING");
}

TEST_F(ClientTest, SaysThatNobodyAnswers) {
  server_.Stop();
  Client hasty(server_.settings(), {milliseconds(1000), milliseconds(50)});
  const absl::Status status = hasty.GetServerInfo().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(absl::StrContains(Message(status), "no server answers at " + server_.address()));
}

TEST_F(ClientTest, FindsARestartedServer) {
  ASSERT_TRUE(client_.GetServerInfo().ok());
  server_.Stop();
  server_.Start();
  EXPECT_TRUE(client_.GetServerInfo().ok());
}

TEST_F(ClientTest, ReadsEveryDetailOfAnError) {
  server_.FailNext({grpc::StatusCode::INVALID_ARGUMENT,
                    "two errors",
                    "INVALID_SPECIFICATION",
                    {{"model.layers[0].units", "must be >= 1"}, {"seed", "odd"}},
                    {{"jobs", "1000 queued"}},
                    1500});
  const absl::Status status = client_.CreateJob(Request("a")).status();
  EXPECT_EQ(ReasonOf(status), "INVALID_SPECIFICATION");
  ASSERT_EQ(ViolationsOf(status).size(), 2u);
  EXPECT_EQ(ViolationsOf(status)[0].path, "model.layers[0].units");
  EXPECT_EQ(ViolationsOf(status)[1].message, "odd");
  EXPECT_EQ(RetryDelayOf(status), milliseconds(1500));
  EXPECT_THAT(QuotasOf(status), testing::ElementsAre("jobs: 1000 queued"));
}

TEST_F(ClientTest, SendsItsToken) {
  Settings settings = server_.settings();
  settings.token = "secret";
  ASSERT_TRUE(Client(settings, CallPolicy()).GetServerInfo().ok());
  EXPECT_EQ(server_.last_authorization(), "Bearer secret");
}

TEST_F(ClientTest, ResolvesJobs) {
  server_.AddJob("lenet");
  server_.AddJob("lenet-2");
  server_.AddJob("mlp-5");
  EXPECT_EQ(*ResolveJob(client_, "lenet"), "jobs/lenet");
  EXPECT_EQ(*ResolveJob(client_, "jobs/lenet-2"), "jobs/lenet-2");
  EXPECT_EQ(*ResolveJob(client_, "mlp"), "jobs/mlp-5");
  EXPECT_EQ(*ResolveJob(client_, "@last"), "jobs/mlp-5");
}

TEST_F(ClientTest, SaysWhyAJobIsNotResolved) {
  EXPECT_EQ(ResolveJob(client_, "@last").status().code(), absl::StatusCode::kNotFound);
  server_.AddJob("lenet-1");
  server_.AddJob("lenet-2");
  const absl::Status ambiguous = ResolveJob(client_, "len").status();
  EXPECT_EQ(ambiguous.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(Message(ambiguous), "jobs/lenet-2, jobs/lenet-1"));
  EXPECT_EQ(ResolveJob(client_, "mlp").status().code(), absl::StatusCode::kNotFound);
  for (const char* text : {"", "a AND state=RUNNING", "../x", "jobs/", "@first"}) {
    EXPECT_EQ(ResolveJob(client_, text).status().code(), absl::StatusCode::kNotFound) << text;
  }
}

}  // namespace
}  // namespace trainyard::client
