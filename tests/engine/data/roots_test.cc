#include "engine/data/roots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/base/status.h"
#include "tests/engine/formats/temporary_folder.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class RootsTest : public ::testing::Test {
 protected:
  RootsTest() {
    first_.Write("tables/iris.csv", "in first");
    second_.Write("tables/iris.csv", "in second");
    second_.Write("fashion-mnist/a", "");
    outside_.Write("secret", "");
    roots_.folders = {first_.path(), "/nonexistent", second_.path()};
  }
  absl::Status Refused(const std::string& path) { return roots_.Resolve(path).status(); }

  TemporaryFolder first_, second_, outside_;
  DataRoots roots_;
};

TEST_F(RootsTest, TheFirstRootThatHoldsAPathWins) {
  EXPECT_EQ(*roots_.Resolve("tables/iris.csv"),
            std::filesystem::canonical(first_.PathOf("tables/iris.csv")));
  EXPECT_EQ(*roots_.Resolve("./fashion-mnist/"),
            std::filesystem::canonical(second_.PathOf("fashion-mnist")).string());
}

TEST_F(RootsTest, RefusesPathsThatLeadOut) {
  for (const std::string path : {"/etc/passwd", "..", "../x", "tables/../../x", "tables/..", ""}) {
    EXPECT_EQ(Refused(path).code(), absl::StatusCode::kInvalidArgument) << path;
  }
  EXPECT_EQ(Refused(std::string("tables\0/iris.csv", 16)).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Refused(std::string(5000, 'a')).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RootsTest, RefusesLinksThatLeadOut) {
  std::filesystem::create_symlink(outside_.PathOf("secret"), first_.PathOf("link"));
  std::filesystem::create_directory_symlink(outside_.path(), first_.PathOf("folder"));
  EXPECT_THAT(Message(Refused("link")), HasSubstr("a link that leads out"));
  EXPECT_THAT(Message(Refused("folder/secret")), HasSubstr("a link that leads out"));
}

// A root named as the beginning of another folder's name holds nothing of that folder.
TEST_F(RootsTest, ARootIsNoPrefixOfNames) {
  std::filesystem::create_directory(outside_.PathOf("data"));
  outside_.Write("database/x", "");
  std::filesystem::create_symlink(outside_.PathOf("database/x"), outside_.PathOf("data/x"));
  roots_.folders = {outside_.PathOf("data")};
  EXPECT_THAT(Message(Refused("x")), HasSubstr("a link that leads out"));
}

TEST_F(RootsTest, FollowsLinksThatStayBelow) {
  std::filesystem::create_symlink(first_.PathOf("tables/iris.csv"), first_.PathOf("link"));
  EXPECT_TRUE(roots_.Resolve("link").ok());
}

TEST_F(RootsTest, SurvivesLinksInACircle) {
  std::filesystem::create_symlink(first_.PathOf("a"), first_.PathOf("b"));
  std::filesystem::create_symlink(first_.PathOf("b"), first_.PathOf("a"));
  EXPECT_EQ(Refused("a").code(), absl::StatusCode::kNotFound);
}

TEST_F(RootsTest, NamesTheNearestPath) {
  EXPECT_EQ(Refused("fashion-mnits").code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Message(Refused("fashion-mnits")), HasSubstr("did you mean 'fashion-mnist'?"));
  EXPECT_THAT(Message(Refused("tables/iriss.csv")), HasSubstr("did you mean 'tables/iris.csv'?"));
  EXPECT_THAT(Message(Refused("zzzzzzzzzzzz")), HasSubstr("there: fashion-mnist, tables"));
  EXPECT_THAT(Message(Refused("fashion-mnits")), Not(HasSubstr(second_.path())));
}

TEST_F(RootsTest, SaysWhereThereIsNothing) {
  roots_.folders = {};
  EXPECT_THAT(Message(Refused("x")), HasSubstr("there is nothing"));
}

TEST_F(RootsTest, UploadedDataSetsAreReadFromTheirVersion) {
  TemporaryFolder versions;
  versions.Write("flowers@3/train.csv", "");
  versions.Write("flowers@3/cat/1.png", "");
  EXPECT_THAT(Message(Refused("dataset:flowers@3/train.csv")), HasSubstr("names no version"))
      << "where no uploaded data sets are kept";
  roots_.versions_folder = versions.path();
  EXPECT_EQ(*roots_.Resolve("dataset:flowers@3/train.csv"),
            std::filesystem::canonical(versions.PathOf("flowers@3/train.csv")));
  EXPECT_EQ(*roots_.Resolve("dataset:flowers@3"),
            std::filesystem::canonical(versions.PathOf("flowers@3")));
  EXPECT_THAT(Message(Refused("dataset:flowers@3/trian.csv")),
              HasSubstr("did you mean 'dataset:flowers@3/train.csv'?"));
  EXPECT_THAT(Message(Refused("dataset:flowers@4/train.csv")), HasSubstr("was it removed?"));
  for (const std::string path : {"dataset:", "dataset:flowers", "dataset:flowers/train.csv",
                                 "dataset:.@1/x", "dataset:flowers@3/../flowers@3/train.csv"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Refused(path))) << path;
  }
}

}  // namespace
}  // namespace trainyard
