#include "client/lib/download.h"

#include <grpcpp/support/status_code_enum.h>

#include "gtest/gtest.h"
#include "tests/client/fake_server.h"
#include "tests/client/temporary_folder.h"

namespace trainyard::client {
namespace {

class DownloadTest : public testing::Test {
 protected:
  DownloadTest() {
    for (int i = 0; i < 5000; ++i) bytes_.push_back(static_cast<char>(i * 7));
    server_.AddJob("a");
    server_.AddArtifact("a", "model.safetensors", bytes_);
  }
  absl::StatusOr<v1::Artifact> Download() {
    return DownloadArtifact(client_, "jobs/a", "model.safetensors", folder_ / "model");
  }

  FakeServer server_;
  Client client_{server_.settings(), CallPolicy()};
  TemporaryFolder folder_;
  std::string bytes_;
};

TEST_F(DownloadTest, WritesTheWholeFile) {
  const auto artifact = Download();
  ASSERT_TRUE(artifact.ok()) << artifact.status();
  EXPECT_EQ(artifact->size_bytes(), bytes_.size());
  EXPECT_EQ(folder_.Read("model"), bytes_);
  EXPECT_EQ(folder_.FileCount(), 1u) << "no temporary file is left";
}

TEST_F(DownloadTest, GoesOnFromWhereAStreamBroke) {
  server_.CutStreams({1500, 1, 0, 2000}, grpc::StatusCode::UNAVAILABLE);
  ASSERT_TRUE(Download().ok());
  EXPECT_EQ(folder_.Read("model"), bytes_);
  EXPECT_EQ(server_.streams(), 5);
}

TEST_F(DownloadTest, GoesOnAfterAStreamThatClosedEarly) {
  server_.CutStreams({1500}, grpc::StatusCode::OK);
  ASSERT_TRUE(Download().ok());
  EXPECT_EQ(folder_.Read("model"), bytes_);
}

TEST_F(DownloadTest, KeepsNoFileWhoseHashIsWrong) {
  folder_.Write("model", "what was there before");
  server_.CorruptArtifacts();
  EXPECT_EQ(Download().status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(folder_.Read("model"), "what was there before");
  EXPECT_EQ(folder_.FileCount(), 1u);
}

TEST_F(DownloadTest, ReportsWhatIsMissing) {
  EXPECT_EQ(DownloadArtifact(client_, "jobs/a", "none", folder_ / "x").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(DownloadArtifact(client_, "jobs/a", "model.safetensors", folder_ / "no/such/folder")
                .status()
                .code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(folder_.FileCount(), 0u);
}

TEST_F(DownloadTest, ReadsSmallFilesIntoMemory) {
  EXPECT_EQ(*ReadArtifact(client_, "jobs/a", "model.safetensors", 5000), bytes_);
  EXPECT_EQ(ReadArtifact(client_, "jobs/a", "model.safetensors", 4999).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(DownloadTest, TakesEmptyFiles) {
  server_.AddArtifact("a", "empty", "");
  ASSERT_TRUE(DownloadArtifact(client_, "jobs/a", "empty", folder_ / "empty").ok());
  EXPECT_EQ(folder_.Read("empty"), "");
}

}  // namespace
}  // namespace trainyard::client
