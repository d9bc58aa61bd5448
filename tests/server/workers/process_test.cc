#include "server/workers/process.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/status.h"

namespace trainyard {
namespace {

class ProcessTest : public ::testing::Test {
 protected:
  ProcessTest() : log_((std::filesystem::temp_directory_path() / "process-XXXXXX").string()) {
    close(mkstemp(log_.data()));
  }
  ~ProcessTest() override { unlink(log_.c_str()); }

  // What a shell script prints, run to its end.
  std::string Run(const std::string& script, std::vector<std::string> environment = {}) {
    const auto process = Spawn({"/bin/sh", {"-c", script}, std::move(environment), log_});
    EXPECT_TRUE(process.ok()) << Message(process.status());
    waitpid(static_cast<pid_t>(*process), nullptr, 0);
    std::ifstream file(log_);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  std::string log_;
};

TEST_F(ProcessTest, WritesBothStreamsToItsLog) {
  EXPECT_EQ(Run("echo out; echo err >&2"), "out\nerr\n");
}

TEST_F(ProcessTest, HasTheEnvironmentItIsGivenAndNoOther) {
  setenv("TRAINYARD_TOKEN", "secret", 1);
  EXPECT_EQ(Run("echo ${TRAINYARD_TOKEN-none} $GIVEN", {"GIVEN=1"}), "none 1\n");
  EXPECT_THAT(HarmlessEnvironment(),
              ::testing::Not(::testing::Contains(::testing::HasSubstr("secret"))));
  unsetenv("TRAINYARD_TOKEN");
}

TEST_F(ProcessTest, AWorkersOpenMpThreadsSleepWhileTheyWait) {
  using ::testing::Contains;
  const char* const before = getenv("OMP_WAIT_POLICY");
  const std::string kept = before == nullptr ? "" : before;
  unsetenv("OMP_WAIT_POLICY");
  EXPECT_THAT(WorkerEnvironment(), Contains("OMP_WAIT_POLICY=passive"));
  setenv("OMP_WAIT_POLICY", "active", 1);
  EXPECT_THAT(WorkerEnvironment(), Contains("OMP_WAIT_POLICY=active"));
  EXPECT_THAT(WorkerEnvironment(), ::testing::Not(Contains("OMP_WAIT_POLICY=passive")));
  unsetenv("OMP_WAIT_POLICY");
  if (before != nullptr) setenv("OMP_WAIT_POLICY", kept.c_str(), 1);
}

TEST_F(ProcessTest, LeadsAGroupOfItsOwn) {
  EXPECT_EQ(Run("test \"$(cut -d' ' -f5 /proc/$$/stat)\" = $$ && echo leads"), "leads\n");
}

TEST_F(ProcessTest, InheritsNoFiles) {
  const int inherited = dup(STDERR_FILENO);  // without close-on-exec
  EXPECT_EQ(Run("test -e /proc/$$/fd/" + std::to_string(inherited) + " || echo closed"),
            "closed\n");
  close(inherited);
}

TEST_F(ProcessTest, CanBeTerminatedThoughOurSignalsAreBlocked) {
  sigset_t term, before;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &term, &before);
  const auto process = Spawn({"/bin/sh", {"-c", "exec sleep 60"}, {"PATH=/bin:/usr/bin"}, log_});
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ASSERT_TRUE(process.ok());
  kill(static_cast<pid_t>(*process), SIGTERM);
  int status = 0;
  waitpid(static_cast<pid_t>(*process), &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST_F(ProcessTest, TellsWhatCannotBeStarted) {
  EXPECT_FALSE(Spawn({"/nothing/there", {}, {}, log_}).ok());
}

TEST_F(ProcessTest, KnowsAProcessByItsStartTime) {
  const auto own = ProcessStartTime(getpid());
  ASSERT_TRUE(own.ok());
  EXPECT_EQ(*own, *ProcessStartTime(getpid()));
  EXPECT_TRUE(absl::IsNotFound(ProcessStartTime(0x7fffffff).status()));
}

TEST_F(ProcessTest, WithoutFileDescriptorsNoProcessIsCalledGone) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  const struct rlimit none = {0, limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  const absl::Status status = ProcessStartTime(getpid()).status();
  setrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
}

TEST_F(ProcessTest, AZombieIsGone) {
  const auto process = Spawn({"/bin/true", {}, {}, log_});
  ASSERT_TRUE(process.ok());
  siginfo_t info;
  waitid(P_PID, static_cast<id_t>(*process), &info, WEXITED | WNOWAIT);
  EXPECT_TRUE(absl::IsNotFound(ProcessStartTime(*process).status()));
  waitpid(static_cast<pid_t>(*process), nullptr, 0);
}

}  // namespace
}  // namespace trainyard
