#include "server/workers/process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

constexpr const char* kHarmless[] = {
    "PATH=", "HOME=",   "LANG=", "LC_",   "TZ=",    "TMPDIR=", "OMP_",    "GOMP_",
    "DNNL_", "ONEDNN_", "ASAN_", "LSAN_", "UBSAN_", "TSAN_",   "MALLOC_", "LD_LIBRARY_PATH="};
constexpr char kWaitPolicy[] = "OMP_WAIT_POLICY=";
constexpr mode_t kLogMode = 0600;

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& string : strings) pointers.push_back(const_cast<char*>(string.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// That a process is gone is believed only where the kernel says so: this one may have no files
// left.
absl::Status NotRead(const std::string& path, int error) {
  const std::string text = absl::StrCat("cannot read ", path, ": ", std::strerror(error));
  return error == ENOENT || error == ESRCH ? absl::NotFoundError(text)
                                           : absl::UnavailableError(text);
}

// The attributes and actions of posix_spawn, freed at the end of the scope.
struct SpawnSettings {
  SpawnSettings() {
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
  }
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
};

}  // namespace

absl::StatusOr<std::string> ReadProcessFile(int64_t process_id, const std::string& name) {
  const std::string path = absl::StrCat("/proc/", process_id, "/", name);
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NotRead(path, errno);
  std::string bytes;
  char buffer[4096];
  ssize_t count = 0;
  while ((count = read(fd, buffer, sizeof buffer)) > 0)
    bytes.append(buffer, static_cast<size_t>(count));
  const int error = errno;
  close(fd);
  if (count < 0) return NotRead(path, error);
  return bytes;
}

absl::StatusOr<uint64_t> ProcessStartTime(int64_t process_id) {
  ASSIGN_OR_RETURN(const std::string stat, ReadProcessFile(process_id, "stat"));
  // The name, in parentheses, may hold anything: fields are counted from its end. The state is
  // field 3.
  const size_t end_of_name = stat.rfind(')');
  if (end_of_name == std::string::npos)
    return absl::NotFoundError(absl::StrCat("no process ", process_id));
  std::istringstream fields(stat.substr(end_of_name + 1));
  std::string field;
  constexpr int kState = 3;
  constexpr int kStartTime = 22;
  for (int number = kState; number <= kStartTime; ++number) {
    if (!(fields >> field)) return absl::NotFoundError(absl::StrCat("no process ", process_id));
    if (number == kState && (field == "Z" || field == "X")) {
      return absl::NotFoundError(absl::StrCat("process ", process_id, " has ended"));
    }
  }
  return std::strtoull(field.c_str(), nullptr, 10);
}

absl::StatusOr<int64_t> Spawn(const SpawnOptions& options) {
  SpawnSettings settings;
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setflags(&settings.attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setpgroup(&settings.attributes, 0);
  posix_spawnattr_setsigmask(&settings.attributes, &none);
  posix_spawnattr_setsigdefault(&settings.attributes, &all);
  posix_spawn_file_actions_addopen(&settings.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&settings.actions, STDOUT_FILENO, options.log_file.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, kLogMode);
  posix_spawn_file_actions_adddup2(&settings.actions, STDOUT_FILENO, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&settings.actions, STDERR_FILENO + 1);

  std::vector<std::string> arguments = {options.program};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  pid_t process_id = 0;
  const int error =
      posix_spawn(&process_id, options.program.c_str(), &settings.actions, &settings.attributes,
                  Pointers(arguments).data(), Pointers(options.environment).data());
  if (error != 0) {
    return absl::InternalError(
        absl::StrCat("cannot start ", options.program, ": ", std::strerror(error)));
  }
  return process_id;
}

std::vector<std::string> HarmlessEnvironment() {
  std::vector<std::string> harmless;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    for (const char* prefix : kHarmless) {
      if (!absl::StartsWith(*variable, prefix)) continue;
      harmless.push_back(*variable);
      break;
    }
  }
  return harmless;
}

std::vector<std::string> WorkerEnvironment() {
  std::vector<std::string> variables = HarmlessEnvironment();
  const bool chosen = std::any_of(
      variables.begin(), variables.end(),
      [](const std::string& variable) { return absl::StartsWith(variable, kWaitPolicy); });
  if (!chosen) variables.push_back(absl::StrCat(kWaitPolicy, "passive"));
  return variables;
}

}  // namespace trainyard
