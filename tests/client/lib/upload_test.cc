#include "client/lib/upload.h"

#include <grpcpp/support/status_code_enum.h>

#include "engine/base/sha256.h"
#include "gtest/gtest.h"
#include "tests/client/fake_server.h"
#include "tests/client/temporary_folder.h"

namespace trainyard::client {
namespace {

class UploadTest : public testing::Test {
 protected:
  UploadTest() {
    for (int i = 0; i < 1'000'000; ++i) large_.push_back(static_cast<char>(i * 7));
    folder_.Write("in/large", large_);
    folder_.Write("in/deep/small", "small");
    folder_.Write("in/.hidden", "hidden");
  }

  absl::StatusOr<UploadPlan> Plan() {
    UploadPlan plan;
    plan.dataset = "d";
    auto files = CollectFiles({folder_ / "in"}, "");
    if (!files.ok()) return files.status();
    plan.files = *std::move(files);
    for (LocalFile& file : plan.files) {
      const absl::Status hashed = HashFile(file, [](uint64_t) {});
      if (!hashed.ok()) return hashed;
    }
    return plan;
  }
  absl::Status Upload() {
    const auto plan = Plan();
    if (!plan.ok()) return plan.status();
    return UploadVersion(client_, *plan, [&](const UploadProgress& progress) { last_ = progress; })
        .status();
  }
  void ExpectWhole() {
    const auto contents = server_.contents();
    EXPECT_EQ(contents.at(Sha256Hex(large_)), large_);
    EXPECT_EQ(contents.at(Sha256Hex("small")), "small");
    ASSERT_FALSE(server_.versions().empty());
    const std::string list =
        Sha256Hex("small") + " 5 deep/small\n" + Sha256Hex(large_) + " 1000000 large\n";
    EXPECT_EQ(server_.versions().back().files_sha256(), Sha256Hex(list));
    EXPECT_EQ(contents.at(Sha256Hex(list)), list);
  }

  FakeServer server_;
  Client client_{server_.settings(), CallPolicy()};
  TemporaryFolder folder_;
  std::string large_;
  UploadProgress last_;
};

TEST_F(UploadTest, SendsFilesAndTheirList) {
  ASSERT_TRUE(Upload().ok());
  ExpectWhole();
  EXPECT_EQ(server_.contents().size(), 3u) << "hidden files are left out";
  EXPECT_TRUE(last_.making);
  EXPECT_EQ(last_.sent, last_.total);
}

TEST_F(UploadTest, GoesOnWhereAStreamBroke) {
  server_.CutStreams({2, 1, 0, 2}, grpc::StatusCode::UNAVAILABLE);
  ASSERT_TRUE(Upload().ok());
  ExpectWhole();
  EXPECT_EQ(server_.streams(), 5);
}

TEST_F(UploadTest, SendsNothingThatIsThere) {
  ASSERT_TRUE(Upload().ok());
  ASSERT_TRUE(Upload().ok());
  EXPECT_EQ(server_.streams(), 1);
  EXPECT_EQ(server_.versions().size(), 2u);
  EXPECT_EQ(last_.known, last_.total);
}

TEST_F(UploadTest, GivesUpOnBytesThatDoNotArriveWhole) {
  server_.CutStreams({1, 1, 1}, grpc::StatusCode::DATA_LOSS);
  EXPECT_TRUE(absl::IsDataLoss(Upload()));
  EXPECT_TRUE(server_.versions().empty());
}

TEST_F(UploadTest, ErrorsThatNoRepeatCuresEndIt) {
  server_.CutStreams({1}, grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(absl::IsResourceExhausted(Upload()));
  EXPECT_EQ(server_.streams(), 1);
}

TEST_F(UploadTest, WaitsForAServerThatIsBusy) {
  FakeError busy;
  busy.code = grpc::StatusCode::UNAVAILABLE;
  busy.reason = "DATASET_BUSY";
  busy.retry_milliseconds = 10;
  server_.FailNext(busy, 3);
  EXPECT_TRUE(Upload().ok());
}

TEST(DatasetFiles, NamesFilesByTheirPlace) {
  TemporaryFolder folder;
  folder.Write("a/x.csv", "1");
  folder.Write("a/b/y.csv", "2");
  folder.Write("z.csv", "3");
  const auto paths = [&](const std::vector<std::string>& places, const std::string& as) {
    std::string text;
    const auto files = CollectFiles(places, as);
    EXPECT_TRUE(files.ok()) << files.status();
    if (files.ok()) {
      for (const LocalFile& file : *files) text += file.path + " ";
    }
    return text;
  };
  EXPECT_EQ(paths({folder / "a", folder / "z.csv"}, ""), "b/y.csv x.csv z.csv ");
  EXPECT_EQ(paths({folder / "z.csv"}, "train.csv"), "train.csv ");
  EXPECT_EQ(paths({folder / "z.csv"}, "in/"), "in/z.csv ");
  EXPECT_EQ(paths({folder / "a"}, "in"), "in/b/y.csv in/x.csv ");
}

TEST(DatasetFiles, RefusesWhatThereIsNothingToSendOf) {
  TemporaryFolder folder;
  EXPECT_TRUE(absl::IsNotFound(CollectFiles({folder / "nowhere"}, "").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(CollectFiles({folder.path()}, "").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(CollectFiles({"/dev/null"}, "").status()));
  folder.Write("a/x.csv", "1");
  folder.Write("b/x.csv", "2");
  EXPECT_TRUE(absl::IsInvalidArgument(CollectFiles({folder / "a", folder / "b"}, "").status()));
}

}  // namespace
}  // namespace trainyard::client
