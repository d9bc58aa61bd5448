#include "engine/formats/input_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "engine/base/philox.h"
#include "engine/base/status.h"
#include "tests/engine/formats/gzip_bytes.h"
#include "tests/engine/formats/temporary_folder.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;

class InputFileTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::string> Read(const std::string& contents, int64_t limit = 1 << 20) {
    return ReadWhole(folder_.Write("file", contents), "the/file", limit);
  }
  TemporaryFolder folder_;
};

TEST_F(InputFileTest, ReadsPlainFiles) {
  EXPECT_EQ(*Read("hello"), "hello");
  EXPECT_EQ(*Read(""), "");
}

TEST_F(InputFileTest, ReadsGzip) {
  const std::string text(300000, 'x');
  EXPECT_EQ(*Read(Gzip(text)), text);
  EXPECT_EQ(*Read(Gzip("")), "");
}

TEST_F(InputFileTest, APlainFileTakesItsOwnSizeOnly) {
  const auto contents = Read(std::string(1000000, 'x'), 1 << 30);
  EXPECT_EQ(contents->size(), 1000000u);
  EXPECT_LT(contents->capacity(), 1100000u);
}

TEST_F(InputFileTest, ReadsSeveralGzipMembers) {
  EXPECT_EQ(*Read(Gzip("one ") + Gzip("two")), "one two");
}

TEST_F(InputFileTest, NamesWhatIsMissing) {
  const auto file = InputFile::Open(folder_.PathOf("none"), "the/file");
  EXPECT_EQ(file.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Message(file.status()), HasSubstr("the/file: cannot open"));
}

TEST_F(InputFileTest, RefusesFoldersAndPipes) {
  EXPECT_THAT(Message(InputFile::Open(folder_.path(), "f").status()), HasSubstr("no regular file"));
  ASSERT_EQ(mkfifo(folder_.PathOf("pipe").c_str(), 0600), 0);
  EXPECT_THAT(Message(InputFile::Open(folder_.PathOf("pipe"), "f").status()),
              HasSubstr("no regular file"));
}

TEST_F(InputFileTest, EveryTruncationOfGzipIsAnError) {
  const std::string whole = Gzip("some contents that are a little longer than nothing");
  for (size_t size = 2; size < whole.size(); ++size) {
    const auto read = Read(whole.substr(0, size));
    ASSERT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument) << size;
    EXPECT_THAT(Message(read.status()), HasSubstr("copy the file again"));
  }
}

// A flip is refused or harmless (some header bits mean nothing), never another text.
TEST_F(InputFileTest, EveryFlippedBitOfGzipIsSeen) {
  const std::string text = "some contents that are a little longer than nothing";
  const std::string whole = Gzip(text);
  for (size_t bit = 16; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    const auto read = Read(flipped);
    if (read.ok()) {
      EXPECT_EQ(*read, text) << bit;
    }
  }
}

TEST_F(InputFileTest, RefusesBytesAfterGzip) {
  EXPECT_THAT(Message(Read(Gzip("text") + "more").status()), HasSubstr("broken gzip data"));
}

TEST_F(InputFileTest, AGzipThatGrowsBeyondTheLimitIsCutOff) {
  const std::string bomb = Gzip(std::string(10 << 20, '\0'));
  EXPECT_LT(bomb.size(), 20000u);
  EXPECT_THAT(Message(Read(bomb, 1 << 20).status()), HasSubstr("the/file: has more than 1.0 MB"));
}

TEST_F(InputFileTest, ExpectsTheEnd) {
  const auto file = InputFile::Open(folder_.Write("f", "abcd"), "f");
  ASSERT_TRUE(file.ok());
  char bytes[3];
  ASSERT_TRUE((*file)->ReadExactly(bytes, 3).ok());
  EXPECT_THAT(Message((*file)->ExpectEnd()), HasSubstr("more bytes follow after the 3"));
}

TEST_F(InputFileTest, VersionChangesWithContents) {
  const std::string path = folder_.Write("f", "abcd");
  const std::string before = *FileVersion(path, "f");
  EXPECT_EQ(*FileVersion(path, "f"), before);
  folder_.Write("f", "abcde");
  EXPECT_NE(*FileVersion(path, "f"), before);
}

}  // namespace
}  // namespace trainyard
