#include "server/datasets/file_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "engine/base/sha256.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

using testing::HasSubstr;

std::string Line(const std::string& path) {
  return absl::StrCat(std::string(64, 'a'), " 12 ", path, "\n");
}

void ExpectRefused(const std::string& text, const std::string& why) {
  const auto files = ParseFileList(text);
  ASSERT_FALSE(files.ok()) << text;
  EXPECT_TRUE(absl::IsInvalidArgument(files.status()));
  EXPECT_THAT(Message(files.status()), HasSubstr(why)) << text;
}

TEST(FileList, ReadsWhatItWrites) {
  const std::string text = Line("a b.csv") + Line("images/cat/1.png") + Line("ü.txt");
  const auto files = ParseFileList(text);
  ASSERT_TRUE(files.ok()) << Message(files.status());
  ASSERT_EQ(files->size(), 3u);
  EXPECT_EQ((*files)[1].path(), "images/cat/1.png");
  EXPECT_EQ((*files)[1].size_bytes(), 12u);
  EXPECT_EQ(WriteFileList(*files), text);
}

TEST(FileList, RefusesNamesThatLeadOut) {
  for (const char* path : {"../x", "a/../../x", "a/..", "./x", ".hidden", "a/.segments/x"})
    ExpectRefused(Line(path), "begin with '.'");
  for (const char* path : {"/etc/passwd", "a//b", "a/", "/"})
    ExpectRefused(Line(path), "a path is relative and has no empty names");
  ExpectRefused(Line("a\tb"), "control characters");
  ExpectRefused(Line(std::string("a\0b", 3)), "control characters");
  ExpectRefused(Line("a\xff"), "UTF-8");
  ExpectRefused(Line(std::string(513, 'a')), "512");
  std::string deep = "a";
  for (int i = 0; i < 16; ++i) deep += "/a";
  ExpectRefused(Line(deep), "16 names");
}

TEST(FileList, RefusesListsThatAreNone) {
  ExpectRefused("", "at least one file");
  ExpectRefused("x", "ends with the end of a line");
  ExpectRefused("\n", "not a line");
  ExpectRefused("abc 1 a\n", "not a line");
  ExpectRefused(absl::StrCat(std::string(64, 'a'), " -1 a\n"), "not a line");
  ExpectRefused(absl::StrCat(std::string(64, 'A'), " 1 a\n"), "not a line");
  ExpectRefused(absl::StrCat(std::string(64, 'a'), " 99999999999999999999 a\n"), "not a line");
  ExpectRefused(Line("b") + Line("a"), "sorted");
  ExpectRefused(Line("a") + Line("a"), "once each");
  ExpectRefused(Line("a") + Line("a.b") + Line("a/b"), "is also a folder");
}

TEST(FileList, BoundsTheNumberOfFiles) {
  std::string text;
  for (size_t i = 0; i <= kMostDatasetFiles; ++i)
    absl::StrAppend(&text, Line(absl::StrCat(1'000'000 + i)));
  ExpectRefused(text, "at most 100000 files");
}

TEST(FileList, KnowsFormatsByName) {
  EXPECT_EQ(FormatOf("train.csv.gz"), "csv");
  EXPECT_EQ(FormatOf("a/train-images-idx3-ubyte.gz"), "idx");
  EXPECT_EQ(FormatOf("train-labels.idx1-ubyte"), "idx");
  EXPECT_EQ(FormatOf("x.NPY"), "npy");
  EXPECT_EQ(FormatOf("cat/1.JPG"), "images");
  EXPECT_EQ(FormatOf("readme"), "other");
}

}  // namespace
}  // namespace trainyard
