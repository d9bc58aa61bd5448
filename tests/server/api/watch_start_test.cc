// Where a watch starts and how fast it goes through the past, on a clock that the test moves.
#include <atomic>
#include <cmath>
#include <thread>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "server/api/watch_frames.h"
#include "server/api/watch_stream.h"
#include "tests/server/store/support.h"
#include "tests/server/support/daemon_fixture.h"

namespace trainyard {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class OnlyWatches final : public v1::JobService::CallbackService {
 public:
  explicit OnlyWatches(Watches& watches) : watches_(watches) {}
  grpc::ServerWriteReactor<v1::WatchJobResponse>* WatchJob(
      grpc::CallbackServerContext* context, const v1::WatchJobRequest* request) override {
    return watches_.Open(context, request);
  }

 private:
  Watches& watches_;
};

class WatchStartTest : public StoreTest {
 protected:
  WatchStartTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::JobService::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                                        grpc::InsecureChannelCredentials()));
    job_ = AddJob("a");
    Claim(job_);
    request_.set_name(job_);
    request_.set_heartbeat_seconds(1);
    ticker_ = std::thread([this] {
      while (!stop_) {
        watches_.Tick();
        std::this_thread::yield();
      }
    });
  }
  ~WatchStartTest() override {
    stop_ = true;
    ticker_.join();
    watches_.Stop();
    server_->Shutdown();
    server_.reset();
    executor_.Stop();
  }

  void AppendSteps(uint64_t first, uint64_t last) {
    std::vector<v1::Event> events;
    for (uint64_t step = first; step <= last; ++step) {
      events.push_back(LogEvent(v1::INFO, "next"));
      events.push_back(ProgressEvent(step));
    }
    ASSERT_OK(Append(job_, std::move(events)));
  }
  void Succeed() { ASSERT_OK(Append(job_, {StateEvent(v1::SUCCEEDED)})); }

  // One stream.
  struct Stream {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<v1::WatchJobResponse>> reader;
    ~Stream() { context.TryCancel(); }
    v1::WatchJobResponse Next() {
      v1::WatchJobResponse frame;
      EXPECT_TRUE(reader->Read(&frame));
      return frame;
    }
  };
  std::unique_ptr<Stream> Open() {
    auto stream = std::make_unique<Stream>();
    stream->reader = stub_->WatchJob(&stream->context, request_);
    return stream;
  }
  ErrorDetails Refused() {
    const auto stream = Open();
    v1::WatchJobResponse frame;
    EXPECT_FALSE(stream->reader->Read(&frame));
    const grpc::Status status = stream->reader->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    return DetailsOf(status);
  }

  Authorizer everyone_{{}};
  ThreadedExecutor executor_{2};
  JobStore jobs_{*store_};
  Notifier notifier_{executor_, [this](const std::string& job) { return jobs_.LastSequence(job); }};
  Calls calls_{everyone_, executor_, /*limit=*/10};
  Watches watches_{calls_, jobs_, notifier_, clock_, /*limit=*/10};
  OnlyWatches service_{watches_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::JobService::Stub> stub_;
  std::string job_;
  v1::WatchJobRequest request_;
  std::atomic<bool> stop_{false};
  std::thread ticker_;
};

TEST_F(WatchStartTest, BeginsAtAStep) {
  AppendSteps(1, 1500);
  Succeed();
  request_.set_from_step(1200);
  const auto stream = Open();
  // Each step has a log line before it; there are two events before the first.
  uint64_t sequence = 2 + 2 * 1200;
  const v1::WatchJobResponse first = stream->Next();
  EXPECT_EQ(first.event().progress().step(), 1200u);
  EXPECT_EQ(first.event().sequence(), sequence);
  for (v1::WatchJobResponse frame = stream->Next(); !frame.has_end(); frame = stream->Next())
    EXPECT_EQ(frame.event().sequence(), ++sequence);
  EXPECT_EQ(sequence, 2u + 2 * 1500 + 1);
  EXPECT_TRUE(stream->reader->Finish().ok());
}

