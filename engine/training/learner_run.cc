#include "engine/training/learner_run.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/spec/compile_learner.h"
#include "engine/spec/convert.h"
#include "engine/spec/model_file.h"
#include "engine/training/answer_count.h"
#include "engine/training/checkpoint.h"
#include "engine/training/evaluate.h"
#include "engine/training/prepare.h"

namespace trainyard {
namespace {

// Of a fit: more points show nothing more.
constexpr int64_t kMostMetricEvents = 1000;
constexpr int64_t kReadBlock = 512;
constexpr char kCheckpointFormat[] = "trainyard-learner-checkpoint-1";

// Samples of a part in memory.
struct LoadedSamples {
  std::vector<float> values;
  std::vector<int32_t> labels;
  std::vector<float> targets;
  LearnerSamples view;
};

void ReadSample(const Part& part, const DataInfo& info, int64_t sample, float* values,
                int32_t* labels, float* targets) {
  part.Read(sample, values);
  if (info.task == Task::kClassification) {
    part.Labels(sample, labels);
  } else {
    part.Targets(sample, targets);
  }
}

// INVALID_ARGUMENT where a value is not finite.
absl::Status LoadSamples(const Part& part, const DataInfo& info, const std::string& name,
                         ThreadPool& pool, LoadedSamples& loaded) {
  const int64_t count = part.size();
  const int64_t features = info.input_shape.elements();
  loaded.values.resize(static_cast<size_t>(count * features));
  loaded.labels.resize(info.task == Task::kClassification ? static_cast<size_t>(count) : 0);
  loaded.targets.resize(static_cast<size_t>(count * info.targets));
  std::atomic<int64_t> broken{std::numeric_limits<int64_t>::max()};
  const auto note = [&](int64_t sample) {
    int64_t known = broken.load();
    while (sample < known && !broken.compare_exchange_weak(known, sample)) {
    }
  };
  pool.Run(static_cast<int>((count + kReadBlock - 1) / kReadBlock), [&](int tile, int) {
    const int64_t end = std::min(count, (tile + int64_t{1}) * kReadBlock);
    for (int64_t sample = tile * kReadBlock; sample < end; ++sample) {
      float* const values = loaded.values.data() + sample * features;
      float* const targets = loaded.targets.data() + sample * info.targets;
      ReadSample(part, info, sample, values, loaded.labels.data() + sample, targets);
      const auto finite = [](float value) { return std::isfinite(value); };
      if (!std::all_of(values, values + features, finite) ||
          !std::all_of(targets, targets + info.targets, finite)) {
        note(sample);
      }
    }
  });
  if (broken.load() != std::numeric_limits<int64_t>::max()) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " sample ", broken.load(),
                     " has a value that is not a finite number (infinite, or not a number)"));
  }
  loaded.view = {count, features, loaded.values.data(), loaded.labels.data(),
                 loaded.targets.data()};
  return absl::OkStatus();
}

// Progress, metrics and checkpoints of one fit, and its result.
class LearnerJob final : public LearnerRun {
 public:
  LearnerJob(const CompiledSpecification& compiled, const LoadedData& data,
             const RunOptions& options, JobSink& sink)
      : compiled_(compiled),
        data_(data),
        options_(options),
        sink_(sink),
        pool_(options.threads),
        learner_(*compiled.learner) {}

  // From a checkpoint's bytes.
  absl::Status Resume(const std::string& bytes) {
    const auto file = ReadSafetensors(bytes);
    const auto corrupt = [](const std::string& what) {
      return absl::DataLossError("the checkpoint is not one of this learner: " + what);
    };
    if (!file.ok()) return corrupt(Message(file.status()));
    const auto format = file->metadata.find("format");
    const auto step = file->metadata.find("step");
    if (format == file->metadata.end() || format->second != kCheckpointFormat ||
        step == file->metadata.end() || !absl::SimpleAtoi(step->second, &step_)) {
      return corrupt("its metadata do not say so");
    }
    return learner_.Restore(data_.info, data_.info.input_shape.elements(), file->tensors);
  }

  absl::StatusOr<RunOutcome> Run() {
    Started();
    fit_started_ = window_started_ = checkpoint_time_ = options_.clock->Monotonic();
    window_step_ = step_;
    RETURN_IF_ERROR(LoadSamples(*data_.train, data_.info, "training", pool_, train_));
    if (learner_.wants_validation()) {
      RETURN_IF_ERROR(LoadSamples(*data_.validation, data_.info, "validation", pool_, validation_));
    }
    LearnerSet set;
    set.train = train_.view;
    set.validation = validation_.view;
    set.info = &data_.info;
    set.seed = compiled_.specification.seed();
    set.pool = &pool_;
    if (const absl::Status fit = learner_.Fit(set, *this); !fit.ok()) {
      if (absl::IsCancelled(fit)) return StoppedOutcome();
      return fit;
    }
    train_ = {};
    validation_ = {};
    if (!EvaluatePart("validation", *data_.validation) || !EvaluatePart("test", *data_.test))
      return StoppedOutcome();
    RETURN_IF_ERROR(SaveModel());
    return RunOutcome{};
  }

