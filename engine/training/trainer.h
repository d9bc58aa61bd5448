// The training loop: steps, progress, evaluation, checkpoints, until the budget is spent or
// somebody stops it. Made and run by RunTraining; used by one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/spec/compile.h"
#include "engine/studies/training_diagnosis.h"
#include "engine/training/checkpoint.h"
#include "engine/training/feeds.h"
#include "engine/training/network.h"
#include "engine/training/run.h"

namespace trainyard {

class Trainer {
 public:
  // All must outlive the trainer.
  Trainer(const CompiledSpecification& compiled, const LoadedData& data, Network& network,
          const RunOptions& options, JobSink& sink);

  RunOutcome Run(const TrainingPosition& start);

 private:
  using Time = std::chrono::nanoseconds;

  bool Step();  // false: diverged
  void ReportProgress(bool force);
  void EndEpoch();
  void EvaluatePart(const std::string& name, const Part& part);
  void EvaluateHeldOut();
  // Every part that has not been judged after the last step.
  void EvaluateAtTheEnd();
  bool WantsEvaluation() const;
  bool WantsCheckpoint() const;
  bool WantsHealth() const;
  void MeasureHealth();
  // Warns of each in the log.
  void Warn(const std::vector<studies::Diagnosis>& diagnoses);
  void DiagnoseTheEnd();
  void KeepCheckpoint();
  absl::Status SaveCheckpoint();
  absl::Status SaveModel();
  bool OutOfTime() const;
  double SecondsSince(Time start) const {
    return static_cast<double>((options_.clock->Monotonic() - start).count()) * 1e-9;
  }
  // Epochs done, with fraction.
  double Epoch() const;
  // Samples of the step at this place of an epoch.
  int64_t SamplesAt(int64_t place) const;

  const CompiledSpecification& compiled_;
  const v1::Specification& spec_;
  const LoadedData& data_;
  Network& network_;
  const RunOptions& options_;
  JobSink& sink_;
  TrainingFeed feed_;
  const int64_t train_size_;
  const int64_t step_samples_;  // of a full step

  TrainingPosition position_;
  double seconds_before_ = 0;  // of earlier attempts
  Time started_{};
  StepResult last_;
  int64_t last_samples_ = 0;
  double learning_rate_ = 0;
  // Since the progress event before.
  Time window_started_{};
  double window_loss_ = 0;
  double window_correct_ = 0;
  int64_t window_samples_ = 0;
  int64_t window_steps_ = 0;
  Time checkpoint_time_{};
  // Steps after which a part was last judged.
  int64_t evaluated_validation_at_ = -1;
  int64_t evaluated_test_at_ = -1;
  double evaluation_loss_ = 0;  // of the last evaluation
  // On the part that was judged last, of those that are judged while training.
  std::optional<studies::Answers> answers_;
  // Of the first epoch, the last one, and the run so far.
  studies::TrainingAnswers training_answers_;
  studies::TrainingDiagnosis diagnosis_;
};

}  // namespace trainyard
