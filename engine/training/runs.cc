#include "engine/training/runs.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/status.h"
#include "engine/spec/model_file.h"
#include "engine/spec/runs.h"
#include "engine/training/checkpoint.h"
#include "engine/training/data_cache.h"
#include "engine/training/prepare.h"
#include "engine/training/runs_board.h"

namespace trainyard {
namespace {

constexpr char kDiverged[] = "DIVERGED";

// What a run of its own would tell its job. Used by the thread that trains it.
class RunSink final : public JobSink {
 public:
  RunSink(RunsBoard& board, int run) : board_(board), run_(run) {}
  void Emit(v1::Event event) override { board_.Emit(run_, std::move(event)); }
  absl::StatusOr<v1::Artifact> Save(const std::string& name, uint64_t step,
                                    const std::string& bytes) override {
    if (name == kCheckpointName) board_.Keep(run_, step, bytes);
    if (name == kModelFileName) model_ = bytes;
    if (name == kModelFileName) step_ = step;
    v1::Artifact kept;
    kept.set_name(name);
    return kept;
  }
  std::string TakeModel() { return std::move(model_); }
  uint64_t step() const { return step_; }

 private:
  RunsBoard& board_;
  const int run_;
  std::string model_;
  uint64_t step_ = 0;
};

// Hands out the runs, those with the same data one after the other, and keeps how the first of them
// ended that ends the job. Thread-safe.
class Dealer {
 public:
  // `cancel`: of the job.
  Dealer(const v1::Specification& specification, const RunsBoard& board, const CancelToken* cancel)
      : stop_(cancel) {
    const auto data_of = [&](int run) {
      const v1::Run& own = specification.runs(run);
      return std::tuple(own.has_train_size(), own.train_size(), own.has_subset_seed(),
                        own.subset_seed());
    };
    for (int i = 0; i < specification.runs_size(); ++i) {
      if (!board.Ended(i)) order_.push_back(i);
    }
    std::stable_sort(order_.begin(), order_.end(),
                     [&](int a, int b) { return data_of(a) < data_of(b); });
  }
  std::optional<int> Next() {
    MutexLock lock(mutex_);
    if (outcome_.has_value() || next_ == order_.size()) return std::nullopt;
    return order_[next_++];
  }
  // The job ends so, and the runs that still train stop.
  void Stop(const RunOutcome& outcome) {
    {
      MutexLock lock(mutex_);
      if (!outcome_.has_value()) outcome_ = outcome;
    }
    stop_.Cancel(CancelToken::Reason::kDrained);
  }
  // Of every run.
  const CancelToken& stop() const { return stop_; }
  std::optional<RunOutcome> outcome() const {
    MutexLock lock(mutex_);
    return outcome_;
  }

 private:
  CancelToken stop_;
  mutable Mutex mutex_;
  std::vector<int> order_ TRAINYARD_GUARDED_BY(mutex_);
  size_t next_ TRAINYARD_GUARDED_BY(mutex_) = 0;
  std::optional<RunOutcome> outcome_ TRAINYARD_GUARDED_BY(mutex_);
};

// Keeps the models of runs that have ended while the next ones train: a file that has to be on disk
// takes longer than a small run. Thread-safe; one thread of its own, which Finish ends.
class Archive {
 public:
  Archive(RunsBoard& board, Dealer& dealer, size_t most_waiting)
      : board_(board), dealer_(dealer), most_waiting_(most_waiting), thread_([this] { Loop(); }) {}

  struct Ended {
    int run = 0;
    RunOutcome outcome;
    uint64_t step = 0;
    std::string model;  // bytes; empty where it left none
  };
  // Waits while as many as may be wait already.
  void Add(Ended ended) {
    {
      MutexLock lock(mutex_);
      changed_.Wait(
          lock, [this]() TRAINYARD_REQUIRES(mutex_) { return waiting_.size() < most_waiting_; });
      waiting_.push_back(std::move(ended));
    }
    changed_.NotifyAll();
  }
  // After the last Add.
  void Finish() {
    {
      MutexLock lock(mutex_);
      finished_ = true;
    }
    changed_.NotifyAll();
    thread_.join();
  }

 private:
  void Loop() {
    while (std::optional<Ended> ended = Take()) {
      std::optional<v1::Artifact> model;
      if (!ended->model.empty()) {
        absl::StatusOr<v1::Artifact> saved =
            board_.SaveModel(ended->run, ended->step, ended->model);
        if (!saved.ok()) {
          dealer_.Stop(FailedOutcome(saved.status()));
          continue;
        }
        model = *std::move(saved);
      }
      board_.End(ended->run, ended->outcome, std::move(model));
    }
  }
  std::optional<Ended> Take() {
    std::optional<Ended> ended;
    {
      MutexLock lock(mutex_);
      changed_.Wait(lock,
                    [this]() TRAINYARD_REQUIRES(mutex_) { return finished_ || !waiting_.empty(); });
      if (waiting_.empty()) return std::nullopt;
      ended = std::move(waiting_.front());
      waiting_.pop_front();
    }
    changed_.NotifyAll();
    return ended;
  }

  RunsBoard& board_;
  Dealer& dealer_;
  const size_t most_waiting_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<Ended> waiting_ TRAINYARD_GUARDED_BY(mutex_);
  bool finished_ TRAINYARD_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses the others
};

// Trains one run after the other, until the dealer has none.
void TrainSome(const v1::Specification& specification, const RunOptions& of_run, RunsBoard& board,
               Dealer& dealer, Archive& archive) {
  while (const std::optional<int> run = dealer.Next()) {
    RunOptions options = of_run;
    options.checkpoint = board.TakeState(*run);
    RunSink sink(board, *run);
    const RunOutcome outcome =
        RunTraining(SpecificationOfRun(specification, *run), std::move(options), sink);
    // A run that diverges is a result; whatever else ends one would end the others, too.
    if (outcome.kind == RunOutcome::Kind::kSucceeded || outcome.reason == kDiverged) {
      archive.Add({*run, outcome, sink.step(), sink.TakeModel()});
    } else {
      dealer.Stop(outcome);
    }
  }
}

}  // namespace

absl::StatusOr<RunOutcome> TrainRuns(const v1::Specification& specification, RunOptions options,
                                     JobSink& sink) {
  ASSIGN_OR_RETURN(const CompiledSpecification compiled, CompileForRun(specification, options));
  RunsBoard board(specification, compiled.total_steps, options, sink);
  if (!options.checkpoint.empty()) RETURN_IF_ERROR(board.Restore(options.checkpoint));
  options.checkpoint.clear();
  board.Start();
  const int at_once = RunsAtOnce(specification, options.threads);
  Dealer dealer(specification, board, options.cancel);
  DataCache own_cache;
  RunOptions of_run = options;
  of_run.threads = options.threads / at_once;
  of_run.cancel = &dealer.stop();
  if (of_run.data_cache == nullptr) of_run.data_cache = &own_cache;
  Archive archive(board, dealer, static_cast<size_t>(at_once));
  std::vector<std::thread> others;
  const auto train = [&] { TrainSome(specification, of_run, board, dealer, archive); };
  for (int i = 1; i < at_once; ++i) others.emplace_back(train);
  train();
  for (std::thread& other : others) other.join();
  archive.Finish();
  const std::optional<RunOutcome> outcome = dealer.outcome();
  if (!outcome.has_value()) return board.Conclude();
  if (outcome->kind == RunOutcome::Kind::kPreempted) board.KeepCheckpoint();
  return *outcome;
}

}  // namespace trainyard
