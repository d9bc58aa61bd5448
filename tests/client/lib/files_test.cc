#include "client/lib/files.h"

#include <sys/stat.h>

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/temporary_folder.h"

namespace trainyard::client {
namespace {

using ::testing::HasSubstr;

TEST(CheckText, TakesUtf8) {
  EXPECT_TRUE(CheckText("name: caf\xc3\xa9\n", "a.yaml").ok());
  EXPECT_TRUE(CheckText("", "a.yaml").ok());
}

TEST(CheckText, NamesTheLineThatIsNotUtf8) {
  EXPECT_EQ(CheckText("a: 1\nname: \xff\xfe\n", "a.yaml"),
            absl::InvalidArgumentError("a.yaml:2: not UTF-8; save the file as UTF-8"));
}

// A device that a file replaces is lost to the whole machine.
TEST(WriteFile, ReplacesFilesOnly) {
  TemporaryFolder folder;
  EXPECT_TRUE(WriteFile(folder / "a", "1").ok());
  EXPECT_TRUE(WriteFile(folder / "a", "2").ok());
  EXPECT_EQ(folder.Read("a"), "2");

  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  const absl::Status pipe = WriteFile(folder / "pipe", "3");
  EXPECT_THAT(pipe.ToString(), HasSubstr("is no regular file"));
  EXPECT_TRUE(std::filesystem::is_fifo(folder / "pipe"));
  std::filesystem::create_directory(folder / "sub");
  EXPECT_THAT(WriteFile(folder / "sub", "4").ToString(), HasSubstr("is a folder"));
}

}  // namespace
}  // namespace trainyard::client
