#include "server/workers/local_workers.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "server/workers/process.h"

namespace trainyard {
namespace {

constexpr int kPollMilliseconds = 5000;
constexpr off_t kLargestLog = 8 << 20;
constexpr size_t kLogsKept = 50;

// By number: glibc 2.36 declares pidfd_open without C linkage.
int OpenPidfd(pid_t process) { return static_cast<int>(syscall(SYS_pidfd_open, process, 0)); }

// A pidfd becomes readable when its process has ended.
std::string Reap(int pidfd, bool& ended_well) {
  siginfo_t info;
  std::memset(&info, 0, sizeof info);
  // P_PIDFD is newer than the headers that some compilers bring.
  constexpr idtype_t kPidFd = static_cast<idtype_t>(3);
  ended_well = false;
  if (waitid(kPidFd, static_cast<id_t>(pidfd), &info, WEXITED) != 0) {
    return absl::StrCat("unknown: ", std::strerror(errno));
  }
  if (info.si_code != CLD_EXITED) {
    return absl::StrCat("signal ", info.si_status, " (", strsignal(info.si_status), ")");
  }
  ended_well = info.si_status == 0;
  return absl::StrCat("exit code ", info.si_status);
}

}  // namespace

LocalWorkers::LocalWorkers(Options options)
    : options_(std::move(options)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  TRAINYARD_CHECK(wake_ >= 0, "no eventfd");
}

LocalWorkers::~LocalWorkers() {
  StopSupervising();
  MutexLock lock(mutex_);
  for (const auto& [pidfd, worker] : children_) close(pidfd);
  close(wake_);
}

void LocalWorkers::Supervise(Exited exited) {
  exited_ = std::move(exited);
  thread_ = std::thread([this] { Loop(); });
}

void LocalWorkers::StopSupervising() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  eventfd_write(wake_, 1);
  if (thread_.joinable()) thread_.join();
}

absl::StatusOr<WorkerProcess> LocalWorkers::Start(const std::string& worker) {
  SpawnOptions spawn;
  spawn.program = options_.program;
  spawn.arguments = options_.arguments;
  spawn.arguments.push_back("--name");
  spawn.arguments.push_back(worker);
  spawn.environment = WorkerEnvironment();
  spawn.log_file = LogFile(worker);
  ASSIGN_OR_RETURN(const int64_t process_id, Spawn(spawn));
  // Nobody else waits for it, so the id stays its own until Reap.
  absl::StatusOr<uint64_t> start_time = ProcessStartTime(process_id);
  // The end of one that has ended already is told by the supervisor.
  if (absl::IsNotFound(start_time.status())) start_time = 0;
  const int pidfd = OpenPidfd(static_cast<pid_t>(process_id));
  if (pidfd < 0 || !start_time.ok()) {
    const std::string error = pidfd < 0 ? std::strerror(errno) : Message(start_time.status());
    if (pidfd >= 0) close(pidfd);
    kill(static_cast<pid_t>(-process_id), SIGKILL);
    waitpid(static_cast<pid_t>(process_id), nullptr, 0);
    return absl::InternalError(absl::StrCat("cannot supervise a worker: ", error));
  }
  const WorkerProcess process{worker, process_id, *start_time};
  {
    MutexLock lock(mutex_);
    children_[pidfd] = worker;
  }
  eventfd_write(wake_, 1);
  return process;
}

bool LocalWorkers::IsAlive(const WorkerProcess& process) const {
  const absl::StatusOr<uint64_t> start_time = ProcessStartTime(process.process_id);
  return start_time.ok() ? *start_time == process.start_time
                         : !absl::IsNotFound(start_time.status());
}

absl::StatusOr<uint64_t> LocalWorkers::StartTime(int64_t process_id) const {
  return ProcessStartTime(process_id);
}

void LocalWorkers::Kill(const WorkerProcess& process) {
  // Not on a guess: the id may be a stranger's by now.
  const absl::StatusOr<uint64_t> start_time = ProcessStartTime(process.process_id);
  if (process.process_id > 1 && start_time.ok() && *start_time == process.start_time)
    kill(static_cast<pid_t>(-process.process_id), SIGKILL);
}

void LocalWorkers::Loop() {
  while (true) {
    const auto ended = Wait();
    for (const auto& [worker, how] : ended) exited_(worker, how);
    MutexLock lock(mutex_);
    if (stopping_) return;
  }
}

std::vector<std::pair<std::string, std::string>> LocalWorkers::Wait() {
  std::vector<pollfd> polled = {{wake_, POLLIN, 0}};
  std::map<int, std::string> children;
  {
    MutexLock lock(mutex_);
    children = children_;
  }
  for (const auto& [pidfd, worker] : children) polled.push_back({pidfd, POLLIN, 0});
  poll(polled.data(), polled.size(), kPollMilliseconds);
  eventfd_t ignored;
  eventfd_read(wake_, &ignored);
  std::vector<std::pair<std::string, std::string>> ended;
  for (const pollfd& one : polled) {
    if (one.fd == wake_) continue;
    const std::string& worker = children[one.fd];
    bool ended_well = true;
    if ((one.revents & POLLIN) != 0) {
      ended.emplace_back(worker, Reap(one.fd, ended_well));
      close(one.fd);
      MutexLock lock(mutex_);
      children_.erase(one.fd);
    }
    if ((one.revents & POLLIN) != 0 || polled.front().revents == 0)
      TidyLog(worker, (one.revents & POLLIN) != 0 && ended_well);
  }
  return ended;
}

std::string LocalWorkers::LogFile(const std::string& worker) const {
  return absl::StrCat(options_.log_folder, "/", worker, ".log");
}

void LocalWorkers::TidyLog(const std::string& worker, bool ended_well) {
  const std::string path = LogFile(worker);
  if (ended_well) {
    unlink(path.c_str());
    return;
  }
  struct stat status;
  // The worker appends: it goes on at the new end.
  if (stat(path.c_str(), &status) == 0 && status.st_size > kLargestLog &&
      truncate(path.c_str(), 0) != 0)
    return;
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<std::pair<fs::file_time_type, fs::path>> logs;
  for (fs::directory_iterator entry(options_.log_folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->path().extension() == ".log")
      logs.emplace_back(entry->last_write_time(ignored), entry->path());
  }
  if (logs.size() <= kLogsKept) return;
  std::sort(logs.begin(), logs.end());
  for (size_t i = 0; i < logs.size() - kLogsKept; ++i) fs::remove(logs[i].second, error);
}

}  // namespace trainyard
