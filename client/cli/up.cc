// trainyard up: a server on this machine, in the foreground, for a laptop or a first look.
#include <signal.h>
#include <sys/stat.h>

#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/server_process.h"
#include "client/lib/files.h"
#include "client/text/text.h"

namespace trainyard::cli {
namespace {

constexpr std::chrono::milliseconds kPoll{50};
constexpr std::chrono::seconds kStart{30};
constexpr size_t kMaxAddressBytes = 1024;

// Nanoseconds; 0 where there is no such file.
int64_t ModifiedAt(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return 0;
  return int64_t{1'000'000'000} * info.st_mtim.tv_sec + info.st_mtim.tv_nsec;
}

class Up final : public Command {
 public:
  std::string name() const override { return "up"; }
  std::string summary() const override {
    return "Start a server on this machine, in the foreground";
  }
  std::string details() const override {
    return "Ctrl-C stops it: jobs are checkpointed and go on at the next start.\n"
           "  trainyard up --listen 127.0.0.1:0 --data /tmp/yard -- --cores 2";
  }
  void Declare(Options& options) override {
    options
        .Value("--data", "FOLDER", &data_,
               "Jobs, models and data sets (default ~/.local/share/trainyard).")
        .Completes(Completion::kFolder);
    options.Value("--listen", "HOST:PORT", &listen_,
                  "Default 127.0.0.1:7070; port 0 lets the system choose.");
    options.Positional("FLAG", &flags_, "After --: flags for trainyardd, see 'trainyardd --help'.");
  }

  int Run(Session& session) override {
    const absl::StatusOr<std::string> program = FindServerProgram(session.environment());
    if (!program.ok()) return session.Fail(program.status());
    const std::string data = data_.empty() ? DefaultData(session.environment()) : data_;
    if (data.empty())
      return session.Fail(
          absl::InvalidArgumentError("no home folder is known; give --data FOLDER"));
    const std::string address_file = data + "/run/address";
    const int64_t before = ModifiedAt(address_file);
    std::vector<std::string> arguments = {"--data", data, "--listen", listen_};
    arguments.insert(arguments.end(), flags_.begin(), flags_.end());
    const absl::StatusOr<pid_t> process = StartProcess(*program, arguments);
    if (!process.ok()) return session.Fail(process.status());
    // The server drains on SIGTERM; Ctrl-C on a terminal reaches it as well, which is the same to
    // it.
    client::Interrupt::Scope scope(session.interrupt(),
                                   [child = *process] { kill(child, SIGTERM); });
    return Attend(session, *process, data, [&]() -> std::string {
      if (ModifiedAt(address_file) == before) return "";
      const absl::StatusOr<std::string> text = client::ReadFile(address_file, kMaxAddressBytes);
      if (!text.ok()) return "";
      const absl::string_view address = absl::StripAsciiWhitespace(*text);
      return std::string(address.data(), address.size());
    });
  }

 private:
  static std::string DefaultData(const client::Environment& environment) {
    const std::string base = environment.Get("XDG_DATA_HOME");
    if (!base.empty()) return base + "/trainyard";
    const std::string home = environment.Get("HOME");
    return home.empty() ? "" : home + "/.local/share/trainyard";
  }

  // Says where the server is once it is there, then waits for its end.
  template <typename ReadAddress>
  static int Attend(Session& session, pid_t process, const std::string& data,
                    const ReadAddress& read_address) {
    Console& console = session.console();
    int code = kExitOk;
    bool announced = false;
    const auto start = std::chrono::steady_clock::now();
    while (IsRunning(process, code)) {
      session.interrupt().SleepFor(kPoll);
      // SleepFor returns at once after Ctrl-C; the server still drains.
      if (session.interrupt().triggered()) std::this_thread::sleep_for(kPoll);
      if (announced) continue;
      const std::string address = read_address();
      if (!address.empty()) {
        console.out << address << std::endl;
        console.err << "trainyardd listens on " << Printable(address) << ", data in " << data
                    << ". Ctrl-C stops it.\n  in another shell: " << Hint(address)
                    << "trainyard run SPEC" << std::endl;
        announced = true;
      } else if (std::chrono::steady_clock::now() - start > kStart) {
        console.err << "trainyard: the server has not come up yet" << std::endl;
        announced = true;
      }
    }
    if (code != kExitOk) console.err << "trainyard: trainyardd ended with code " << code << "\n";
    if (code == kExitOk || code == kExitUsage) return code;  // trainyardd means the same by them
    return announced ? kExitApiError : kExitUnreachable;
  }

  static std::string Hint(const std::string& address) {
    return address == "127.0.0.1:7070" ? "" : absl::StrCat("TRAINYARD_SERVER=", address, " ");
  }

  std::string data_;
  std::string listen_ = "127.0.0.1:7070";
  std::vector<std::string> flags_;
};

}  // namespace

std::unique_ptr<Command> MakeUp() { return std::make_unique<Up>(); }

}  // namespace trainyard::cli