TEST_F(WatchStartTest, WaitsForAStepAlsoWhenItIsResumed) {
  AppendSteps(1, 3);
  request_.set_from_step(5);
  // Heartbeats come as soon as the search has begun.
  std::atomic<bool> searching{false};
  std::thread time_passes([&] {
    while (!searching) {
      clock_.Advance(seconds(1));
      std::this_thread::yield();
    }
  });
  const auto stream = Open();
  const v1::WatchJobResponse heartbeat = stream->Next();
  searching = true;
  time_passes.join();
  ASSERT_TRUE(heartbeat.has_heartbeat());
  AppendSteps(4, 6);
  Succeed();
  notifier_.Publish(job_, Row(job_).summary.last_sequence());
  request_.clear_from_step();
  request_.set_resume_token(heartbeat.resume_token());
  const auto resumed = Open();
  for (Stream* one : {stream.get(), resumed.get()}) {
    v1::WatchJobResponse frame = one->Next();
    while (frame.has_heartbeat()) frame = one->Next();
    EXPECT_EQ(frame.event().progress().step(), 5u);
  }
}

TEST_F(WatchStartTest, EndsWhereAStepNeverCame) {
  AppendSteps(1, 3);
  Succeed();
  request_.set_from_step(4);
  for (int resumes = 0; resumes < 2; ++resumes) {
    const auto stream = Open();
    const v1::WatchJobResponse frame = stream->Next();
    EXPECT_EQ(frame.end().state(), v1::SUCCEEDED);
    EXPECT_TRUE(stream->reader->Finish().ok());
    request_.clear_from_step();
    request_.set_resume_token(frame.resume_token());
  }
}

TEST_F(WatchStartTest, HasOneStart) {
  request_.set_from_step(4);
  request_.set_from_now(true);
  const ErrorDetails now = Refused();
  ASSERT_EQ(now.bad_request.field_violations_size(), 2);
  EXPECT_EQ(now.bad_request.field_violations(0).field(), "from_now");
  EXPECT_EQ(now.bad_request.field_violations(1).field(), "from_step");
  request_.set_from_now(false);
  request_.set_resume_token(WatchToken(job_, 1));
  EXPECT_EQ(Refused().bad_request.field_violations(0).field(), "resume_token");
}

TEST_F(WatchStartTest, ReplaysThePastAsItWas) {
  ASSERT_OK(Append(job_, {ProgressEvent(1)}));
  clock_.Advance(seconds(10));
  ASSERT_OK(Append(job_, {ProgressEvent(2)}));
  clock_.Advance(hours(1));
  ASSERT_OK(Append(job_, {ProgressEvent(3)}));
  Succeed();
  clock_.Advance(seconds(1));
  request_.set_replay_speed(2);
  const auto stream = Open();
  EXPECT_EQ(stream->Next().event().state().state(), v1::QUEUED);
  EXPECT_EQ(stream->Next().event().state().state(), v1::RUNNING);
  EXPECT_EQ(stream->Next().event().progress().step(), 1u);
  // 10 s at twice the speed.
  clock_.Advance(milliseconds(4900));
  EXPECT_TRUE(stream->Next().has_heartbeat());
  clock_.Advance(milliseconds(200));
  EXPECT_EQ(stream->Next().event().progress().step(), 2u);
  // An hour is 5 s.
  clock_.Advance(milliseconds(4800));
  EXPECT_TRUE(stream->Next().has_heartbeat());
  clock_.Advance(milliseconds(200));
  EXPECT_EQ(stream->Next().event().progress().step(), 3u);
  EXPECT_EQ(stream->Next().event().state().state(), v1::SUCCEEDED);
  EXPECT_TRUE(stream->Next().has_end());
  EXPECT_TRUE(stream->reader->Finish().ok());
}

TEST_F(WatchStartTest, ReplaysAtASpeedThatIsOne) {
  for (const double speed : {-1.0, std::nan(""), HUGE_VAL}) {
    request_.set_replay_speed(speed);
    EXPECT_EQ(Refused().bad_request.field_violations(0).field(), "replay_speed") << speed;
  }
}

TEST_F(WatchStartTest, RefusesAnUnknownDelivery) {
  request_.set_delivery(static_cast<v1::WatchJobRequest::Delivery>(99));
  EXPECT_EQ(Refused().bad_request.field_violations(0).field(), "delivery");
}

}  // namespace
}  // namespace trainyard
