#include "server/daemon.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <system_error>
#include <thread>
#include <utility>

#include <google/protobuf/util/time_util.h>
#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/tensor/onednn.h"
#include "server/api/artifact_service.h"
#include "server/api/catalog_service.h"
#include "server/api/compare_service.h"
#include "server/api/data_service.h"
#include "server/api/forecast_service.h"
#include "server/api/grpc_server.h"
#include "server/api/job_service.h"
#include "server/api/listener.h"
#include "server/api/metric_service.h"
#include "server/api/server_service.h"
#include "server/api/study_forecaster.h"
#include "server/api/study_service.h"
#include "server/api/sweep_service.h"
#include "server/data_folder.h"
#include "server/jobs/job_manager.h"
#include "server/workers/local_workers.h"
#include "server/workers/worker_service.h"

namespace trainyard {
namespace {

// Decisions of JobManager; watches that were woken, which read the database.
constexpr int kControlThreads = 2;
// Handlers and watches: they read the database.
constexpr int kHandlerThreads = 4;
// What may take long has threads of its own, so that neither watches nor other calls wait for it:
// dry compilations (they may read whole data files), downloads (they may hash whole artifacts), and
// the files that workers send and fetch, with the hashing of a checkpoint before its job goes on.
constexpr int kCheckThreads = 2;
constexpr int kDownloadThreads = 2;
constexpr int kWorkerFileThreads = 2;
// Uploads of data sets, and what becomes of them: they wait for the disk.
constexpr int kDatasetThreads = 2;
constexpr int kReaders = kControlThreads + kHandlerThreads + kCheckThreads + kDownloadThreads +
                         kWorkerFileThreads + kDatasetThreads;
constexpr int kMostCalls = 2000;
constexpr int kMostChecks = 200;
constexpr int kMostDownloads = 256;
constexpr int kMostWorkerCalls = 256;
constexpr int kMostUploads = 128;
constexpr auto kExpireUploads = std::chrono::minutes(10);
constexpr auto kTick = std::chrono::milliseconds(100);
constexpr auto kShutdown = std::chrono::seconds(2);

// A thread that calls a function again and again until the end of its scope.
class Ticker {
 public:
  explicit Ticker(std::function<void()> tick)
      : thread_([this, tick = std::move(tick)] { Loop(tick); }) {}
  ~Ticker() {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
    }
    changed_.NotifyAll();
    thread_.join();
  }

 private:
  void Loop(const std::function<void()>& tick) {
    while (true) {
      tick();
      MutexLock lock(mutex_);
      if (changed_.WaitFor(lock, kTick, [this]() TRAINYARD_REQUIRES(mutex_) { return stopping_; }))
        return;
    }
  }

  Mutex mutex_;
  CondVar changed_;
  bool stopping_ TRAINYARD_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

std::vector<CatalogServiceHandler::Item> Items(const Catalogs& catalogs) {
  std::vector<CatalogServiceHandler::Item> items;
  for (const Catalogs::Item& item : catalogs.Items()) items.push_back({item.kind, item.schema});
  return items;
}

class RunningDaemon final : public Daemon {
 public:
  explicit RunningDaemon(DaemonOptions options) : options_(std::move(options)) {}
  ~RunningDaemon() override { Stop(); }

  absl::Status Start();
  const std::string& address() const override { return listener_->address(); }
  bool Drain(std::chrono::nanoseconds deadline) override;

 private:
  absl::StatusOr<Authorizer> PublicAuthorizer() const;
  LocalWorkers::Options WorkerOptions() const;
  v1::ServerInfo Info() const;
  // All that may change the bits of a result.
  std::string Software() const;
  // Now and then, on a thread that may block.
  void ExpireUploads();
  void Stop();