  bool Stopping() const override { return options_.cancel->requested(); }

  void Step(const LearnerStep& step) override {
    step_ = step.step;
    const bool last = step.step == step.total_steps;
    ReportProgress(step, last);
    const int64_t every = (step.total_steps + kMostMetricEvents - 1) / kMostMetricEvents;
    if (last || step.step % every == 0) ReportMetrics(step);
    if (!last && WantsCheckpoint()) KeepCheckpoint();
  }

  void Note(const std::string& text) override { Log(sink_, v1::INFO, text); }

 private:
  void Started() {
    EmitStarted(options_, static_cast<uint64_t>(step_),
                static_cast<uint64_t>(compiled_.total_steps), sink_);
    Log(sink_, v1::INFO,
        absl::StrCat(compiled_.specification.learner().type(),
                     step_ > 0 ? absl::StrCat(" goes on after step ", step_) : " starts", ": ",
                     data_.train->size(), " training samples of ",
                     data_.info.input_shape.elements(), " features, ", data_.validation->size(),
                     " validation and ", data_.test->size(), " test samples"));
    LogData(data_, sink_);
  }

  // A learner that cannot go on starts again: it ends with the same bits.
  RunOutcome StoppedOutcome() {
    if (options_.cancel->reason() == CancelToken::Reason::kCancelled)
      return {RunOutcome::Kind::kCancelled, "", ""};
    if (learner_.resumable() && step_ > 0 && step_ < compiled_.total_steps) KeepCheckpoint();
    return {RunOutcome::Kind::kPreempted, "", ""};
  }

  void ReportProgress(const LearnerStep& step, bool last) {
    const uint64_t every = compiled_.specification.monitoring().every_steps();
    const double elapsed = SecondsSince(window_started_);
    const bool due = every > 0 ? static_cast<uint64_t>(step.step) % every == 0
                               : elapsed >= kProgressSeconds || step.step == 1;
    if (!due && !last) return;
    v1::Event event;
    v1::Progress& progress = *event.mutable_progress();
    progress.set_step(static_cast<uint64_t>(step.step));
    progress.set_total_steps(static_cast<uint64_t>(step.total_steps));
    const double samples = static_cast<double>((step.step - window_step_) * train_.view.count);
    progress.set_samples_per_second(elapsed > 0 ? samples / elapsed : 0);
    progress.set_loss(step.loss);
    progress.set_accuracy(step.accuracy);
    sink_.Emit(std::move(event));
    window_started_ = options_.clock->Monotonic();
    window_step_ = step.step;
  }

  void ReportMetrics(const LearnerStep& step) {
    v1::Event event;
    v1::Metrics& metrics = *event.mutable_metrics();
    metrics.set_step(static_cast<uint64_t>(step.step));
    const auto add = [&](const char* series, double value) {
      if (std::isnan(value)) return;
      v1::MetricValue& out = *metrics.add_values();
      out.set_series(series);
      out.set_value(value);
    };
    add("train/loss", step.loss);
    add("train/accuracy", step.accuracy);
    add("validation/loss", step.validation_loss);
    if (metrics.values_size() > 0) sink_.Emit(std::move(event));
  }

  bool WantsCheckpoint() const {
    if (!learner_.resumable()) return false;
    const uint64_t every = compiled_.specification.checkpoint().every_steps();
    if (every > 0) return static_cast<uint64_t>(step_) % every == 0;
    return SecondsSince(checkpoint_time_) >= kCheckpointSeconds;
  }

  void KeepCheckpoint() {
    const absl::Status saved =
        Save(kCheckpointName, WriteSafetensors(learner_.Export(), {{"format", kCheckpointFormat},
                                                                   {"step", absl::StrCat(step_)}}));
    checkpoint_time_ = options_.clock->Monotonic();
    if (saved.ok()) return;
    Log(sink_, v1::WARNING,
        absl::StrCat("no checkpoint was kept at step ", step_, ": ", Message(saved),
                     "; training goes on"));
  }

  absl::Status SaveModel() {
    return Save(kModelFileName, WriteModel(learner_.Export(), data_.fitted));
  }

