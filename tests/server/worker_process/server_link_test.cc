#include "server/worker_process/server_link.h"

#include <thread>

#include <gtest/gtest.h>

#include "engine/base/error_info.h"
#include "tests/server/worker_process/scripted_server.h"

namespace trainyard {
namespace {

v1::Lease LeaseOf(const std::string& job) {
  v1::Lease lease;
  lease.set_job(job);
  lease.set_attempt(1);
  lease.set_token(1);
  return lease;
}

v1::WorkResponse Assign(const std::string& job) {
  v1::WorkResponse response;
  *response.mutable_assign()->mutable_lease() = LeaseOf(job);
  return response;
}

v1::WorkResponse Ack(const std::string& job, uint64_t last_sequence, bool over = false) {
  v1::WorkResponse response;
  *response.mutable_ack()->mutable_lease() = LeaseOf(job);
  response.mutable_ack()->set_last_sequence(last_sequence);
  response.mutable_ack()->set_over(over);
  return response;
}

v1::Event Step(uint64_t step) {
  v1::Event event;
  event.mutable_progress()->set_step(step);
  return event;
}

absl::Status LeaseLost() {
  return WithReason(absl::FailedPreconditionError("the lease is over"), "LEASE_LOST");
}

class ServerLinkTest : public ::testing::Test {
 protected:
  ServerLinkTest() : link_(Options(server_.address())) {}

  static ServerLink::Options Options(const std::string& address) {
    ServerLink::Options options;
    options.address = address;
    options.secret = "secret";
    options.worker = "worker";
    return options;
  }

  // The worker dials, and says that it holds `job`, or none where it is empty.
  ScriptedStream& Dialled(const std::string& job = "") {
    ScriptedStream& stream = server_.NextStream();
    const v1::WorkRequest request = stream.Read();
    EXPECT_EQ(request.hello().worker(), "worker");
    EXPECT_EQ(request.hello().lease().job(), job);
    return stream;
  }
  ServerLink::Job Take(ScriptedStream& stream, const std::string& job) {
    stream.Send(Assign(job));
    return Taken(job);
  }
  ServerLink::Job Taken(const std::string& job) {
    std::optional<ServerLink::Job> taken = link_.NextJob();
    EXPECT_TRUE(taken.has_value());
    EXPECT_EQ(taken->lease().job(), job);
    return *std::move(taken);
  }
  static void ExpectReport(ScriptedStream& stream, const std::string& job, uint64_t first_sequence,
                           uint64_t step) {
    const v1::WorkRequest request = stream.Read();
    EXPECT_EQ(request.report().lease().job(), job) << request.ShortDebugString();
    EXPECT_EQ(request.report().first_sequence(), first_sequence);
    ASSERT_NE(request.report().events_size(), 0);
    EXPECT_EQ(request.report().events(0).progress().step(), step);
  }
  static void ExpectDone(ScriptedStream& stream, const std::string& job, bool preempted = false) {
    const v1::WorkRequest request = stream.Read();
    ASSERT_TRUE(request.has_done()) << request.ShortDebugString();
    EXPECT_EQ(request.done().lease().job(), job);
    EXPECT_EQ(request.done().preempted(), preempted);
  }

