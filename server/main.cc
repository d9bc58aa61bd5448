// trainyardd: flags, signals and the life of one Daemon.
//
// SIGTERM or SIGINT drains: workers write a checkpoint and stop, their jobs go back to the queue,
// and the process ends with 0. A second signal ends it at once; nothing that was acknowledged is
// lost by that either.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>

#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include "engine/base/status.h"
#include "server/daemon.h"
#include "server/logging.h"

namespace {

constexpr char kSystemDatasets[] = "/usr/share/datasets";
// What the last writes may take after the workers have gone or were killed.
constexpr auto kDrainReserve = std::chrono::seconds(5);

struct Flags {
  trainyard::DaemonOptions daemon;
  uint64_t memory_mib = 0;
  uint64_t data_quota_mib = 0;
  uint64_t dataset_quota_mib = 0;
  uint32_t drain_seconds = 60;
  std::string log_format = "text";
};

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string DefaultDataFolder() {
  if (const std::string base = Environment("XDG_DATA_HOME"); !base.empty())
    return base + "/trainyard";
  if (const std::string home = Environment("HOME"); !home.empty())
    return home + "/.local/share/trainyard";
  return "";
}

std::string DefaultWorkerProgram() {
  std::error_code error;
  return (std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "trainyard-worker")
      .string();
}

void Declare(CLI::App& app, Flags& flags) {
  trainyard::DaemonOptions& daemon = flags.daemon;
  daemon.listen = "127.0.0.1:7070";
  daemon.data_folder = DefaultDataFolder();
  daemon.worker_program = DefaultWorkerProgram();
  daemon.data_roots = {kSystemDatasets};
  daemon.version = TRAINYARD_VERSION;
  daemon.jobs.capacity = {0, 0};
  app.set_version_flag("--version", "trainyardd " TRAINYARD_VERSION);
  app.add_option("--data", daemon.data_folder, "Folder for jobs, artifacts and data sets")
      ->envname("TRAINYARD_DATA")
      ->capture_default_str();
  app.add_option("--listen", daemon.listen,
                 "Address to listen on; port 0 takes a free one, see <data>/run/address")
      ->envname("TRAINYARD_LISTEN")
      ->capture_default_str();
  app.add_option("--data-root", daemon.data_roots,
                 "Folder whose data sets jobs may read, besides <data>/datasets")
      ->envname("TRAINYARD_DATA_ROOT")
      ->capture_default_str();
  app.add_option("--data-quota-mib", flags.data_quota_mib,
                 "What uploaded data sets may take together, in MiB; 0: what the disk has")
      ->envname("TRAINYARD_DATA_QUOTA_MIB")
      ->check(CLI::Range(uint64_t{0}, uint64_t{1} << 40));
  app.add_option("--dataset-quota-mib", flags.dataset_quota_mib,
                 "What all versions of one data set may take, in MiB; 0: no limit of its own")
      ->envname("TRAINYARD_DATASET_QUOTA_MIB")
      ->check(CLI::Range(uint64_t{0}, uint64_t{1} << 40));
  app.add_option("--token-file", daemon.token_file,
                 "File with the tokens that callers must show, one a line")
      ->envname("TRAINYARD_SERVER_TOKEN_FILE");
  app.add_flag("--trust-network", daemon.trust_network,
               "Listen beyond this machine without a token: everyone who reaches the port may "
               "submit jobs")
      ->envname("TRAINYARD_TRUST_NETWORK");
  app.add_option("--cores", daemon.jobs.capacity.cores,
                 "Cores for jobs; 0: all that this process may use");
  app.add_option("--memory-mib", flags.memory_mib,
                 "Memory for jobs, in MiB; 0: most of the machine's")
      ->check(CLI::Range(uint64_t{0}, uint64_t{1} << 30));
  app.add_option("--worker-binary", daemon.worker_program, "Path of trainyard-worker")
      ->capture_default_str();
  app.add_option("--drain-seconds", flags.drain_seconds,
                 "How long workers may take to write a checkpoint on SIGTERM")
      ->capture_default_str()
      ->check(CLI::Range(1, 86400));
  app.add_option("--log-format", flags.log_format, "text or json")
      ->envname("TRAINYARD_LOG_FORMAT")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "json"}));
}

sigset_t EndingSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// Every connection is a file.
void RaiseFileLimit() {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int Run(Flags& flags) {
  // Blocked before any thread starts, so that only sigwait takes them.
  const sigset_t signals = EndingSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  umask(S_IRWXG | S_IRWXO);
  RaiseFileLimit();

  const auto drain = std::chrono::seconds(flags.drain_seconds);
  flags.daemon.jobs.capacity.memory_bytes = flags.memory_mib << 20;
  flags.daemon.contents.most_bytes = flags.data_quota_mib << 20;
  flags.daemon.datasets.most_bytes_per_dataset = flags.dataset_quota_mib << 20;
  flags.daemon.jobs.stop_grace = drain;
  auto daemon = trainyard::Daemon::Start(flags.daemon);
  if (!daemon.ok()) {
    spdlog::error("{}", trainyard::Message(daemon.status()));
    return EXIT_FAILURE;
  }
  spdlog::info("trainyardd {} listens on {}, data in {}", TRAINYARD_VERSION, (*daemon)->address(),
               flags.daemon.data_folder);

  int received = 0;
  sigwait(&signals, &received);
  spdlog::info("{}: workers checkpoint and stop; once more ends at once", strsignal(received));
  std::thread([signals] {
    int second = 0;
    sigwait(&signals, &second);
    _exit(128 + second);
  }).detach();
  const bool drained = (*daemon)->Drain(drain + kDrainReserve);
  if (!drained)
    spdlog::warn("not all jobs could be put back in time; the next server sends them on");
  daemon->reset();
  spdlog::info("stopped");
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app("Queues training jobs, runs them on this machine, and streams what they do.",
               "trainyardd");
  try {
    Declare(app, flags);
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    constexpr int kUsage = 2;
    return app.exit(error) == 0 ? EXIT_SUCCESS : kUsage;
  }
  trainyard::SetUpLogging(flags.log_format == "json" ? trainyard::LogFormat::kJson
                                                     : trainyard::LogFormat::kText);
  return Run(flags);
}
