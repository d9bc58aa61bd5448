#include "engine/training/runs_board.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/spec/model_file.h"
#include "engine/spec/runs.h"
#include "engine/studies/comparison.h"
#include "engine/training/checkpoint.h"
#include "engine/training/prepare.h"
#include "trainyard/v1/checkpoint.pb.h"

namespace trainyard {
namespace {

// After a run has ended: a small file keeps it from being trained again.
constexpr double kEndedSeconds = 1;
constexpr char kDiverged[] = "DIVERGED";

std::string Prefix(int run) { return absl::StrCat("runs/", run, "/"); }

// "<part>/<metric>" of a held-out part.
bool IsResult(const std::string& series) {
  if (std::count(series.begin(), series.end(), '/') != 1) return false;
  return absl::StartsWith(series, "test/") || absl::StartsWith(series, "validation/");
}

}  // namespace

absl::Status RunsBoard::Restore(const std::string& bytes) {
  MutexLock lock(mutex_);
  v1::RunsCheckpoint checkpoint;
  if (!checkpoint.ParseFromString(bytes) || checkpoint.runs_size() != spec_.runs_size())
    return absl::DataLossError("the checkpoint is not one of these runs");
  for (int i = 0; i < checkpoint.runs_size(); ++i) {
    v1::RunsCheckpoint::Run& from = *checkpoint.mutable_runs(i);
    State& to = At(i);
    to.checkpoint = std::move(*from.mutable_state());
    to.checkpoint_steps = from.steps();
    to.progress.set_step(from.steps());
    if (from.has_result()) {
      to.result = std::move(*from.mutable_result());
      for (const v1::MetricValue& value : to.result->results())
        to.results[value.series()] = value.value();
    }
  }
  return absl::OkStatus();
}

void RunsBoard::Start() {
  MutexLock lock(mutex_);
  EmitStarted(options_, StepsDone(), static_cast<uint64_t>(total_steps_), sink_);
  Log(sink_, v1::INFO,
      absl::StrCat(runs_.size(), " runs, ", RunsAtOnce(spec_, options_.threads),
                   " at a time, starting at step ", StepsDone(), " of ", total_steps_));
}

bool RunsBoard::Ended(int run) const {
  MutexLock lock(mutex_);
  return runs_[static_cast<size_t>(run)].result.has_value();
}

std::string RunsBoard::TakeState(int run) {
  MutexLock lock(mutex_);
  At(run).trains = true;
  return At(run).checkpoint;
}

uint64_t RunsBoard::StepsDone() const {
  return std::accumulate(runs_.begin(), runs_.end(), uint64_t{0},
                         [](uint64_t sum, const State& run) { return sum + run.progress.step(); });
}

void RunsBoard::Emit(int run, v1::Event event) {
  MutexLock lock(mutex_);
  switch (event.kind_case()) {
    case v1::Event::kAttemptStarted:  // told once, of the job
      At(run).total_steps = event.attempt_started().total_steps();
      return;
    case v1::Event::kProgress:
      At(run).progress = event.progress();
      EmitRunProgress(run);
      return EmitProgress(/*force=*/false);
    case v1::Event::kMetrics:
      return EmitMetrics(run, std::move(event));
    case v1::Event::kMatrix:
      event.mutable_matrix()->set_series(Prefix(run) + event.matrix().series());
      return sink_.Emit(std::move(event));
    case v1::Event::kLog:
      // What is the same of all runs, such as the balance of classes, is said once.
      if (!said_.insert(event.log().text()).second) return;
      event.mutable_log()->set_text(absl::StrCat("run ", run, ": ", event.log().text()));
      return sink_.Emit(std::move(event));
    default:  // of files it is told when they are kept
      return;
  }
}

// The job's progress is that of all runs together; whoever says how often a run is to tell its own
// has it as series.
void RunsBoard::EmitRunProgress(int run) {
  if (spec_.monitoring().every_steps() == 0) return;
  const v1::Progress& progress = At(run).progress;
  v1::Event event;
  v1::Metrics& metrics = *event.mutable_metrics();
  metrics.set_step(progress.step());
  metrics.set_epoch(progress.epoch());
  const auto add = [&](const char* series, double value) {
    v1::MetricValue& out = *metrics.add_values();
    out.set_series(Prefix(run) + series);
    out.set_value(value);
  };
  add("progress/loss", progress.loss());
  add("progress/accuracy", progress.accuracy());
  add("progress/samples_per_second", progress.samples_per_second());
  sink_.Emit(std::move(event));
}

// The means over the runs that train.
void RunsBoard::EmitProgress(bool force) {
  if (!force && SecondsSince(progress_time_) < kProgressSeconds) return;
  progress_time_ = options_.clock->Monotonic();
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  v1::Event event;
  v1::Progress& told = *event.mutable_progress();
  double training = 0;
  double epochs = 0;
  for (const State& run : runs_) {
    epochs += run.progress.epoch();
    if (!run.trains || run.progress.step() == 0) continue;
    told.set_loss(told.loss() + run.progress.loss());
    told.set_accuracy(told.accuracy() + run.progress.accuracy());
    told.set_samples_per_second(told.samples_per_second() + run.progress.samples_per_second());
    const double rate = run.progress.learning_rate();
    told.set_learning_rate(training == 0 || told.learning_rate() == rate ? rate : kNone);
    ++training;
  }
  told.set_loss(told.loss() / training);  // NaN where none trains
  told.set_accuracy(told.accuracy() / training);
  if (training == 0) told.set_learning_rate(kNone);
  told.set_epoch(epochs / static_cast<double>(runs_.size()));
  told.set_step(StepsDone());
  told.set_total_steps(static_cast<uint64_t>(total_steps_));
  sink_.Emit(std::move(event));
}

void RunsBoard::EmitMetrics(int run, v1::Event event) {
  for (v1::MetricValue& value : *event.mutable_metrics()->mutable_values()) {
    if (IsResult(value.series())) At(run).results[value.series()] = value.value();
    value.set_series(Prefix(run) + value.series());
  }
  sink_.Emit(std::move(event));
}

void RunsBoard::Keep(int run, uint64_t step, const std::string& checkpoint) {
  MutexLock lock(mutex_);
  At(run).checkpoint = checkpoint;
  At(run).checkpoint_steps = step;
  if (SecondsSince(checkpoint_time_) >= kCheckpointSeconds) WriteCheckpoint();
}

absl::StatusOr<v1::Artifact> RunsBoard::SaveModel(int run, uint64_t step,
                                                  const std::string& bytes) {
  MutexLock saving(saving_);
  return sink_.Save(Prefix(run) + kModelFileName, step, bytes);
}

void RunsBoard::End(int run, const RunOutcome& outcome, std::optional<v1::Artifact> model) {
  MutexLock lock(mutex_);
  State& state = At(run);
  state.trains = false;
  state.checkpoint.clear();
  v1::RunResult result;
  result.set_run(static_cast<uint32_t>(run));
  result.set_state(outcome.kind == RunOutcome::Kind::kSucceeded ? v1::SUCCEEDED : v1::FAILED);
  result.set_reason(outcome.reason);
  result.set_message(outcome.message);
  result.set_steps(state.progress.step());
  for (const auto& [series, value] : state.results) {
    v1::MetricValue& out = *result.add_results();
    out.set_series(series);
    out.set_value(value);
  }
  if (model.has_value()) {
    *result.mutable_model() = *model;
    v1::Event event;
    *event.mutable_artifact() = *std::move(model);
    sink_.Emit(std::move(event));
  }
  // A learner that needs fewer rounds than it may take has done all the same.
  state.progress.set_step(std::max(state.total_steps, state.progress.step()));
  state.result = result;
  v1::Event event;
  *event.mutable_run_ended() = std::move(result);
  sink_.Emit(std::move(event));
  if (SecondsSince(checkpoint_time_) >= kEndedSeconds) WriteCheckpoint();
}

void RunsBoard::KeepCheckpoint() {
  MutexLock lock(mutex_);
  WriteCheckpoint();
}

void RunsBoard::WriteCheckpoint() {
  checkpoint_time_ = options_.clock->Monotonic();
  v1::RunsCheckpoint checkpoint;
  for (const State& run : runs_) {
    v1::RunsCheckpoint::Run& out = *checkpoint.add_runs();
    if (run.result.has_value()) {
      *out.mutable_result() = *run.result;
      out.set_steps(run.progress.step());
      continue;
    }
    out.set_state(run.checkpoint);
    out.set_steps(run.checkpoint_steps);
  }
  MutexLock saving(saving_);
  const absl::StatusOr<v1::Artifact> saved =
      sink_.Save(kCheckpointName, StepsDone(), checkpoint.SerializeAsString());
  // As of a single run: a job without a checkpoint ends as well.
  if (!saved.ok()) {
    return Log(
        sink_, v1::WARNING,
        absl::StrCat("no checkpoint was kept: ", Message(saved.status()), "; training goes on"));
  }
  v1::Event event;
  *event.mutable_artifact() = *saved;
  sink_.Emit(std::move(event));
}

bool RunsBoard::DifferInSeedsAlone() const {
  return std::all_of(spec_.runs().begin(), spec_.runs().end(), [](const v1::Run& run) {
    return !run.has_learning_rate() && !run.has_weight_decay() && !run.has_train_size();
  });
}

// By the lowest validation loss, of equals the first; without a validation part the first. Never by
// the test part: that would be tuning on it.
const RunsBoard::State* RunsBoard::Chosen() const {
  const State* best = nullptr;
  double least = std::numeric_limits<double>::infinity();
  for (const State& run : runs_) {
    if (run.result->state() != v1::SUCCEEDED) continue;
    const auto loss = run.results.find("validation/loss");
    const double value = loss == run.results.end() ? least : loss->second;
    if (best == nullptr || value < least) best = &run;
    least = std::min(least, value);
  }
  return best;
}

void RunsBoard::EmitResults() {
  const State& chosen = *Chosen();
  v1::Event event;
  v1::Metrics& metrics = *event.mutable_metrics();
  metrics.set_step(static_cast<uint64_t>(total_steps_));
  metrics.set_epoch(chosen.progress.epoch());
  const auto add = [&](const std::string& series, double value) {
    v1::MetricValue& out = *metrics.add_values();
    out.set_series(series);
    out.set_value(value);
  };
  const bool means = DifferInSeedsAlone();
  if (!means && chosen.results.count("validation/loss") == 0) return;
  for (const auto& [series, value] : chosen.results) {
    if (!means) {
      add(series, value);
      continue;
    }
    std::vector<double> values;
    for (const State& run : runs_) {
      const auto found = run.results.find(series);
      if (run.result->state() == v1::SUCCEEDED && found != run.results.end())
        values.push_back(found->second);
    }
    const studies::Estimate mean = studies::Summarize(values).mean;
    add(series, mean.value);
    if (values.size() > 1) add(series + "/ci95", mean.interval.high - mean.value);
  }
  sink_.Emit(std::move(event));
}

RunOutcome RunsBoard::Conclude() {
  MutexLock lock(mutex_);
  EmitProgress(/*force=*/true);
  std::vector<size_t> failed;
  for (size_t i = 0; i < runs_.size(); ++i) {
    if (runs_[i].result->state() != v1::SUCCEEDED) failed.push_back(i);
  }
  if (failed.size() == runs_.size()) {
    return {RunOutcome::Kind::kFailed, kDiverged,
            absl::StrCat("all ", runs_.size(), " runs; the first: ", runs_[0].result->message())};
  }
  EmitResults();
  v1::Event event;
  v1::Artifact& model = *event.mutable_artifact();
  model = Chosen()->result->model();
  model.set_name(kModelFileName);
  sink_.Emit(std::move(event));
  if (failed.empty()) return {RunOutcome::Kind::kSucceeded, "", ""};
  return {
      RunOutcome::Kind::kSucceeded, "",
      absl::StrCat(failed.size(), " of ", runs_.size(), " runs diverged, the first of them run ",
                   failed[0], ": ", runs_[failed[0]].result->message())};
}

}  // namespace trainyard