  absl::Status Save(const std::string& name, const absl::StatusOr<std::string>& bytes) {
    RETURN_IF_ERROR(bytes.status());
    ASSIGN_OR_RETURN(v1::Artifact artifact, sink_.Save(name, static_cast<uint64_t>(step_), *bytes));
    v1::Event event;
    *event.mutable_artifact() = std::move(artifact);
    sink_.Emit(std::move(event));
    return absl::OkStatus();
  }

  // False where it was stopped.
  bool EvaluatePart(const std::string& name, const Part& part) {
    if (part.size() == 0) return true;
    bool whole = true;
    AnswerCount count(name, data_.info);
    const MetricReport report = Evaluate(
        [&](const auto& take) {
          whole = PredictWith(learner_, part, data_.info, 0, part.size(), pool_, *options_.cancel,
                              [&](const MetricBatch& batch) {
                                count.Add(batch);
                                take(batch);
                              });
        },
        part.size(), data_.info, *compiled_.loss, compiled_.metrics);
    if (!whole) return false;
    EmitReport(report, name, static_cast<uint64_t>(step_), /*epoch=*/0, sink_);
    if (name == "validation" || data_.validation->size() == 0) DiagnoseLabels(count);
    return true;
  }

  void DiagnoseLabels(const AnswerCount& count) {
    const std::optional<studies::Answers> answers = count.answers();
    if (!answers.has_value()) return;
    const std::optional<studies::Diagnosis> found =
        studies::JudgeLabels(*answers, {}, /*explained=*/false);
    if (found.has_value()) Log(sink_, v1::WARNING, found->sentence);
  }

  double SecondsSince(std::chrono::nanoseconds start) const {
    return static_cast<double>((options_.clock->Monotonic() - start).count()) * 1e-9;
  }

  const CompiledSpecification& compiled_;
  const LoadedData& data_;
  const RunOptions& options_;
  JobSink& sink_;
  ThreadPool pool_;
  Learner& learner_;
  LoadedSamples train_;
  LoadedSamples validation_;
  int64_t step_ = 0;
  int64_t window_step_ = 0;
  std::chrono::nanoseconds fit_started_{};
  std::chrono::nanoseconds window_started_{};
  std::chrono::nanoseconds checkpoint_time_{};
};

}  // namespace

absl::StatusOr<RunOutcome> TrainLearner(CompiledSpecification& compiled, RunOptions options,
                                        JobSink& sink) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const LoadedData> data, LoadForRun(compiled, options));
  LearnerJob job(compiled, *data, options, sink);
  if (!options.checkpoint.empty()) RETURN_IF_ERROR(job.Resume(options.checkpoint));
  return job.Run();
}

bool PredictWith(const Learner& learner, const Part& part, const DataInfo& info, int64_t first,
                 int64_t count, ThreadPool& pool, const CancelToken& cancel,
                 const std::function<void(const MetricBatch&)>& take) {
  const int64_t features = info.input_shape.elements();
  const int64_t width = OutputsOf(info);
  const int64_t block = LearnerBlock(features);
  std::vector<float> values(static_cast<size_t>(block * features));
  std::vector<float> outputs(static_cast<size_t>(block * width));
  std::vector<int32_t> labels(static_cast<size_t>(block));
  std::vector<float> targets(static_cast<size_t>(block * info.targets));
  for (int64_t done = 0; done < count; done += block) {
    if (cancel.requested()) return false;
    const int64_t rows = std::min(block, count - done);
    for (int64_t row = 0; row < rows; ++row) {
      ReadSample(part, info, first + done + row, &values[static_cast<size_t>(row * features)],
                 &labels[static_cast<size_t>(row)], targets.data() + row * info.targets);
    }
    learner.Predict(values.data(), rows, pool, outputs.data());
    MetricBatch batch;
    batch.count = rows;
    batch.width = width;
    batch.outputs = outputs.data();
    if (info.task == Task::kClassification) batch.labels = labels.data();
    if (info.task == Task::kRegression) batch.targets = targets.data();
    take(batch);
  }
  return true;
}

absl::StatusOr<std::unique_ptr<Learner>> RestoreLearner(const v1::Specification& specification,
                                                        const DataInfo& info,
                                                        const Catalogs& catalogs,
                                                        const std::vector<NamedTensor>& tensors) {
  Violations violations;
  std::unique_ptr<Learner> learner = catalogs.learners.Make(
      ToRaw(specification.learner(), "learner", violations), "learner", violations);
  if (!violations.empty()) return violations.ToStatus();
  RETURN_IF_ERROR(learner->Restore(info, info.input_shape.elements(), tensors));
  return learner;
}

}  // namespace trainyard
