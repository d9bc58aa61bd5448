// trainyard-worker: the process that trains. Started by trainyardd, talks to it over a unix socket,
// and takes job after job. SIGTERM: the job writes a checkpoint and goes back to the queue.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include "engine/tensor/onednn.h"
#include "server/worker_process/job_runner.h"
#include "server/worker_process/server_link.h"

namespace {

struct Flags {
  trainyard::ServerLink::Options link;
  std::string secret_file;
  trainyard::DataRoots roots;
};

void Declare(CLI::App& app, Flags& flags) {
  app.set_version_flag("--version", "trainyard-worker " TRAINYARD_VERSION);
  app.add_option("--server", flags.link.address, "unix:<path of the server's socket>")->required();
  app.add_option("--secret-file", flags.secret_file,
                 "File with what the server knows its workers by")
      ->required();
  app.add_option("--name", flags.link.worker, "Name that the server knows this worker by")
      ->required();
  app.add_option("--data-root", flags.roots.folders, "Folder that jobs may read");
  app.add_option("--versions-folder", flags.roots.versions_folder,
                 "Folder of uploaded data sets, which jobs may read");
  app.add_option("--cache-folder", flags.roots.cache_folder,
                 "Folder for decoded copies of data files");
}

int Run(Flags& flags) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  // Blocked before any thread starts, so that only sigwait takes them.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  umask(S_IRWXG | S_IRWXO);
  const struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  // The server should stay alive where the machine has no memory left.
  std::ofstream("/proc/self/oom_score_adj") << 500;

  std::ifstream(flags.secret_file) >> flags.link.secret;
  flags.link.isa = trainyard::onednn::InstructionSet();
  const trainyard::Catalogs catalogs;
  const trainyard::RealClock clock;
  trainyard::TrainingEngine engine(catalogs, flags.roots, clock, flags.link.worker);
  trainyard::ServerLink link(flags.link);
  std::thread([signals, &link] {
    int received = 0;
    sigwait(&signals, &received);
    link.Drain();
    sigwait(&signals, &received);
    _exit(128 + received);
  }).detach();
  const int code = trainyard::WorkForServer(link, engine, clock);
  std::fflush(nullptr);
  // The thread above uses what this scope would destroy.
  _exit(code);
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app("Trains jobs for trainyardd, which starts it.", "trainyard-worker");
  try {
    Declare(app, flags);
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    constexpr int kUsage = 2;
    return app.exit(error) == 0 ? EXIT_SUCCESS : kUsage;
  }
  return Run(flags);
}
