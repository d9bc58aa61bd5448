// What handlers throw: the call fails, the server goes on.
#include "server/rpc/exceptions.h"

#include <new>
#include <stdexcept>
#include <thread>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "engine/base/error_info.h"
#include "server/rpc/calls.h"
#include "server/rpc/chunk_stream.h"
#include "trainyard/v1/artifact_service.grpc.pb.h"

namespace trainyard {
namespace {

TEST(CatchExceptions, GivesTheStatusOfWhatDoesNotThrow) {
  EXPECT_TRUE(CatchExceptions([] { return absl::OkStatus(); }).ok());
  EXPECT_TRUE(absl::IsNotFound(CatchExceptions([] { return absl::NotFoundError("x"); })));
}

TEST(CatchExceptions, TellsMemoryFromOtherErrors) {
  const absl::Status memory = CatchExceptions([]() -> absl::Status { throw std::bad_alloc(); });
  EXPECT_TRUE(absl::IsResourceExhausted(memory));
  EXPECT_EQ(ReasonOf(memory), "OUT_OF_MEMORY");
  const absl::Status other =
      CatchExceptions([]() -> absl::Status { throw std::runtime_error("broken"); });
  EXPECT_TRUE(absl::IsInternal(other));
  EXPECT_EQ(ReasonOf(other), "UNEXPECTED_ERROR");
  EXPECT_NE(other.ToString().find("broken"), std::string::npos);
}

// Lists throw as the request says; downloads do at their second chunk.
class Throwing final : public v1::ArtifactService::CallbackService {
 public:
  explicit Throwing(Calls& calls) : calls_(calls) {}
  ~Throwing() override {
    if (later_.joinable()) later_.join();
  }

  grpc::ServerUnaryReactor* ListArtifacts(grpc::CallbackServerContext* context,
                                          const v1::ListArtifactsRequest* request,
                                          v1::ListArtifactsResponse* response) override {
    // The request is gone once the call is answered.
    return calls_.RunAsync(context, [=, this, how = request->job()](const Calls::Done& done) {
      if (how == "answered") done(absl::OkStatus());
      if (how == "handed on") {
        later_ = std::thread([done, response] {
          response->add_artifacts()->set_name("late");
          done(absl::OkStatus());
        });
      }
      if (how != "quiet") throw std::bad_alloc();
      done(absl::OkStatus());
    });
  }
  grpc::ServerWriteReactor<v1::DownloadArtifactResponse>* DownloadArtifact(
      grpc::CallbackServerContext* context, const v1::DownloadArtifactRequest* request) override {
    return ChunkStream<v1::DownloadArtifactResponse>::Run(
        calls_, context, [chunks = 0](v1::DownloadArtifactResponse& response) mutable {
          if (++chunks == 2) throw std::bad_alloc();
          response.set_chunk("first");
          return absl::StatusOr<bool>(true);
        });
  }

 private:
  Calls& calls_;
  std::thread later_;
};

class ThrowingHandlers : public testing::Test {
 protected:
  ThrowingHandlers() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::ArtifactService::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                                             grpc::InsecureChannelCredentials()));
  }
  ~ThrowingHandlers() override {
    server_->Shutdown();
    server_.reset();
    executor_.Stop();
  }

  grpc::Status List(const std::string& how, v1::ListArtifactsResponse* response = nullptr) {
    grpc::ClientContext context;
    v1::ListArtifactsRequest request;
    request.set_job(how);
    v1::ListArtifactsResponse ignored;
    return stub_->ListArtifacts(&context, request, response != nullptr ? response : &ignored);
  }

  Authorizer everyone_{{}};
  ThreadedExecutor executor_{2};
  Calls calls_{everyone_, executor_, /*limit=*/1};
  Throwing service_{calls_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::ArtifactService::Stub> stub_;
};

TEST_F(ThrowingHandlers, AnswerOutOfMemoryAndGoOn) {
  EXPECT_EQ(List("at once").error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  // The call no longer counts: the limit is one.
  EXPECT_TRUE(List("quiet").ok());
}

TEST_F(ThrowingHandlers, AnswerOnce) {
  EXPECT_TRUE(List("answered").ok());
  EXPECT_TRUE(List("quiet").ok());
}

TEST_F(ThrowingHandlers, LeaveTheAnswerToWhomItWasHandedTo) {
  v1::ListArtifactsResponse response;
  EXPECT_TRUE(List("handed on", &response).ok());
  ASSERT_EQ(response.artifacts_size(), 1);
  EXPECT_EQ(response.artifacts(0).name(), "late");
}

TEST_F(ThrowingHandlers, EndADownload) {
  grpc::ClientContext context;
  const auto reader = stub_->DownloadArtifact(&context, {});
  v1::DownloadArtifactResponse response;
  EXPECT_TRUE(reader->Read(&response));
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

}  // namespace
}  // namespace trainyard