  DaemonOptions options_;
  RealClock clock_;
  Catalogs catalogs_;
  std::unique_ptr<DataFolder> folder_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<ThreadedExecutor> control_;
  std::unique_ptr<ThreadedExecutor> handlers_;
  std::unique_ptr<ThreadedExecutor> checks_;
  std::unique_ptr<ThreadedExecutor> downloads_;
  std::unique_ptr<ThreadedExecutor> worker_files_;
  std::unique_ptr<ThreadedExecutor> dataset_files_;
  std::unique_ptr<ArtifactStore> artifacts_;
  std::unique_ptr<ContentStore> contents_;
  std::unique_ptr<DatasetStore> datasets_;
  std::unique_ptr<JobStore> jobs_;
  std::unique_ptr<StudyStore> studies_;
  std::unique_ptr<SweepStore> sweeps_;
  std::unique_ptr<ForecastStore> forecasts_;
  std::unique_ptr<Notifier> notifier_;
  std::unique_ptr<LocalWorkers> workers_;
  std::unique_ptr<JobManager> manager_;
  std::unique_ptr<AshaController> asha_;

  std::unique_ptr<Authorizer> public_authorizer_;
  std::unique_ptr<Authorizer> worker_authorizer_;
  std::unique_ptr<Calls> public_calls_;
  std::unique_ptr<Calls> check_calls_;
  std::unique_ptr<Calls> download_calls_;
  std::unique_ptr<Calls> worker_calls_;
  std::unique_ptr<Calls> dataset_calls_;
  std::unique_ptr<UploadStreams> uploads_;
  std::unique_ptr<EngineChecker> engine_checker_;
  std::unique_ptr<Watches> watches_;
  std::unique_ptr<StudyWatches> study_watches_;
  std::unique_ptr<StudyForecaster> study_forecaster_;
  std::unique_ptr<WorkerServiceHandler> worker_service_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<grpc::Server> worker_server_;
  std::unique_ptr<grpc::Server> public_server_;
  // Used by the ticker's thread.
  std::chrono::nanoseconds uploads_expired_{0};
  std::unique_ptr<Ticker> ticker_;
};

absl::Status RunningDaemon::Start() {
  ASSIGN_OR_RETURN(folder_, DataFolder::Prepare(options_.data_folder, options_.data_roots));
  StoreOptions store;
  store.folder = folder_->path();
  store.readers = kReaders;
  ASSIGN_OR_RETURN(store_, Store::Open(std::move(store)));
  // After the folder's lock, before anything that a second server must not touch.
  ASSIGN_OR_RETURN(listener_, Listener::Bind(options_.listen));
  ASSIGN_OR_RETURN(Authorizer authorizer, PublicAuthorizer());
  ASSIGN_OR_RETURN(const std::string secret, folder_->Secret());
  const Capacity detected = DetectCapacity();
  if (options_.jobs.capacity.cores == 0) options_.jobs.capacity.cores = detected.cores;
  if (options_.jobs.capacity.memory_bytes == 0)
    options_.jobs.capacity.memory_bytes = detected.memory_bytes;

  control_ = std::make_unique<ThreadedExecutor>(kControlThreads);
  handlers_ = std::make_unique<ThreadedExecutor>(kHandlerThreads);
  checks_ = std::make_unique<ThreadedExecutor>(kCheckThreads);
  downloads_ = std::make_unique<ThreadedExecutor>(kDownloadThreads);
  worker_files_ = std::make_unique<ThreadedExecutor>(kWorkerFileThreads);
  dataset_files_ = std::make_unique<ThreadedExecutor>(kDatasetThreads);
  artifacts_ = std::make_unique<ArtifactStore>(*store_, ArtifactStore::Options{});
  ASSIGN_OR_RETURN(contents_, ContentStore::Open(*store_, options_.contents, clock_));
  ASSIGN_OR_RETURN(datasets_,
                   DatasetStore::Open(*store_, *contents_, folder_->roots().versions_folder,
                                      options_.datasets, clock_));
  jobs_ = std::make_unique<JobStore>(*store_);
  studies_ = std::make_unique<StudyStore>(*store_);
  sweeps_ = std::make_unique<SweepStore>(*store_);
  forecasts_ = std::make_unique<ForecastStore>(*store_);
  notifier_ = std::make_unique<Notifier>(
      *control_, [this](const std::string& job) { return jobs_->LastSequence(job); });
  workers_ = std::make_unique<LocalWorkers>(WorkerOptions());
  manager_ = std::make_unique<JobManager>(options_.jobs, *store_, *artifacts_, *notifier_,
                                          *workers_, *control_, *worker_files_, clock_);
  asha_ =
      std::make_unique<AshaController>(*sweeps_, *jobs_, *manager_, *notifier_, *handlers_, clock_);
  workers_->Supervise([this](const std::string& worker, const std::string& how) {
    spdlog::info("worker {} ended: {}", worker, how);
    manager_->OnWorkerExited(worker, how);
  });

  public_authorizer_ = std::make_unique<Authorizer>(std::move(authorizer));
  worker_authorizer_ = std::make_unique<Authorizer>(std::vector<std::string>{secret});
  public_calls_ = std::make_unique<Calls>(*public_authorizer_, *handlers_, kMostCalls);
  check_calls_ = std::make_unique<Calls>(*public_authorizer_, *checks_, kMostChecks);
  download_calls_ = std::make_unique<Calls>(*public_authorizer_, *downloads_, kMostDownloads);
  worker_calls_ = std::make_unique<Calls>(*worker_authorizer_, *worker_files_, kMostWorkerCalls);
  dataset_calls_ = std::make_unique<Calls>(*public_authorizer_, *dataset_files_, kMostUploads);
  uploads_ = std::make_unique<UploadStreams>(*dataset_calls_, *contents_, clock_);
  CompileLimits limits;
  limits.memory_bytes = static_cast<int64_t>(options_.jobs.capacity.memory_bytes);
  limits.cores = options_.jobs.capacity.cores;
  engine_checker_ =
      std::make_unique<EngineChecker>(catalogs_, folder_->roots(), limits, *artifacts_, Software());
  const SpecificationChecker& checker =
      options_.checker != nullptr ? *options_.checker : *engine_checker_;
  watches_ =
      std::make_unique<Watches>(*public_calls_, *jobs_, *notifier_, clock_, options_.most_watches);
  study_watches_ = std::make_unique<StudyWatches>(*public_calls_, *jobs_, *studies_, *notifier_,
                                                  clock_, options_.most_watches);
  study_forecaster_ = std::make_unique<StudyForecaster>(*checks_, *notifier_, *jobs_, *studies_,
                                                        *forecasts_, checker, clock_);
  worker_service_ = std::make_unique<WorkerServiceHandler>(*worker_calls_, *manager_, *artifacts_);
  services_.push_back(std::make_unique<JobServiceHandler>(*public_calls_, *check_calls_, *manager_,
                                                          *jobs_, *watches_, checker, *datasets_));
  services_.push_back(std::make_unique<StudyServiceHandler>(
      *public_calls_, *check_calls_, *manager_, *jobs_, *studies_, *study_watches_, checker,
      *datasets_, clock_));
  services_.push_back(std::make_unique<SweepServiceHandler>(*public_calls_, *check_calls_,
                                                            *manager_, *jobs_, *sweeps_, *asha_,
                                                            checker, *datasets_, clock_));
  services_.push_back(std::make_unique<ForecastServiceHandler>(*check_calls_, *jobs_, *studies_,
                                                               *forecasts_, checker, clock_));
  services_.push_back(std::make_unique<CompareServiceHandler>(*public_calls_, *jobs_, catalogs_));
  services_.push_back(std::make_unique<MetricServiceHandler>(*public_calls_, *jobs_));
  services_.push_back(std::make_unique<ArtifactServiceHandler>(*public_calls_, *download_calls_,
                                                               *jobs_, *artifacts_));
  services_.push_back(std::make_unique<CatalogServiceHandler>(*public_calls_, Items(catalogs_)));
  services_.push_back(std::make_unique<DataServiceHandler>(
      *public_calls_, *check_calls_, *dataset_calls_, *download_calls_, *datasets_, *contents_,
      *uploads_, folder_->roots()));
  services_.push_back(std::make_unique<ServerServiceHandler>(*public_calls_, *manager_, Info()));

  RETURN_IF_ERROR(manager_->Recover());
  asha_->Recover();
  // Workers of an earlier server dial first: their jobs wait for them.
  ASSIGN_OR_RETURN(worker_server_, StartWorkerServer(*worker_service_, folder_->worker_socket()));
  uploads_expired_ = clock_.Monotonic();  // the stores were swept when they were opened
  ticker_ = std::make_unique<Ticker>([this] {
    manager_->Tick();
    asha_->Tick();
    watches_->Tick();
    study_watches_->Tick();
    study_forecaster_->Tick();
    uploads_->Tick();
    ExpireUploads();
  });
  std::vector<grpc::Service*> services;
  for (const auto& service : services_) services.push_back(service.get());
  ASSIGN_OR_RETURN(public_server_, StartPublicServer(services, *listener_));
  return folder_->PublishAddress(listener_->address());
}

absl::StatusOr<Authorizer> RunningDaemon::PublicAuthorizer() const {
  if (!options_.token_file.empty()) return Authorizer::FromFile(options_.token_file);
  if (!listener_->loopback() && !options_.trust_network) {
    return absl::FailedPreconditionError(absl::StrCat(
        listener_->address(),
        " can be reached from other machines: give --token-file, or --trust-network where "
        "everyone who can reach the port may submit jobs"));
  }
  return Authorizer({});
}

LocalWorkers::Options RunningDaemon::WorkerOptions() const {
  LocalWorkers::Options workers;
  workers.program = options_.worker_program;
  workers.log_folder = folder_->logs();
  workers.arguments = {"--server",          UnixTarget(folder_->worker_socket()),
                       "--secret-file",     folder_->secret_file(),
                       "--cache-folder",    folder_->roots().cache_folder,
                       "--versions-folder", folder_->roots().versions_folder};
  for (const std::string& root : folder_->roots().folders) {
    workers.arguments.push_back("--data-root");
    workers.arguments.push_back(root);
  }
  return workers;
}

v1::ServerInfo RunningDaemon::Info() const {
  v1::ServerInfo info;
  info.set_version(options_.version);
  *info.mutable_start_time() =
      google::protobuf::util::TimeUtil::NanosecondsToTimestamp(clock_.Now().count());
  info.set_cores(options_.jobs.capacity.cores);
  info.set_memory_bytes(options_.jobs.capacity.memory_bytes);
  info.set_isa(onednn::InstructionSet());
  info.set_onednn_version(onednn::Version());
  return info;
}

std::string RunningDaemon::Software() const {
  return absl::StrCat(options_.version, " ", onednn::Version(), " ", onednn::InstructionSet());
}

void RunningDaemon::ExpireUploads() {
  const std::chrono::nanoseconds now = clock_.Monotonic();
  if (now - uploads_expired_ < kExpireUploads) return;
  uploads_expired_ = now;
  dataset_files_->Post([this] {
    if (const absl::Status status = contents_->Expire(); !status.ok())
      spdlog::warn("unfinished uploads were not swept: {}", Message(status));
  });
}

bool RunningDaemon::Drain(std::chrono::nanoseconds deadline) {
  SetServing(*public_server_, false);
  // Outlives this call where it takes too long.
  struct Drained {
    Mutex mutex;
    CondVar changed;
    bool done TRAINYARD_GUARDED_BY(mutex) = false;
  };
  const auto drained = std::make_shared<Drained>();
  manager_->Drain([drained] {
    {
      MutexLock lock(drained->mutex);
      drained->done = true;
    }
    drained->changed.NotifyAll();
  });
  MutexLock lock(drained->mutex);
  return drained->changed.WaitFor(
      lock, deadline, [&]() TRAINYARD_REQUIRES(drained->mutex) { return drained->done; });
}

// From the outside in: streams end, calls finish, then what they used goes.
void RunningDaemon::Stop() {
  if (watches_ != nullptr) watches_->Stop();
  if (study_watches_ != nullptr) study_watches_->Stop();
  const auto deadline = std::chrono::system_clock::now() + kShutdown;
  if (public_server_ != nullptr) {
    listener_->Stop();
    public_server_->Shutdown(deadline);
  }
  // Workers are told nothing: their streams break, and they dial the next server.
  if (worker_server_ != nullptr) worker_server_->Shutdown(std::chrono::system_clock::now());
  ticker_.reset();
  if (workers_ != nullptr) workers_->StopSupervising();
  if (store_ != nullptr) store_->Close();
  for (ThreadedExecutor* executor : {worker_files_.get(), dataset_files_.get(), downloads_.get(),
                                     checks_.get(), handlers_.get(), control_.get()}) {
    if (executor != nullptr) executor->Stop();
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(DaemonOptions options) {
  auto daemon = std::make_unique<RunningDaemon>(std::move(options));
  RETURN_IF_ERROR(daemon->Start());
  return daemon;
}

}  // namespace trainyard
