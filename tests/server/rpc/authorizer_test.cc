#include "server/rpc/authorizer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "engine/base/error_info.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

constexpr char kToken[] = "0123456789abcdef";

class AuthorizerTest : public ::testing::Test {
 protected:
  AuthorizerTest() : path_((std::filesystem::temp_directory_path() / "token-XXXXXX").string()) {
    close(mkstemp(path_.data()));
  }
  ~AuthorizerTest() override { unlink(path_.c_str()); }
  void Write(const std::string& text) { std::ofstream(path_) << text; }

  std::string path_;
};

std::string ReasonFor(const Authorizer& authorizer, const std::string& header) {
  return ReasonOf(authorizer.CheckHeader(&header));
}

TEST_F(AuthorizerTest, WithoutTokensEveryoneMayCall) {
  EXPECT_TRUE(Authorizer({}).CheckHeader(nullptr).ok());
}

TEST_F(AuthorizerTest, AsksForATokenThatItKnows) {
  const Authorizer authorizer({"another-token-of-it", kToken});
  const std::string header = std::string("Bearer ") + kToken;
  EXPECT_TRUE(authorizer.CheckHeader(&header).ok());
  EXPECT_EQ(ReasonOf(authorizer.CheckHeader(nullptr)), "TOKEN_MISSING");
  EXPECT_EQ(ReasonFor(authorizer, "Bearer wrong"), "TOKEN_INVALID");
  EXPECT_EQ(ReasonFor(authorizer, "Bearer "), "TOKEN_INVALID");
  EXPECT_EQ(ReasonFor(authorizer, ""), "TOKEN_INVALID");
  EXPECT_EQ(ReasonFor(authorizer, kToken), "TOKEN_INVALID");
  EXPECT_EQ(ReasonFor(authorizer, header + "0"), "TOKEN_INVALID");
  EXPECT_EQ(ReasonFor(authorizer, std::string("Bearer \0\xff", 9)), "TOKEN_INVALID");
}

TEST_F(AuthorizerTest, ReadsTokensLineByLine) {
  Write(std::string("# who may call\n\n  ") + kToken + "  \nsecond-token-of-it\n");
  const absl::StatusOr<Authorizer> authorizer = Authorizer::FromFile(path_);
  ASSERT_TRUE(authorizer.ok()) << Message(authorizer.status());
  const std::string header = "bearer second-token-of-it";
  EXPECT_TRUE(authorizer->CheckHeader(&header).ok());
}

TEST_F(AuthorizerTest, RefusesAFileThatOthersRead) {
  Write(kToken);
  chmod(path_.c_str(), 0644);
  EXPECT_TRUE(absl::IsFailedPrecondition(Authorizer::FromFile(path_).status()));
}

TEST_F(AuthorizerTest, RefusesFilesThatProtectNothing) {
  EXPECT_TRUE(absl::IsFailedPrecondition(Authorizer::FromFile(path_).status()));  // empty
  Write("short\n");
  EXPECT_TRUE(absl::IsFailedPrecondition(Authorizer::FromFile(path_).status()));
  EXPECT_TRUE(absl::IsNotFound(Authorizer::FromFile(path_ + "-none").status()));
}

}  // namespace
}  // namespace trainyard
