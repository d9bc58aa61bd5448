#include "engine/training/trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/spec/model_file.h"
#include "engine/training/answer_count.h"
#include "engine/training/evaluate.h"
#include "engine/training/feeds.h"
#include "engine/training/prepare.h"

namespace trainyard {
namespace {

// At least so many lie between two measurements of gradient health, unless a user wants more.
constexpr int64_t kHealthSteps = 25;
// Steps before the second measurement of gradient health.
constexpr int64_t kEarlyHealthStep = 30;

RunOutcome Diverged(const std::string& what, int64_t step, double learning_rate) {
  return {RunOutcome::Kind::kFailed, "DIVERGED",
          absl::StrCat(what, " at step ", step, "; try a smaller learning rate (it was ",
                       learning_rate, "), another initializer, or standardised data")};
}

}  // namespace

Trainer::Trainer(const CompiledSpecification& compiled, const LoadedData& data, Network& network,
                 const RunOptions& options, JobSink& sink)
    : compiled_(compiled),
      spec_(compiled.specification),
      data_(data),
      network_(network),
      options_(options),
      sink_(sink),
      feed_(*data.train, spec_.seed()),
      train_size_(data.train->size()),
      step_samples_(StepSamples(spec_)),
      diagnosis_(data.info.task == Task::kClassification ? static_cast<int>(data.info.classes)
                                                         : 0) {}

RunOutcome Trainer::Run(const TrainingPosition& start) {
  position_ = start;
  seconds_before_ = start.seconds;
  started_ = window_started_ = checkpoint_time_ = options_.clock->Monotonic();
  if (position_.step < compiled_.total_steps) {
    feed_.BeginEpoch(static_cast<uint64_t>(position_.step / compiled_.steps_per_epoch));
  }
  while (position_.step < compiled_.total_steps) {
    if (options_.cancel->requested()) {
      if (options_.cancel->reason() == CancelToken::Reason::kCancelled)
        return {RunOutcome::Kind::kCancelled, "", ""};
      KeepCheckpoint();
      return {RunOutcome::Kind::kPreempted, "", ""};
    }
    if (OutOfTime()) {
      Log(sink_, v1::INFO,
          absl::StrCat("the budget of wall time is spent after ", position_.step, " of ",
                       compiled_.total_steps, " steps"));
      break;
    }
    if (!Step()) {
      ReportProgress(/*force=*/true);
      return Diverged(absl::StrCat("the loss is ", last_.loss), position_.step, learning_rate_);
    }
    const bool epoch_ends = position_.step % compiled_.steps_per_epoch == 0;
    ReportProgress(epoch_ends || position_.step == compiled_.total_steps);
    if (epoch_ends) EndEpoch();
    if (WantsEvaluation()) EvaluateHeldOut();
    if (epoch_ends && position_.step < compiled_.total_steps) {
      feed_.BeginEpoch(static_cast<uint64_t>(position_.step / compiled_.steps_per_epoch));
    }
    if (position_.step < compiled_.total_steps && WantsCheckpoint()) KeepCheckpoint();
  }
  EvaluateAtTheEnd();
  // The loss of a step is that of the weights before it: the last update has not been judged yet.
  if (!network_.HasFiniteParameters())
    return Diverged("a weight is no longer a number", position_.step, learning_rate_);
  if (!std::isfinite(evaluation_loss_)) {
    return Diverged(absl::StrCat("the loss on held-out samples is ", evaluation_loss_),
                    position_.step, learning_rate_);
  }
  DiagnoseTheEnd();
  if (const absl::Status saved = SaveModel(); !saved.ok()) return FailedOutcome(saved);
  return {RunOutcome::Kind::kSucceeded, "", ""};
}

int64_t Trainer::SamplesAt(int64_t place) const {
  return std::min(step_samples_, train_size_ - place * step_samples_);
}

bool Trainer::Step() {
  const int64_t place = position_.step % compiled_.steps_per_epoch;
  const ScheduleValue schedule =
      compiled_.schedule->At(position_.step, compiled_.total_steps, compiled_.steps_per_epoch);
  learning_rate_ = compiled_.optimizer->learning_rate() * schedule.learning_rate_factor;
  StepContext context;
  context.seed = spec_.seed();
  context.step = static_cast<uint64_t>(position_.step);
  context.epoch = static_cast<uint64_t>(position_.step / compiled_.steps_per_epoch);
  context.probe = WantsHealth();
  StepScalars scalars;
  scalars.step = position_.step + 1;
  scalars.learning_rate = learning_rate_;
  scalars.momentum = schedule.momentum;
  feed_.Seek(place * step_samples_);
  last_samples_ = SamplesAt(place);
  last_ = network_.TrainStep(feed_, last_samples_, context, scalars);
  ++position_.step;
  position_.epoch_loss += last_.loss * static_cast<double>(last_samples_);
  position_.epoch_correct += last_.correct;
  position_.epoch_samples += last_samples_;
  window_loss_ += last_.loss * static_cast<double>(last_samples_);
  window_correct_ += last_.correct;
  window_samples_ += last_samples_;
  ++window_steps_;
  if (context.probe) MeasureHealth();
  Warn(diagnosis_.OnStep(position_.step, last_.loss, last_samples_, learning_rate_));
  return std::isfinite(last_.loss);
}

void Trainer::MeasureHealth() {
  v1::Event event;
  event.mutable_metrics()->set_step(static_cast<uint64_t>(position_.step));
  event.mutable_metrics()->set_epoch(Epoch());
  std::vector<studies::NamedNumber> health;
  for (NamedValue& value : network_.Health()) {
    v1::MetricValue& out = *event.mutable_metrics()->add_values();
    out.set_series("health/" + value.name);
    out.set_value(value.value);
    health.push_back({std::move(value.name), value.value});
  }
  sink_.Emit(std::move(event));
  Warn(diagnosis_.OnHealth(position_.step, health, learning_rate_));
}

void Trainer::Warn(const std::vector<studies::Diagnosis>& diagnoses) {
  for (const studies::Diagnosis& diagnosis : diagnoses) Log(sink_, v1::WARNING, diagnosis.sentence);
}

void Trainer::DiagnoseTheEnd() {
  studies::TrainingAnswers training = training_answers_;
  if (position_.epoch_samples > 0) {
    training.samples = position_.epoch_samples;
    training.accuracy = position_.epoch_correct / static_cast<double>(training.samples);
  }
  training.steps = position_.step;
  Warn(diagnosis_.AtTheEnd(answers_, training));
}

double Trainer::Epoch() const {
  const int64_t done = position_.step / compiled_.steps_per_epoch;
  const int64_t place = position_.step % compiled_.steps_per_epoch;
  return static_cast<double>(done) +
         static_cast<double>(place * step_samples_) / static_cast<double>(train_size_);
}

void Trainer::ReportProgress(bool force) {
  const uint64_t every = spec_.monitoring().every_steps();
  const double elapsed = SecondsSince(window_started_);
  // The first step is told at once: it shows that the job runs.
  const bool first = window_steps_ == position_.step;
  const bool due =
      every > 0 ? static_cast<uint64_t>(position_.step) % every == 0 : elapsed >= kProgressSeconds;
  if ((!due && !force && !first) || window_steps_ == 0) return;
  const double samples = static_cast<double>(window_samples_);
  v1::Event event;
  v1::Progress& progress = *event.mutable_progress();
  progress.set_step(static_cast<uint64_t>(position_.step));
  progress.set_total_steps(static_cast<uint64_t>(compiled_.total_steps));
  progress.set_epoch(Epoch());
  progress.set_samples_per_second(elapsed > 0 ? samples / elapsed : 0);
  progress.set_loss(window_loss_ / samples);
  progress.set_accuracy(data_.info.task == Task::kClassification
                            ? window_correct_ / samples
                            : std::numeric_limits<double>::quiet_NaN());
  progress.set_learning_rate(learning_rate_);
  sink_.Emit(std::move(event));
  window_started_ = options_.clock->Monotonic();
  window_loss_ = window_correct_ = 0;
  window_samples_ = window_steps_ = 0;
}

void Trainer::EndEpoch() {
  v1::Event event;
  v1::Metrics& metrics = *event.mutable_metrics();
  metrics.set_step(static_cast<uint64_t>(position_.step));
  metrics.set_epoch(Epoch());
  const double samples = static_cast<double>(position_.epoch_samples);
  v1::MetricValue& loss = *metrics.add_values();
  loss.set_series("train/loss");
  loss.set_value(position_.epoch_loss / samples);
  if (data_.info.task == Task::kClassification) {
    v1::MetricValue& accuracy = *metrics.add_values();
    accuracy.set_series("train/accuracy");
    accuracy.set_value(position_.epoch_correct / samples);
    training_answers_.accuracy = accuracy.value();
    training_answers_.samples = position_.epoch_samples;
    if (position_.step == compiled_.steps_per_epoch) {
      training_answers_.first_accuracy = accuracy.value();
      training_answers_.first_samples = position_.epoch_samples;
    }
  }
  sink_.Emit(std::move(event));
  position_.epoch_loss = position_.epoch_correct = 0;
  position_.epoch_samples = 0;
}

bool Trainer::WantsEvaluation() const {
  const int64_t steps = static_cast<int64_t>(spec_.evaluation().every_steps());
  if (position_.step == compiled_.total_steps) return true;
  if (steps > 0 && position_.step % steps == 0) return true;
  const int64_t epochs = spec_.evaluation().every_epochs();
  return epochs > 0 && position_.step % (epochs * compiled_.steps_per_epoch) == 0;
}

void Trainer::EvaluateHeldOut() {
  const Time started = options_.clock->Monotonic();
  if (data_.validation->size() > 0) {
    EvaluatePart("validation", *data_.validation);
  } else if (data_.test->size() > 0) {
    EvaluatePart("test", *data_.test);
  }
  window_started_ += options_.clock->Monotonic() - started;  // throughput is that of training
}

void Trainer::EvaluateAtTheEnd() {
  if (data_.validation->size() > 0 && evaluated_validation_at_ != position_.step)
    EvaluatePart("validation", *data_.validation);
  if (data_.test->size() > 0 && evaluated_test_at_ != position_.step)
    EvaluatePart("test", *data_.test);
}

void Trainer::EvaluatePart(const std::string& name, const Part& part) {
  const EvaluationFeed feed(part);
  const bool judges = name == "validation" || data_.validation->size() == 0;
  AnswerCount count(name, data_.info);
  const MetricReport report = Evaluate(
      [&](const auto& take) {
        network_.Predict(feed, part.size(), [&](const MetricBatch& batch) {
          if (judges) count.Add(batch);
          take(batch);
        });
      },
      part.size(), data_.info, *compiled_.loss, compiled_.metrics);
  if (judges) answers_ = count.answers();
  (name == "test" ? evaluated_test_at_ : evaluated_validation_at_) = position_.step;
  for (const MetricReport::Scalar& scalar : report.scalars) {
    if (scalar.name == "loss") evaluation_loss_ = scalar.value;
  }
  EmitReport(report, name, static_cast<uint64_t>(position_.step), Epoch(), sink_);
}

bool Trainer::WantsHealth() const {
  const int64_t every = static_cast<int64_t>(spec_.monitoring().gradient_health_every_steps());
  const int64_t place = position_.step % compiled_.steps_per_epoch;
  if (SamplesAt(place) != step_samples_) return false;  // shares are of full batches
  if (every > 0) return position_.step % every == 0;
  // Early ones, so that a long first epoch does not hide what is wrong from the start.
  if (position_.step == 0 || position_.step == kEarlyHealthStep) return true;
  // Not in each of many short epochs: that would cost more than training them.
  const int64_t epochs = (kHealthSteps - 1) / compiled_.steps_per_epoch + 1;
  const int64_t epoch = position_.step / compiled_.steps_per_epoch;
  const bool last_epoch = (epoch + 1) * compiled_.steps_per_epoch >= compiled_.total_steps;
  if (epoch % epochs != epochs - 1 && !last_epoch) return false;
  const bool last_is_full = train_size_ % step_samples_ == 0;
  return place == std::max<int64_t>(0, compiled_.steps_per_epoch - (last_is_full ? 1 : 2));
}

bool Trainer::WantsCheckpoint() const {
  const v1::CheckpointPolicy& policy = spec_.checkpoint();
  const int64_t steps = static_cast<int64_t>(policy.every_steps());
  const int64_t epochs = policy.every_epochs();
  if (steps == 0 && epochs == 0) return SecondsSince(checkpoint_time_) >= kCheckpointSeconds;
  if (steps > 0 && position_.step % steps == 0) return true;
  return epochs > 0 && position_.step % (epochs * compiled_.steps_per_epoch) == 0;
}

// A job without a checkpoint repeats more where it is killed, and ends as well: a full disk is no
// reason to end it now.
void Trainer::KeepCheckpoint() {
  const absl::Status saved = SaveCheckpoint();
  checkpoint_time_ = options_.clock->Monotonic();
  if (saved.ok()) return;
  Log(sink_, v1::WARNING,
      absl::StrCat("no checkpoint was kept at step ", position_.step, ": ", Message(saved),
                   "; training goes on"));
}

absl::Status Trainer::SaveCheckpoint() {
  TrainingPosition position = position_;
  position.seconds = seconds_before_ + SecondsSince(started_);
  ASSIGN_OR_RETURN(const std::string bytes, WriteCheckpoint(network_, position));
  ASSIGN_OR_RETURN(v1::Artifact artifact,
                   sink_.Save(kCheckpointName, static_cast<uint64_t>(position_.step), bytes));
  v1::Event event;
  *event.mutable_artifact() = std::move(artifact);
  sink_.Emit(std::move(event));
  return absl::OkStatus();
}

absl::Status Trainer::SaveModel() {
  ASSIGN_OR_RETURN(std::vector<NamedTensor> parameters, network_.Export(/*slots=*/false));
  ASSIGN_OR_RETURN(const std::string bytes, WriteModel(std::move(parameters), data_.fitted));
  ASSIGN_OR_RETURN(v1::Artifact artifact,
                   sink_.Save(kModelFileName, static_cast<uint64_t>(position_.step), bytes));
  v1::Event event;
  *event.mutable_artifact() = std::move(artifact);
  sink_.Emit(std::move(event));
  return absl::OkStatus();
}

bool Trainer::OutOfTime() const {
  if (!spec_.budget().has_wall_time()) return false;
  const auto& limit = spec_.budget().wall_time();
  return seconds_before_ + SecondsSince(started_) >=
         static_cast<double>(limit.seconds()) + static_cast<double>(limit.nanos()) * 1e-9;
}

}  // namespace trainyard
