// What is wrong with a training, in words and while it runs: it is told of every step and of every
// measurement of gradient health, and answers with what is new. Each symptom is told once; a
// symptom that comes and goes, as in the first steps of many healthy runs, is not told at all.
//
//   TrainingDiagnosis diagnosis(classes);
//   for (const Diagnosis& found : diagnosis.OnStep(step, loss, learning_rate)) ...
//
// Used by one thread. Thresholds and what they were measured on: docs/decisions/diagnosis.md.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "engine/studies/gradient_health.h"
#include "engine/studies/label_signal.h"

namespace trainyard::studies {

class TrainingDiagnosis {
 public:
  // `classes`: 0 where the task is no classification.
  explicit TrainingDiagnosis(int classes) : classes_(classes) {}

  // Steps count from 1. `loss` is the mean over the step's samples, before its update.
  std::vector<Diagnosis> OnStep(int64_t step, double loss, int64_t samples, double learning_rate);
  // As Network::Health() has them, of this step.
  std::vector<Diagnosis> OnHealth(int64_t step, const std::vector<NamedNumber>& health,
                                  double learning_rate);
  // `answers`: on the part that the run is judged by; absent where there is none.
  std::vector<Diagnosis> AtTheEnd(const std::optional<Answers>& answers,
                                  const TrainingAnswers& training);

 private:
  bool Told(Symptom symptom) const;
  void Tell(const Diagnosis& diagnosis, std::vector<Diagnosis>& out);
  void JudgeFirstLoss(double loss, std::vector<Diagnosis>& found);
  double GuessingLoss() const;
  void JudgeLoss(int64_t step, double mean, double learning_rate, std::vector<Diagnosis>& found);
  Diagnosis TooHigh(double value, const std::string& seen, double learning_rate) const;

  const int classes_;
  std::set<Symptom> told_;
  // Of the last measurement, those that have not been told.
  std::vector<Diagnosis> suspected_;
  // Of the run's first step; absent where this attempt went on from a checkpoint.
  std::optional<double> first_loss_;
  // What losses are held against once the first window is full.
  std::optional<double> reference_;
  double recent_loss_ = 0;  // sum over the samples of the running window
  int64_t recent_samples_ = 0;
  int recent_steps_ = 0;
  double first_update_ratio_ = 0;
  double largest_update_ratio_ = 0;
};

}  // namespace trainyard::studies
