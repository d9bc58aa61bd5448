#include "server/store/artifact_store.h"

#include <fstream>
#include <iterator>

#include "server/store/artifact_references.h"
#include "server/store/job_store.h"
#include "tests/server/store/support.h"

namespace trainyard {
namespace {

// printf abc | sha256sum, printf "" | sha256sum
constexpr char kHashOfAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr char kHashOfNothing[] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
// printf d | sha256sum, e, f
constexpr char kHashOfD[] = "18ac3e7343f016890c510e93f935261169d9e3f565436429830faf0934f4f8e4";
constexpr char kHashOfE[] = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea";
constexpr char kHashOfF[] = "252f10c83610ebca1a059c0bae8255eba2f95be4d1d7bcfa89d7248a82d9f111";

v1::Artifact Described(const std::string& name, const std::string& sha256, uint64_t size,
                       uint64_t step = 0) {
  v1::Artifact artifact;
  artifact.set_name(name);
  artifact.set_sha256(sha256);
  artifact.set_size_bytes(size);
  artifact.set_step(step);
  return artifact;
}

class ArtifactStoreTest : public StoreTest {
 protected:
  ArtifactStoreTest() {
    job_ = AddJob("a");
    lease_ = Claim(job_);
  }

  absl::Status Upload(const Lease& lease, const v1::Artifact& artifact, const std::string& bytes) {
    auto upload = artifacts_.Begin(lease, artifact);
    if (!upload.ok()) return upload.status();
    if (absl::Status appended = (*upload)->Append(bytes); !appended.ok()) return appended;
    return (*upload)->Finish().status();
  }
  absl::Status UploadAndReport(const Lease& lease, const v1::Artifact& artifact,
                               const std::string& bytes) {
    if (absl::Status uploaded = Upload(lease, artifact, bytes); !uploaded.ok()) return uploaded;
    return Append(lease.job, {ArtifactEvent(artifact)});
  }
  bool Kept(const std::string& sha256) { return std::filesystem::exists(artifacts_.Path(sha256)); }
  void Collect() {
    artifacts_.CollectGarbage([](absl::Status status) { EXPECT_OK(status); });
    store_->Flush();
  }
  size_t Incoming() {
    return std::distance(std::filesystem::directory_iterator(folder_.path() + "/incoming"), {});
  }

