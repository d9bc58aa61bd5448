#include "client/cli/completer.h"

#include <cstdlib>

#include "client/cli/commands.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/cli/harness.h"

namespace trainyard::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class CompleterTest : public testing::Test, public Harness {
 protected:
  std::vector<std::string> After(const std::vector<std::string>& words) {
    std::vector<std::string> line = {"__complete"};
    line.insert(line.end(), words.begin(), words.end());
    std::istringstream out(Cli(line).out);
    std::vector<std::string> texts;
    for (std::string text; std::getline(out, text);)
      texts.push_back(text.substr(0, text.find('\t')));
    return texts;
  }
};

TEST_F(CompleterTest, CompletesCommands) {
  EXPECT_THAT(After({"ru"}), ElementsAre("run"));
  EXPECT_THAT(After({"job", ""}),
              ElementsAre("ls", "get", "watch", "logs", "plot", "wait", "cancel", "diff", "fork"));
  EXPECT_THAT(After({"job", "w"}), ElementsAre("watch", "wait"));
  EXPECT_THAT(After({"nothing", ""}), IsEmpty());
}

TEST_F(CompleterTest, CompletesFlagsAndTheirValues) {
  EXPECT_THAT(After({"submit", "--d"}), ElementsAre("--dry-run", "--detach"));
  EXPECT_THAT(After({"job", "ls", "-o", "j"}), ElementsAre("json", "jsonl"));
  EXPECT_THAT(After({"run", "a.yaml", "--progress", ""}),
              ElementsAre("auto", "bar", "plain", "none"));
  EXPECT_THAT(After({"completion", ""}), ElementsAre("bash", "zsh"));
}

TEST_F(CompleterTest, AsksTheServerForJobs) {
  server.AddJob("lenet");
  server.AddJob("lenet-2");
  server.AddJob("mlp");
  EXPECT_THAT(After({"job", "watch", "len"}), ElementsAre("lenet-2", "lenet"));
  EXPECT_THAT(After({"job", "watch", "@"}), ElementsAre("@last"));
  EXPECT_THAT(After({"job", "wait", "--for", "x", "m"}), ElementsAre("mlp"));
  EXPECT_THAT(After({"job", "watch", "mlp", ""}), IsEmpty());
}

TEST_F(CompleterTest, SeveralJobsAreCompletedOneByOne) {
  server.AddJob("lenet");
  server.AddJob("mlp");
  EXPECT_THAT(After({"compare", "lenet", "m"}), ElementsAre("mlp"));
  EXPECT_THAT(After({"job", "diff", "lenet", "m"}), ElementsAre("mlp"));
  EXPECT_THAT(After({"job", "fork", "l"}), ElementsAre("lenet"));
}

TEST_F(CompleterTest, AsksTheServerForForecasts) {
  v1::Forecast forecast;
  forecast.set_name("forecasts/mlp-1000");
  server.SetForecast(forecast);
  EXPECT_THAT(After({"forecast", "get", ""}), ElementsAre("@last", "mlp-1000"));
  EXPECT_THAT(After({"forecast", "rm", "m"}), ElementsAre("mlp-1000"));
}

TEST_F(CompleterTest, AsksTheServerForComponents) {
  EXPECT_THAT(After({"explain", ""}), ElementsAre("layer", "dense", "optimizer", "adam"));
  EXPECT_THAT(After({"explain", "layer", ""}), ElementsAre("dense"));
}

TEST_F(CompleterTest, LeavesFilesToTheShell) {
  EXPECT_THAT(After({"run", "client/sp"}), ElementsAre(":files"));
  EXPECT_THAT(After({"up", "--data", ""}), ElementsAre(":folders"));
}

TEST_F(CompleterTest, DoesWithoutAServer) {
  const auto start = std::chrono::steady_clock::now();
  const Ran ran = CliAt("127.0.0.1:1", {"__complete", "job", "get", ""});
  EXPECT_EQ(ran.out, "@last\tthe newest job\n");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3));
}

TEST_F(CompleterTest, EveryCommandCanBeCompleted) {
  for (const auto& command : AllCommands()) {
    std::vector<std::string> words;
    std::istringstream name(command->name());
    for (std::string word; name >> word;) words.push_back(word);
    words.push_back("--");
    EXPECT_THAT(After(words), Contains("--server")) << command->name();
  }
}

// The scripts themselves, read by the shells where they are installed.
class ScriptTest : public CompleterTest {
 protected:
  int Shell(const std::string& command) {
    return std::system((command + " >/dev/null 2>&1").c_str());
  }
};

TEST_F(ScriptTest, BashReadsIt) {
  const std::string script = folder.Write("bash", Cli({"completion", "bash"}).out);
  EXPECT_EQ(Shell("bash -n " + script), 0);
}

TEST_F(ScriptTest, BashCompletesWithIt) {
  folder.Write("bin/trainyard",
               "#!/bin/sh\n[ \"$1\" = __complete ] || exit 1\n"
               "[ \"$2 $3 $4\" = 'job get @l' ] && printf '@last\\tthe newest job\\n'\n"
               "[ \"$2 $3\" = 'run sp' ] && echo :files\nexit 0\n");
  folder.Write("spec.yaml", "");
  const std::string script = folder.Write("bash", Cli({"completion", "bash"}).out);
  const std::string check = folder.Write(
      "check", "cd " + folder.path() + " && chmod +x bin/trainyard && PATH=" + folder.path() +
                   "/bin:$PATH && . ./bash\n" + R"(
COMP_WORDS=(trainyard job get @l) COMP_CWORD=3 COMP_LINE='trainyard job get @l' COMP_POINT=20
_trainyard; [[ ${COMPREPLY[*]} == @last ]] || exit 1
# bash splits at '@': only what follows may be given
COMP_WORDS=(trainyard job get @ l) COMP_CWORD=4
_trainyard; [[ ${COMPREPLY[*]} == last ]] || exit 2
compopt() { :; }
COMP_WORDS=(trainyard run sp) COMP_CWORD=2 COMP_LINE='trainyard run sp' COMP_POINT=16
_trainyard; [[ ${COMPREPLY[*]} == spec.yaml ]] || exit 3
)");
  EXPECT_EQ(Shell("bash " + check), 0);
}

TEST_F(ScriptTest, ZshReadsIt) {
  if (Shell("command -v zsh") != 0) GTEST_SKIP() << "no zsh here";
  const std::string script = folder.Write("zsh", Cli({"completion", "zsh"}).out);
  EXPECT_EQ(Shell("zsh -n " + script), 0);
}

}  // namespace
}  // namespace trainyard::cli
