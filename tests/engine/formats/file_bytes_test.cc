#include "engine/formats/file_bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/status.h"
#include "engine/formats/input_file.h"
#include "tests/engine/formats/gzip_bytes.h"
#include "tests/engine/formats/temporary_folder.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;

class FileBytesTest : public ::testing::Test {
 protected:
  // x.csv of the segments "abc", "" and "EFG".
  FileBytesTest() {
    path_ = folder_.Write("x.csv", "This file is kept in segments.\n");
    folder_.Write(".segments/x.csv/0", "..abc..");
    folder_.Write(".segments/x.csv/1", "");
    folder_.Write(".segments/x.csv/2", "EFG");
    folder_.Write(".segments/x.csv/list", "2 3\n0 0\n0 3\n");
  }

  TemporaryFolder folder_;
  std::string path_;
};

TEST_F(FileBytesTest, ReadsSegmentsOneAfterTheOther) {
  EXPECT_EQ(*ReadWhole(path_, "x.csv", 100), "abcEFG");
  const auto file = FileBytes::Open(path_, "x.csv");
  ASSERT_TRUE(file.ok()) << Message(file.status());
  EXPECT_EQ((*file)->size(), 6);
  char bytes[8] = {};
  EXPECT_EQ(*(*file)->ReadAt(4, bytes, 8), 2u);
  EXPECT_STREQ(bytes, "FG");
  EXPECT_EQ(*(*file)->ReadAt(1, bytes, 8), 2u) << "to the end of a segment";
  EXPECT_EQ(*(*file)->ReadAt(6, bytes, 8), 0u);
  EXPECT_EQ(*(*file)->ReadAt(1000, bytes, 8), 0u);
}

TEST_F(FileBytesTest, GzipMembersMaySpanSegments) {
  const std::string packed = Gzip("first,") + Gzip("second");
  folder_.Write(".segments/x.csv/0", packed.substr(0, 10));
  folder_.Write(".segments/x.csv/1", packed.substr(10, 1));
  folder_.Write(".segments/x.csv/2", packed.substr(11));
  folder_.Write(".segments/x.csv/list",
                "0 10\n0 1\n0 " + std::to_string(packed.size() - 11) + "\n");
  EXPECT_EQ(*ReadWhole(path_, "x.csv", 100), "first,second");
}

TEST_F(FileBytesTest, MissingBytesAreDataLoss) {
  folder_.Write(".segments/x.csv/0", "..a");
  EXPECT_TRUE(absl::IsDataLoss(FileBytes::Open(path_, "x.csv").status()));
  folder_.Write(".segments/x.csv/list", "2 3 garbage\n");
  EXPECT_TRUE(absl::IsDataLoss(FileBytes::Open(path_, "x.csv").status()));
  folder_.Write(".segments/x.csv/list", "");
  EXPECT_TRUE(absl::IsDataLoss(FileBytes::Open(path_, "x.csv").status()));
  folder_.Write(".segments/x.csv/list", "0 9223372036854775807\n0 1\n");
  EXPECT_TRUE(absl::IsDataLoss(FileBytes::Open(path_, "x.csv").status()));
}

TEST_F(FileBytesTest, OtherFilesAreAsTheyAre) {
  const std::string plain = folder_.Write("y.csv", "plain");
  EXPECT_EQ(*ReadWhole(plain, "y.csv", 100), "plain");
  EXPECT_TRUE(absl::IsNotFound(FileBytes::Open(folder_.PathOf("z"), "z").status()));
  EXPECT_THAT(Message(FileBytes::Open(folder_.path(), "folder").status()),
              HasSubstr("is no regular file"));
}

}  // namespace
}  // namespace trainyard