  ArtifactStore artifacts_{*store_, {.max_artifact_bytes = 1000}};
  std::string job_;
  Lease lease_;
};

TEST_F(ArtifactStoreTest, KeepsBytesUnderTheirHash) {
  auto upload = artifacts_.Begin(lease_, Described("model", kHashOfAbc, 3));
  ASSERT_OK(upload.status());
  ASSERT_OK((*upload)->Append("a"));
  ASSERT_OK((*upload)->Append("bc"));
  ASSERT_OK((*upload)->Finish().status());
  auto reader = artifacts_.Open(kHashOfAbc);
  ASSERT_OK(reader.status());
  EXPECT_EQ((*reader)->size(), 3u);
  EXPECT_EQ((*reader)->Read(0, 2).value(), "ab");
  EXPECT_EQ((*reader)->Read(2, 100).value(), "c");
  EXPECT_EQ((*reader)->Read(3, 100).value(), "");
  EXPECT_EQ((*reader)->Read(4, 100).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(Incoming(), 0u);
}

TEST_F(ArtifactStoreTest, AnEmptyFileIsAFile) {
  ASSERT_OK(Upload(lease_, Described("empty", kHashOfNothing, 0), ""));
  EXPECT_EQ((*artifacts_.Open(kHashOfNothing))->Read(0, 10).value(), "");
}

TEST_F(ArtifactStoreTest, BytesThatAreNotAsAnnouncedAreRefused) {
  EXPECT_EQ(Upload(lease_, Described("m", kHashOfAbc, 3), "abd").code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Upload(lease_, Described("m", kHashOfAbc, 4), "abc").code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Upload(lease_, Described("m", kHashOfAbc, 2), "abc").code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(Kept(kHashOfAbc));
  EXPECT_EQ(Incoming(), 0u);
}

TEST_F(ArtifactStoreTest, MalformedDescriptionsAreRefused) {
  const auto code = [&](const v1::Artifact& artifact) {
    return artifacts_.Begin(lease_, artifact).status().code();
  };
  EXPECT_EQ(code(Described("", kHashOfAbc, 3)), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Described(std::string(300, 'n'), kHashOfAbc, 3)),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Described("m", "../../etc/passwd", 3)), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Described("m", std::string(64, 'A'), 3)), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Described("m", kHashOfAbc, 1001)), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(artifacts_.Open("../x").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ArtifactStoreTest, ChangedBytesAreDataLoss) {
  ASSERT_OK(UploadAndReport(lease_, Described("m", kHashOfAbc, 3), "abc"));
  std::ofstream(artifacts_.Path(kHashOfAbc)) << "abX";
  const absl::Status status = artifacts_.Open(kHashOfAbc).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReasonOf(status), "CHECKPOINT_CORRUPT");
  std::ofstream(artifacts_.Path(kHashOfAbc)) << "ab";
  EXPECT_EQ(artifacts_.Open(kHashOfAbc).status().code(), absl::StatusCode::kDataLoss);
  // The same bytes again mend it.
  ASSERT_OK(Upload(lease_, Described("m", kHashOfAbc, 3), "abc"));
  EXPECT_OK(artifacts_.Open(kHashOfAbc).status());
}

TEST_F(ArtifactStoreTest, AFileIsReadOnceUntilItIsWrittenAgain) {
  ASSERT_OK(UploadAndReport(lease_, Described("m", kHashOfAbc, 3), "abc"));
  const std::string path = artifacts_.Path(kHashOfAbc);
  const auto long_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  std::filesystem::last_write_time(path, long_ago);
  ASSERT_OK(artifacts_.Open(kHashOfAbc).status());
  // Other bytes under the same time: they are not looked at.
  std::ofstream(path, std::ios::in | std::ios::out) << "abX";
  std::filesystem::last_write_time(path, long_ago);
  EXPECT_OK(artifacts_.Open(kHashOfAbc).status());
  std::filesystem::last_write_time(path, long_ago + std::chrono::seconds(1));
  EXPECT_EQ(artifacts_.Open(kHashOfAbc).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(ArtifactStoreTest, AFileThatWasJustWrittenIsReadAgain) {
  ASSERT_OK(UploadAndReport(lease_, Described("m", kHashOfAbc, 3), "abc"));
  ASSERT_OK(artifacts_.Open(kHashOfAbc).status());
  const auto written = std::filesystem::last_write_time(artifacts_.Path(kHashOfAbc));
  std::ofstream(artifacts_.Path(kHashOfAbc), std::ios::in | std::ios::out) << "abX";
  std::filesystem::last_write_time(artifacts_.Path(kHashOfAbc), written);
  EXPECT_EQ(artifacts_.Open(kHashOfAbc).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(ArtifactStoreTest, AnUnknownHashIsNotFound) {
  EXPECT_EQ(artifacts_.Open(kHashOfAbc).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ArtifactStoreTest, AStaleLeaseUploadsNothing) {
  Lease stale = lease_;
  --stale.token;
  EXPECT_EQ(ReasonOf(artifacts_.Begin(stale, Described("m", kHashOfAbc, 3)).status()),
            "LEASE_LOST");
  EXPECT_EQ(artifacts_.Begin({"jobs/none", 1, 1}, Described("m", kHashOfAbc, 3)).status().code(),
            absl::StatusCode::kNotFound);
  // Lost while the bytes were on their way.
  auto upload = artifacts_.Begin(lease_, Described("m", kHashOfAbc, 3));
  ASSERT_OK((*upload)->Append("abc"));
  ASSERT_OK(Append(job_, {StateEvent(v1::QUEUED)}));
  Claim(job_);
  EXPECT_EQ(ReasonOf((*upload)->Finish().status()), "LEASE_LOST");
  EXPECT_FALSE(Kept(kHashOfAbc));
}

TEST_F(ArtifactStoreTest, AnAlmostFullDiskRefusesUploads) {
  free_bytes_ = 1000;
  EXPECT_EQ(artifacts_.Begin(lease_, Described("m", kHashOfAbc, 3)).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(ArtifactStoreTest, SupersededCheckpointsGo) {
  const std::string job = AddJob("two", 0, /*keep=*/2);
  const Lease lease = Claim(job);
  ASSERT_OK(UploadAndReport(lease, Described("checkpoint", kHashOfD, 1, 10), "d"));
  ASSERT_OK(UploadAndReport(lease, Described("checkpoint", kHashOfE, 1, 20), "e"));
  Collect();
  EXPECT_TRUE(Kept(kHashOfD));
  ASSERT_OK(UploadAndReport(lease, Described("checkpoint", kHashOfF, 1, 30), "f"));
  Collect();
  EXPECT_FALSE(Kept(kHashOfD));
  EXPECT_TRUE(Kept(kHashOfE));
  EXPECT_TRUE(Kept(kHashOfF));
  const auto listed = JobStore(*store_).ListArtifacts(job);
  ASSERT_EQ(listed->size(), 2u);
  EXPECT_EQ(listed->at(0).step(), 30u);
  EXPECT_EQ(Row(job).checkpoint_step, 30u);
  EXPECT_EQ(Row(job).summary.artifacts_size(), 1);
}

TEST_F(ArtifactStoreTest, AFileThatAnotherJobNeedsStays) {
  const Lease other = Claim(AddJob("other"));
  ASSERT_OK(UploadAndReport(lease_, Described("model", kHashOfD, 1), "d"));
  ASSERT_OK(UploadAndReport(other, Described("model", kHashOfD, 1), "d"));
  // A model of the same name supersedes the first.
  ASSERT_OK(UploadAndReport(lease_, Described("model", kHashOfE, 1, 1), "e"));
  Collect();
  EXPECT_TRUE(Kept(kHashOfD));
  ASSERT_OK(UploadAndReport(other, Described("model", kHashOfE, 1, 1), "e"));
  Collect();
  EXPECT_FALSE(Kept(kHashOfD));
  EXPECT_TRUE(Kept(kHashOfE));
}

TEST_F(ArtifactStoreTest, AFileThatTheJobKeepsMayHaveAnotherName) {
  ASSERT_OK(UploadAndReport(lease_, Described("runs/1/model", kHashOfD, 1, 2), "d"));
  ASSERT_OK(Append(job_, {ArtifactEvent(Described("model", kHashOfD, 1, 2))}));
  // The first name moves on to other bytes: the second still has these.
  ASSERT_OK(UploadAndReport(lease_, Described("runs/1/model", kHashOfE, 1, 3), "e"));
  Collect();
  EXPECT_TRUE(Kept(kHashOfD));
  EXPECT_EQ(Append(job_, {ArtifactEvent(Described("model", kHashOfF, 1, 2))}).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ArtifactStoreTest, AnUploadThatIsNotReportedYetStays) {
  ASSERT_OK(UploadAndReport(lease_, Described("model", kHashOfD, 1, 1), "d"));
  ASSERT_OK(UploadAndReport(lease_, Described("model", kHashOfE, 1, 2), "e"));
  // Uploaded again before the collection that its loss asked for.
  ASSERT_OK(Upload(lease_, Described("model", kHashOfD, 1, 3), "d"));
  Collect();
  EXPECT_TRUE(Kept(kHashOfD));
  ASSERT_OK(Append(job_, {ArtifactEvent(Described("model", kHashOfD, 1, 3))}));
  EXPECT_OK(artifacts_.Open(kHashOfD).status());
}

TEST_F(ArtifactStoreTest, UploadsThatWereNeverReportedGoWithTheLease) {
  ASSERT_OK(Upload(lease_, Described("checkpoint", kHashOfD, 1, 1), "d"));
  ASSERT_OK(Write([&](Connection& connection) { return DropUploads(connection, Row(job_).id); }));
  Collect();
  EXPECT_FALSE(Kept(kHashOfD));
}

// As where the lease ends and garbage is collected between the two steps of an upload.
TEST_F(ArtifactStoreTest, AFileThatLostItsReferenceBeforeItWasInPlaceGoes) {
  ASSERT_OK(Write([](Connection& connection) {
    return connection.RunScript(
        "CREATE TRIGGER gone AFTER INSERT ON artifact_references BEGIN DELETE FROM "
        "artifact_references; DELETE FROM artifacts; END");
  }));
  const absl::Status status = Upload(lease_, Described("checkpoint", kHashOfD, 1, 1), "d");
  EXPECT_EQ(ReasonOf(status), "LEASE_LOST") << status;
  ASSERT_OK(Write([](Connection& connection) { return connection.Run("DROP TRIGGER gone"); }));
  Collect();
  EXPECT_FALSE(Kept(kHashOfD));
  EXPECT_OK(Upload(lease_, Described("checkpoint", kHashOfD, 1, 1), "d"));
}

TEST_F(ArtifactStoreTest, GarbageSurvivesARestart) {
  ASSERT_OK(UploadAndReport(lease_, Described("model", kHashOfD, 1, 1), "d"));
  ASSERT_OK(UploadAndReport(lease_, Described("model", kHashOfE, 1, 2), "e"));
  Reopen();
  ArtifactStore reopened(*store_, {});
  reopened.CollectGarbage({});
  store_->Flush();
  EXPECT_FALSE(std::filesystem::exists(reopened.Path(kHashOfD)));
  EXPECT_TRUE(std::filesystem::exists(reopened.Path(kHashOfE)));
}

}  // namespace
}  // namespace trainyard
