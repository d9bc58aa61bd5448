#include "server/datasets/content_store.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/server/datasets/fixture.h"

namespace trainyard {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

const std::string kBytes(100'000, 'x');

class ContentStoreTest : public DatasetsTest {
 protected:
  std::vector<MissingContent> Missing(const StoredContent& content) {
    auto missing = contents_->FindMissing({content});
    EXPECT_OK(missing.status());
    return *std::move(missing);
  }
};

TEST_F(ContentStoreTest, KeepsWhatCameWhole) {
  const StoredContent content = ContentOf(kBytes);
  ASSERT_THAT(Missing(content), SizeIs(1));
  ASSERT_OK(Send(kBytes));
  EXPECT_THAT(Missing(content), SizeIs(0));
  Open();
  EXPECT_THAT(Missing(content), SizeIs(0));
}

TEST_F(ContentStoreTest, GoesOnWithABrokenUploadAlsoAfterARestart) {
  const StoredContent content = ContentOf(kBytes);
  {
    auto upload = contents_->Begin(content, 0);
    ASSERT_OK(upload.status());
    ASSERT_OK((*upload)->Append(kBytes.substr(0, 30'000)));
  }
  EXPECT_EQ(Missing(content).at(0).offset, 30'000u);
  Open();
  ASSERT_EQ(Missing(content).at(0).offset, 30'000u);
  auto upload = contents_->Begin(content, 30'000);
  ASSERT_OK(upload.status());
  ASSERT_OK((*upload)->Append(kBytes.substr(30'000)));
  EXPECT_OK((*upload)->Finish());
}

// A write that failed half-way leaves bytes behind the offset.
TEST_F(ContentStoreTest, CutsOffWhatStandsBehindTheOffset) {
  const StoredContent content = ContentOf("abcdef");
  {
    auto upload = contents_->Begin(content, 0);
    ASSERT_OK((*upload)->Append("abc"));
  }
  std::ofstream(folder_.path() + "/partial/" + content.sha256, std::ios::app) << "garbage";
  {
    auto upload = contents_->Begin(content, 3);
    ASSERT_OK(upload.status());
    ASSERT_OK((*upload)->Append("def"));
    ASSERT_OK((*upload)->Finish());
  }
  EXPECT_EQ(std::filesystem::file_size(contents_->Path(content.sha256)), 6u);
}

TEST_F(ContentStoreTest, SaysWhereItIsWhereTheOffsetIsAnother) {
  const StoredContent content = ContentOf(kBytes);
  { ASSERT_OK((*contents_->Begin(content, 0))->Append("xxx")); }
  const auto wrong = contents_->Begin(content, 2);
  EXPECT_TRUE(absl::IsOutOfRange(wrong.status()));
  EXPECT_EQ(MetadataOf(wrong.status()).at("offset"), "3");
  EXPECT_OK(contents_->Begin(content, 0).status());  // from the beginning goes always
}

TEST_F(ContentStoreTest, ForgetsBytesThatDoNotHaveTheirHash) {
  const StoredContent content = {Sha256Hex("right"), 5};
  {
    auto upload = contents_->Begin(content, 0);
    ASSERT_OK((*upload)->Append("wrong"));
    const absl::Status status = (*upload)->Finish();
    EXPECT_TRUE(absl::IsDataLoss(status));
    EXPECT_EQ(ReasonOf(status), "CONTENT_CORRUPT");
  }
  EXPECT_EQ(Missing(content).at(0).offset, 0u);
  EXPECT_EQ(FilesBelow("partial"), 0u);
  EXPECT_EQ(FilesBelow("contents"), 0u);
}

TEST_F(ContentStoreTest, TakesNoMoreBytesThanWereAnnounced) {
  auto upload = contents_->Begin(ContentOf("abc"), 0);
  EXPECT_TRUE(absl::IsInvalidArgument((*upload)->Append("abcd")));
  EXPECT_TRUE(absl::IsInvalidArgument((*upload)->Finish()));
}

TEST_F(ContentStoreTest, OneUploadOfAContentAtATime) {
  const StoredContent content = ContentOf(kBytes);
  auto first = contents_->Begin(content, 0);
  ASSERT_OK(first.status());
  const auto second = contents_->Begin(content, 0);
  EXPECT_TRUE(absl::IsUnavailable(second.status()));
  EXPECT_EQ(ReasonOf(second.status()), "UPLOAD_BUSY");
  first->reset();
  EXPECT_OK(contents_->Begin(content, 0).status());
}

TEST_F(ContentStoreTest, LeavesOutWhatIsThereAlready) {
  ASSERT_OK(Send(kBytes));
  auto again = contents_->Begin(ContentOf(kBytes), 0);
  ASSERT_OK(again.status());
  ASSERT_OK((*again)->Append(kBytes));
  EXPECT_OK((*again)->Finish());
  EXPECT_EQ((*again)->bytes_written(), 0u);
}

TEST_F(ContentStoreTest, ExpiresWhatIsNotFinished) {
  clock_.Advance(RealClock().Now() - clock_.Now());  // files have the kernel's times
  ASSERT_OK(Send("whole, and of no version"));
  { ASSERT_OK((*contents_->Begin(ContentOf(kBytes), 0))->Append("xxx")); }
  ASSERT_OK(contents_->Expire());
  EXPECT_EQ(FilesBelow("contents"), 1u);
  EXPECT_EQ(FilesBelow("partial"), 1u);
  clock_.Advance(content_options_.keep_unfinished + std::chrono::minutes(1));
  ASSERT_OK(contents_->Expire());
  EXPECT_EQ(FilesBelow("contents"), 0u);
  EXPECT_EQ(FilesBelow("partial"), 0u);
  EXPECT_THAT(Missing(ContentOf("whole, and of no version")), SizeIs(1));
}

TEST_F(ContentStoreTest, DropsFilesThatNoRowKnowsWhenItIsOpened) {
  const StoredContent content = ContentOf(kBytes);
  {
    auto upload = contents_->Begin(content, 0);
    ASSERT_OK((*upload)->Append(kBytes));
    ASSERT_OK((*upload)->Finish());
  }  // and the server dies before Publish
  ASSERT_EQ(FilesBelow("contents"), 1u);
  Open();
  EXPECT_EQ(FilesBelow("contents"), 0u);
  EXPECT_OK(Send(kBytes));
}

TEST_F(ContentStoreTest, RefusesWhatIsBeyondTheQuota) {
  content_options_.most_bytes = 1000;
  Open();
  ASSERT_OK(Send(std::string(600, 'a')));
  const auto more = contents_->Begin(ContentOf(std::string(401, 'b')), 0);
  EXPECT_TRUE(absl::IsResourceExhausted(more.status()));
  EXPECT_EQ(ReasonOf(more.status()), "QUOTA_EXCEEDED");
  EXPECT_THAT(Message(more.status()), HasSubstr("600 are used, and 401 more are needed"));
  EXPECT_OK(contents_->Begin(ContentOf(std::string(400, 'b')), 0).status());
}

// What has been announced counts before it comes, and no longer when its upload ends.
TEST_F(ContentStoreTest, CountsUploadsUnderWay) {
  content_options_.most_bytes = 1000;
  Open();
  auto first = contents_->Begin(ContentOf(std::string(600, 'a')), 0);
  ASSERT_OK(first.status());
  EXPECT_TRUE(
      absl::IsResourceExhausted(contents_->Begin(ContentOf(std::string(600, 'b')), 0).status()));
  first->reset();
  EXPECT_OK(contents_->Begin(ContentOf(std::string(600, 'b')), 0).status());
}

TEST_F(ContentStoreTest, KeepsFewUnfinishedUploads) {
  content_options_.most_partial = 2;
  Open();
  for (const char* bytes : {"abc", "bcd"}) {
    ASSERT_OK((*contents_->Begin(ContentOf(bytes), 0))->Append(std::string(bytes).substr(0, 1)));
  }
  const auto third = contents_->Begin(ContentOf("cde"), 0);
  EXPECT_EQ(ReasonOf(third.status()), "TOO_MANY_UPLOADS");
  EXPECT_OK(contents_->Begin(ContentOf("abc"), 1).status());
}

TEST_F(ContentStoreTest, SaysThatTheDiskIsFull) {
  free_bytes_ = 1 << 20;
  const auto refused = contents_->Begin(ContentOf(kBytes), 0);
  EXPECT_TRUE(absl::IsResourceExhausted(refused.status()));
  EXPECT_EQ(ReasonOf(refused.status()), "DISK_FULL");
}

TEST_F(ContentStoreTest, RefusesHashesThatAreNone) {
  EXPECT_TRUE(absl::IsInvalidArgument(contents_->FindMissing({{"../../etc/passwd", 1}}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(contents_->Begin({std::string(64, 'G'), 1}, 0).status()));
}

}  // namespace
}  // namespace trainyard
