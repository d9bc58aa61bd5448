#include "client/cli/server_process.h"

#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/lib/files.h"

extern char** environ;

namespace trainyard::cli {
namespace {

constexpr char kServer[] = "trainyardd";

std::string OwnFolder() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof(path));
  if (size <= 0) return "";
  const std::string program(path, static_cast<size_t>(size));
  return program.substr(0, program.rfind('/'));
}

}  // namespace

absl::StatusOr<std::string> FindServerProgram(const client::Environment& environment) {
  std::vector<std::string> folders =
      absl::StrSplit(environment.Get("PATH"), ':', absl::SkipEmpty());
  const std::string own = OwnFolder();
  if (!own.empty()) folders.insert(folders.begin(), own);
  for (const std::string& folder : folders) {
    const std::string program = folder + "/" + kServer;
    if (access(program.c_str(), X_OK) == 0) return program;
  }
  return absl::NotFoundError(
      absl::StrCat("no ", kServer, " beside this program (", own, ") or in PATH"));
}

absl::StatusOr<pid_t> StartProcess(const std::string& program,
                                   const std::vector<std::string>& arguments) {
  std::vector<char*> words = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes,
                             &none);  // our own signals are blocked for the waiting thread
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t process = 0;
  const int error =
      posix_spawn(&process, program.c_str(), nullptr, &attributes, words.data(), environ);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) return client::SystemError(error, absl::StrCat("cannot start ", program));
  return process;
}

bool IsRunning(pid_t process, int& exit_code) {
  int status = 0;
  const pid_t ended = waitpid(process, &status, WNOHANG);
  if (ended == 0) return true;
  if (ended < 0) return errno == EINTR;
  exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return false;
}

}  // namespace trainyard::cli
