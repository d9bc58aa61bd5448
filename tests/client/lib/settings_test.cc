#include "client/lib/settings.h"

#include "absl/strings/match.h"
#include "engine/base/status.h"
#include "gtest/gtest.h"
#include "tests/client/temporary_folder.h"

namespace trainyard::client {
namespace {

class SettingsTest : public testing::Test {
 protected:
  absl::StatusOr<Settings> Read(const std::string& flag,
                                std::map<std::string, std::string> values = {}) {
    values["XDG_CONFIG_HOME"] = folder_.path();
    return ReadSettings(flag, Environment(values));
  }
  std::string ErrorOf(const std::string& flag, std::map<std::string, std::string> values = {}) {
    const absl::StatusOr<Settings> settings = Read(flag, std::move(values));
    EXPECT_FALSE(settings.ok()) << settings->server;
    return settings.ok() ? "" : Message(settings.status());
  }
  TemporaryFolder folder_;
};

TEST_F(SettingsTest, DefaultsToThisMachine) {
  EXPECT_EQ(Read("")->server, "localhost:7070");
  EXPECT_EQ(Read("")->token, "");
}

TEST_F(SettingsTest, FlagBeforeEnvironmentBeforeFile) {
  folder_.Write("trainyard/config.yaml", "server: file:1\n");
  EXPECT_EQ(Read("")->server, "file:1");
  EXPECT_EQ(Read("", {{"TRAINYARD_SERVER", "environment:2"}})->server, "environment:2");
  EXPECT_EQ(Read("flag:3", {{"TRAINYARD_SERVER", "environment:2"}})->server, "flag:3");
}

TEST_F(SettingsTest, CompletesAddresses) {
  EXPECT_EQ(Read("yard")->server, "yard:7070");
  EXPECT_EQ(Read("[::1]")->server, "[::1]:7070");
  EXPECT_EQ(Read("[::1]:80")->server, "[::1]:80");
  EXPECT_EQ(Read("unix:/run/yard.sock")->server, "unix:/run/yard.sock");
}

TEST_F(SettingsTest, RefusesWhatIsNoAddress) {
  for (const char* text :
       {"http://yard:7070", "yard:", ":7070", "yard:x", "yard:0", "yard:65536", "a b:1"}) {
    EXPECT_TRUE(absl::StrContains(ErrorOf(text), "expected HOST:PORT")) << text;
  }
}

TEST_F(SettingsTest, ReadsTokens) {
  const std::string file = folder_.Write("token", "from-file\n");
  EXPECT_EQ(Read("", {{"TRAINYARD_TOKEN_FILE", file}})->token, "from-file");
  EXPECT_EQ(Read("", {{"TRAINYARD_TOKEN_FILE", file}, {"TRAINYARD_TOKEN", "direct"}})->token,
            "direct");
  folder_.Write("trainyard/config.yaml", "token_file: " + file + "\n");
  EXPECT_EQ(Read("")->token, "from-file");
}

TEST_F(SettingsTest, RefusesBadTokens) {
  EXPECT_TRUE(absl::StrContains(ErrorOf("", {{"TRAINYARD_TOKEN_FILE", "/nowhere"}}), "/nowhere"));
  EXPECT_TRUE(absl::StrContains(
      ErrorOf("", {{"TRAINYARD_TOKEN_FILE", folder_.Write("empty", "\n")}}), "is empty"));
  EXPECT_TRUE(absl::StrContains(ErrorOf("", {{"TRAINYARD_TOKEN", "a\nb"}}), "control character"));
}

TEST_F(SettingsTest, NamesThePlaceInTheConfigurationFile) {
  const std::string file = folder_.Write("trainyard/config.yaml", "server: a:1\nserveer: b:1\n");
  EXPECT_EQ(ErrorOf(""), file + ":2:1: unknown setting 'serveer'; did you mean 'server'?");
  folder_.Write("trainyard/config.yaml", "server: [a]\n");
  EXPECT_TRUE(absl::StrContains(ErrorOf(""), "must be a word"));
  folder_.Write("trainyard/config.yaml", "");
  EXPECT_EQ(Read("")->server, "localhost:7070");
}

}  // namespace
}  // namespace trainyard::client