  ScriptedServer server_;
  ServerLink link_;
};

TEST_F(ServerLinkTest, JobAfterJobOverOneStream) {
  ScriptedStream& stream = Dialled();
  for (const char* name : {"jobs/a", "jobs/b"}) {
    const ServerLink::Job job = Take(stream, name);
    link_.Emit(job, Step(1));
    ExpectReport(stream, name, 1, 1);
    stream.Send(Ack(name, 1));
    link_.Done(job, /*preempted=*/false);
    ExpectDone(stream, name);
    stream.Send(Ack(name, 1, /*over=*/true));
  }
  std::thread closing([this] { link_.Close(); });
  EXPECT_TRUE(stream.HungUp());
  closing.join();
}

TEST_F(ServerLinkTest, WhatWasNotAckedIsSentAgainOnceTheServerHasSaidWhatItHas) {
  ScriptedStream& first = Dialled();
  const ServerLink::Job job = Take(first, "jobs/a");
  link_.Emit(job, Step(1));
  ExpectReport(first, "jobs/a", 1, 1);
  link_.Emit(job, Step(2));
  ExpectReport(first, "jobs/a", 2, 2);
  first.Close(absl::UnavailableError("the server is gone"));
  ScriptedStream& second = Dialled("jobs/a");
  second.Send(Ack("jobs/a", 1));
  ExpectReport(second, "jobs/a", 2, 2);
}

TEST_F(ServerLinkTest, AJobAfterAnEndThatGotNoAnswerIsReported) {
  ScriptedStream& first = Dialled();
  link_.Done(Take(first, "jobs/a"), /*preempted=*/false);
  ExpectDone(first, "jobs/a");
  first.Close(absl::UnavailableError("the server is gone"));
  ScriptedStream& second = Dialled("jobs/a");
  second.Send(Ack("jobs/a", 0, /*over=*/true));
  const ServerLink::Job job = Take(second, "jobs/b");
  link_.Emit(job, Step(1));
  ExpectReport(second, "jobs/b", 1, 1);
}

TEST_F(ServerLinkTest, AWorkerWhoseEndedLeaseIsRefusedDialsWithoutIt) {
  ScriptedStream& first = Dialled();
  link_.Done(Take(first, "jobs/a"), /*preempted=*/false);
  ExpectDone(first, "jobs/a");
  first.Close(absl::UnavailableError("the server is gone"));
  Dialled("jobs/a").Close(LeaseLost());
  ScriptedStream& third = Dialled();
  const ServerLink::Job job = Take(third, "jobs/b");
  link_.Emit(job, Step(1));
  ExpectReport(third, "jobs/b", 1, 1);
}

TEST_F(ServerLinkTest, AWorkerThatLostItsLeaseDialsWhenItsJobHasStopped) {
  ScriptedStream& first = Dialled();
  const ServerLink::Job job = Take(first, "jobs/a");
  first.Close(LeaseLost());
  while (!job.cancel->requested()) std::this_thread::yield();
  EXPECT_EQ(server_.waiting(), 0u);
  link_.Done(job, /*preempted=*/false);
  Dialled();
}

TEST_F(ServerLinkTest, AJobThatLostItsLeaseSaysNothingUnderTheNext) {
  ScriptedStream& first = Dialled();
  const ServerLink::Job old = Take(first, "jobs/a");
  first.Close(absl::UnavailableError("the server is gone"));
  ScriptedStream& second = Dialled("jobs/a");
  second.Send(Ack("jobs/a", 0, /*over=*/true));
  second.Send(Assign("jobs/b"));
  while (!old.cancel->requested()) std::this_thread::yield();
  // Whether or not the next job is known yet.
  link_.Emit(old, Step(1));
  EXPECT_TRUE(absl::IsFailedPrecondition(link_.Upload(old, v1::Artifact(), "bytes")));
  EXPECT_TRUE(absl::IsFailedPrecondition(link_.Fetch(old, v1::Artifact()).status()));
  link_.Done(old, /*preempted=*/false);
  const ServerLink::Job next = Taken("jobs/b");
  link_.Emit(old, Step(2));
  link_.Done(old, /*preempted=*/true);
  link_.Emit(next, Step(3));
  ExpectReport(second, "jobs/b", 1, 3);
  link_.Done(next, /*preempted=*/false);
  ExpectDone(second, "jobs/b");
}

TEST_F(ServerLinkTest, ADrainedJobIsPreempted) {
  ScriptedStream& stream = Dialled();
  const ServerLink::Job job = Take(stream, "jobs/a");
  link_.Drain();
  EXPECT_EQ(job.cancel->reason(), CancelToken::Reason::kDrained);
  link_.Done(job, /*preempted=*/true);
  ExpectDone(stream, "jobs/a", /*preempted=*/true);
  EXPECT_FALSE(link_.NextJob().has_value());
}

TEST_F(ServerLinkTest, AJobThatIsAssignedToALeavingWorkerGoesBack) {
  ScriptedStream& stream = Dialled();
  link_.Drain();
  EXPECT_FALSE(link_.NextJob().has_value());
  stream.Send(Assign("jobs/a"));
  ExpectDone(stream, "jobs/a", /*preempted=*/true);
  std::thread closing([this] { link_.Close(); });
  stream.Send(Ack("jobs/a", 0, /*over=*/true));
  EXPECT_TRUE(stream.HungUp());
  closing.join();
}

TEST(ServerLinkHeartbeat, IsSentWithAndWithoutAJobAndBeforeHelloIsAnswered) {
  ScriptedServer server;
  ServerLink::Options options;
  options.address = server.address();
  options.worker = "worker";
  options.heartbeat_interval = std::chrono::milliseconds(1);
  ServerLink link(options);
  ScriptedStream& first = server.NextStream();
  EXPECT_TRUE(first.Read().has_hello());
  EXPECT_TRUE(first.Read().has_heartbeat());
  first.Send(Assign("jobs/a"));
  EXPECT_TRUE(link.NextJob().has_value());
  EXPECT_TRUE(first.Read().has_heartbeat());
  first.Close(absl::UnavailableError("the server is gone"));
  ScriptedStream& second = server.NextStream();
  EXPECT_TRUE(second.Read().hello().has_lease());
  EXPECT_TRUE(second.Read().has_heartbeat());
}

TEST_F(ServerLinkTest, ARefusedFileComesWithTheServersReason) {
  const ServerLink::Job job = Take(Dialled(), "jobs/a");
  server_.set_upload_status(
      WithReason(absl::ResourceExhaustedError("no room"), "DISK_FULL", {{"path", "/data"}}));
  const absl::Status refused = link_.Upload(job, v1::Artifact(), "bytes");
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_EQ(ReasonOf(refused), "DISK_FULL");
  EXPECT_EQ(MetadataOf(refused).at("path"), "/data");
}

}  // namespace
}  // namespace trainyard
