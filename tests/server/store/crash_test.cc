// kill -9 of a process in the middle of its appends: what it had acknowledged is there afterwards.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "server/store/job_store.h"
#include "tests/server/store/support.h"

namespace trainyard {
namespace {

constexpr int kRounds = 5;
constexpr int kJobs = 4;

struct Acknowledged {
  int32_t job;
  uint64_t sequence;
};

std::string JobName(int job) { return "jobs/crash-" + std::to_string(job); }

// Appends to all jobs for ever and tells each acknowledgement through the pipe. Never returns.
[[noreturn]] void AppendForEver(const std::string& folder, int pipe) {
  StoreOptions options;
  options.folder = folder;
  auto store = Store::Open(options);
  if (!store.ok()) _exit(3);
  for (;;) {
    for (int32_t job = 0; job < kJobs; ++job) {
      auto last = std::make_shared<uint64_t>(0);
      (*store)->Write(
          [job, last](Connection& connection) -> absl::Status {
            ASSIGN_OR_RETURN(JobRow row, FindJob(connection, JobName(job)));
            RETURN_IF_ERROR(AppendEvents(connection, row,
                                         {ProgressEvent(1), ProgressEvent(2), ProgressEvent(3)},
                                         std::chrono::seconds(1)));
            *last = row.summary.last_sequence();
            return absl::OkStatus();
          },
          [job, last, pipe](absl::Status status) {
            const Acknowledged acknowledged{job, *last};
            if (!status.ok() ||
                write(pipe, &acknowledged, sizeof(acknowledged)) != sizeof(acknowledged))
              _exit(4);
          });
    }
    (*store)->Flush();
  }
}

void MakeJobs(const std::string& folder) {
  StoreOptions options;
  options.folder = folder;
  auto store = Store::Open(options);
  ASSERT_OK(store.status());
  ASSERT_OK((*store)->WriteAndWait([](Connection& connection) -> absl::Status {
    for (int job = 0; job < kJobs; ++job) {
      ASSIGN_OR_RETURN(JobRow row, InsertJob(connection, Named("crash"), v1::ModelSummary(), 0,
                                             std::chrono::seconds(1), [job] { return job; }));
      RETURN_IF_ERROR(
          AppendEvents(connection, row, {StateEvent(v1::QUEUED)}, std::chrono::seconds(1)));
      RETURN_IF_ERROR(
          connection.Run("UPDATE jobs SET name = ? WHERE id = ?", JobName(job), row.id));
    }
    return absl::OkStatus();
  }));
}

TEST(Crash, NothingAcknowledgedIsLostAndNoSequenceIsSkipped) {
  TemporaryFolder folder;
  MakeJobs(folder.path());
  for (int round = 0; round < kRounds; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      AppendForEver(folder.path(), ends[1]);
    }
    close(ends[1]);
    std::vector<uint64_t> acknowledged(kJobs, 0);
    // Another moment of its work in every round.
    int left = 20 + 13 * round;
    Acknowledged next;
    while (read(ends[0], &next, sizeof(next)) == sizeof(next)) {
      acknowledged[next.job] = std::max(acknowledged[next.job], next.sequence);
      if (--left == 0) kill(child, SIGKILL);
    }
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "exit code " << WEXITSTATUS(status);

    StoreOptions options;
    options.folder = folder.path();
    auto store = Store::Open(options);
    ASSERT_OK(store.status());
    const JobStore jobs(**store);
    for (int job = 0; job < kJobs; ++job) {
      const auto slice =
          jobs.ReadEvents({.job = JobName(job), .limit = 1'000'000, .byte_limit = 1 << 30});
      ASSERT_OK(slice.status());
      EXPECT_GE(slice->last_sequence, acknowledged[job]);
      ASSERT_EQ(slice->events.size(), slice->last_sequence);
      for (size_t i = 0; i < slice->events.size(); ++i)
        ASSERT_EQ(slice->events[i].sequence(), i + 1);
      // Appends are whole: the first event and then three at a time.
      EXPECT_EQ(slice->last_sequence % 3, 1u);
    }
  }
}

}  // namespace
}  // namespace trainyard
