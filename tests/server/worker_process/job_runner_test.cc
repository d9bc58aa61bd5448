#include "server/worker_process/job_runner.h"

#include <sys/resource.h>

#include <algorithm>
#include <functional>
#include <new>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "engine/base/error_info.h"
#include "tests/server/worker_process/scripted_server.h"

namespace trainyard {
namespace {

// printf d | sha256sum
constexpr char kHashOfD[] = "18ac3e7343f016890c510e93f935261169d9e3f565436429830faf0934f4f8e4";

class FakeEngine final : public Engine {
 public:
  RunOutcome Run(const v1::WorkResponse::Assign& assignment, std::string checkpoint,
                 const std::string& model, const CancelToken& cancel, JobSink& sink) override {
    return run(checkpoint);
  }
  std::function<RunOutcome(const std::string& checkpoint)> run;
};

// A worker that runs what it is assigned until the end of the test.
class JobRunnerTest : public ::testing::Test {
 protected:
  JobRunnerTest() : link_(Options(server_.address())), stream_(server_.NextStream()) {
    EXPECT_TRUE(stream_.Read().has_hello());
    engine_.run = [](const std::string&) { return RunOutcome(); };
    worker_ = std::thread([this] { WorkForServer(link_, engine_, clock_); });
  }
  ~JobRunnerTest() override {
    link_.Drain();
    worker_.join();
  }

  static ServerLink::Options Options(const std::string& address) {
    ServerLink::Options options;
    options.address = address;
    options.worker = "worker";
    return options;
  }

  // What the job's last event says, once its lease is over.
  v1::StateChanged EndOf(v1::WorkResponse::Assign assignment) {
    assignment.mutable_lease()->set_job("jobs/a");
    assignment.mutable_lease()->set_token(++token_);
    v1::WorkResponse response;
    *response.mutable_assign() = assignment;
    stream_.Send(response);
    const v1::WorkRequest report = stream_.Read();
    EXPECT_EQ(report.report().events_size(), 1) << report.ShortDebugString();
    EXPECT_TRUE(stream_.Read().has_done());
    *response.mutable_ack()->mutable_lease() = assignment.lease();
    response.mutable_ack()->set_over(true);
    stream_.Send(response);
    return report.report().events_size() == 0 ? v1::StateChanged()
                                              : report.report().events(0).state();
  }
  v1::StateChanged EndFromCheckpoint() {
    v1::WorkResponse::Assign assignment;
    assignment.mutable_checkpoint()->set_name("checkpoint");
    assignment.mutable_checkpoint()->set_sha256(kHashOfD);
    return EndOf(assignment);
  }

  ScriptedServer server_;
  const RealClock clock_;
  FakeEngine engine_;
  ServerLink link_;
  ScriptedStream& stream_;
  uint64_t token_ = 0;
  std::thread worker_;
};

TEST_F(JobRunnerTest, TheEngineGetsTheCheckpoint) {
  std::string got;
  engine_.run = [&](const std::string& checkpoint) {
    got = checkpoint;
    return RunOutcome();
  };
  server_.set_file(std::string("d"));
  EXPECT_EQ(EndFromCheckpoint().state(), v1::SUCCEEDED);
  EXPECT_EQ(got, "d");
}

TEST_F(JobRunnerTest, OtherBytesThanNamedAreACorruptCheckpoint) {
  server_.set_file(std::string("e"));
  const v1::StateChanged end = EndFromCheckpoint();
  EXPECT_EQ(end.state(), v1::FAILED);
  EXPECT_EQ(end.reason(), "CHECKPOINT_CORRUPT");
}

TEST_F(JobRunnerTest, AFileThatTheServerCouldNotReadIsNotCalledCorrupt) {
  server_.set_file(WithReason(absl::InternalError("read: Input/output error"), "DISK_FAILED"));
  EXPECT_EQ(EndFromCheckpoint().reason(), "DISK_FAILED");
  server_.set_file(absl::InternalError("without a reason"));
  EXPECT_EQ(EndFromCheckpoint().reason(), "INTERNAL");
}

TEST_F(JobRunnerTest, AnAllocationThatFailsIsOutOfMemory) {
  engine_.run = [](const std::string&) -> RunOutcome { throw std::bad_alloc(); };
  EXPECT_EQ(EndOf({}).reason(), "OUT_OF_MEMORY");
}

TEST_F(JobRunnerTest, AJobWithoutAMemoryLimitDoesNotInheritOne) {
  rlim_t limit = 0;
  engine_.run = [&](const std::string&) {
    struct rlimit data;
    getrlimit(RLIMIT_DATA, &data);
    limit = data.rlim_cur;
    return RunOutcome();
  };
  struct rlimit before;
  getrlimit(RLIMIT_DATA, &before);
  v1::WorkResponse::Assign assignment;
  // More than a sanitizer maps for itself.
  assignment.set_memory_bytes(uint64_t{1} << 45);
  EndOf(assignment);
  EXPECT_EQ(limit, std::min(before.rlim_max, (rlim_t{1} << 46) + (rlim_t{2} << 30)));
  EndOf({});
  EXPECT_EQ(limit, before.rlim_max);
}

}  // namespace
}  // namespace trainyard
