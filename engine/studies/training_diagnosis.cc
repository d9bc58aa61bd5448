#include "engine/studies/training_diagnosis.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace trainyard::studies {
namespace {

// Losses are judged over so many steps and samples: one batch may be odd.
constexpr int kWindowSteps = 4;
constexpr int64_t kWindowSamples = 128;
// The first loss over what guessing has. Perceptrons as they should be begin below twice.
constexpr double kFirstLoss = 100;
// Over what guessing has. Runs at healthy rates stay below 1.5, also in their first steps.
constexpr double kLossRise = 5;
// Nothing is known of what guessing has in a regression, but the first losses.
constexpr double kRegressionRise = 20;
// Of the first update, where the loss does not fall after it. Adam at 0.01 is at 0.2, RMSprop at
// 0.003 at 0.6.
constexpr double kFirstUpdate = 0.9;
// Later updates above HealthThresholds::update_ratio are looked at after so many steps.
constexpr int64_t kFirstSteps = 20;
// Before anything was learned; healthy nets have up to a quarter.
constexpr double kFirstSaturation = 0.5;
// A net whose largest update was smaller has hardly moved, and what it knows says nothing.
constexpr double kLeastUpdate = 1e-4;

}  // namespace

bool TrainingDiagnosis::Told(Symptom symptom) const { return told_.count(symptom) > 0; }

void TrainingDiagnosis::Tell(const Diagnosis& diagnosis, std::vector<Diagnosis>& out) {
  if (told_.insert(diagnosis.symptom).second) out.push_back(diagnosis);
}

Diagnosis TrainingDiagnosis::TooHigh(double value, const std::string& seen,
                                     double learning_rate) const {
  return {Symptom::kDiverging, "", value,
          absl::StrCat(seen, ": the learning rate ", Readable(learning_rate), " is too high; try ",
                       Readable(learning_rate / 10), " or less")};
}

std::vector<Diagnosis> TrainingDiagnosis::OnStep(int64_t step, double loss, int64_t samples,
                                                 double learning_rate) {
  std::vector<Diagnosis> found;
  if (Told(Symptom::kDiverging)) return found;
  if (!std::isfinite(loss)) {
    Tell(TooHigh(loss,
                 absl::StrCat("the loss is ", std::isnan(loss) ? "not a number" : "infinite",
                              " at step ", step, ", diverged"),
                 learning_rate),
         found);
    return found;
  }
  if (step == 1) {
    first_loss_ = loss;
    JudgeFirstLoss(loss, found);
    return found;
  }
  if (!first_loss_.has_value()) return found;
  recent_loss_ += loss * static_cast<double>(samples);
  recent_samples_ += samples;
  if (++recent_steps_ < kWindowSteps || recent_samples_ < kWindowSamples) return found;
  JudgeLoss(step, recent_loss_ / static_cast<double>(recent_samples_), learning_rate, found);
  recent_loss_ = 0;
  recent_samples_ = recent_steps_ = 0;
  return found;
}

// In a net of relu all layers are then as large as each other, and no ratio of gradients tells.
void TrainingDiagnosis::JudgeFirstLoss(double loss, std::vector<Diagnosis>& found) {
  if (classes_ < 2 || loss < kFirstLoss * GuessingLoss()) return;
  Tell({Symptom::kExploding, "", loss,
        absl::StrCat("the first loss is ", Readable(loss), " where guessing has ",
                     Readable(GuessingLoss()),
                     ": weights or inputs begin far too large; try he or glorot initialisation, "
                     "and standardize")},
       found);
}

double TrainingDiagnosis::GuessingLoss() const { return std::log(std::max(2, classes_)); }

void TrainingDiagnosis::JudgeLoss(int64_t step, double mean, double learning_rate,
                                  std::vector<Diagnosis>& found) {
  const std::string rise = absl::StrCat("the loss went from ", Readable(*first_loss_), " to ",
                                        Readable(mean), " by step ", step);
  if (!reference_.has_value()) {
    // Of a regression the loss of a few samples says little: that of the window is there, too.
    reference_ = std::max(*first_loss_, classes_ > 0 ? GuessingLoss() : mean);
    if (first_update_ratio_ > kFirstUpdate && mean > *first_loss_) {
      return Tell(TooHigh(first_update_ratio_,
                          absl::StrCat(rise, ", after a first step that moved weights by ",
                                       ReadableShare(first_update_ratio_), " of themselves"),
                          learning_rate),
                  found);
    }
  }
  const double most = (classes_ > 0 ? kLossRise : kRegressionRise) * *reference_;
  if (mean > most && most > 0) Tell(TooHigh(mean / *reference_, rise, learning_rate), found);
}

std::vector<Diagnosis> TrainingDiagnosis::OnHealth(int64_t step,
                                                   const std::vector<NamedNumber>& health,
                                                   double learning_rate) {
  std::vector<Diagnosis> found;
  const double ratio = LargestUpdateRatio(health);
  if (step == 1) first_update_ratio_ = ratio;
  largest_update_ratio_ = std::max(largest_update_ratio_, ratio);
  HealthThresholds thresholds;
  if (step == 1) thresholds.saturation_alone = kFirstSaturation;
  std::vector<Diagnosis> now = DiagnoseGradients(health, thresholds);
  std::erase_if(now, [&](const Diagnosis& one) {
    if (Told(one.symptom)) return true;
    // What follows from a rate that is too high, or from dead units, is no cause of its own.
    if (one.symptom == Symptom::kVanishing || one.symptom == Symptom::kSaturation)
      return Told(Symptom::kDiverging) || Told(Symptom::kDeadUnits);
    if (one.symptom == Symptom::kDiverging) return step <= kFirstSteps;
    return false;
  });
  std::vector<Diagnosis> suspected;
  for (Diagnosis& one : now) {
    const bool before = std::any_of(suspected_.begin(), suspected_.end(),
                                    [&](const Diagnosis& a) { return a.symptom == one.symptom; });
    const bool certain = !std::isfinite(one.value);
    if (step > 1 && !before && !certain) {
      suspected.push_back(std::move(one));
      continue;
    }
    if (one.symptom == Symptom::kDiverging) {
      one = TooHigh(one.value,
                    absl::StrCat("a step moves ", one.layer, "'s weights by ",
                                 ReadableShare(one.value), " of themselves"),
                    learning_rate);
    }
    Tell(one, found);
  }
  suspected_ = std::move(suspected);
  return found;
}

std::vector<Diagnosis> TrainingDiagnosis::AtTheEnd(const std::optional<Answers>& answers,
                                                   const TrainingAnswers& training) {
  std::vector<Diagnosis> found;
  // There is no later measurement that could take it back.
  for (const Diagnosis& one : suspected_) Tell(one, found);
  suspected_.clear();
  if (!answers.has_value() || classes_ < 2) return found;
  const bool explained = !told_.empty() || largest_update_ratio_ < kLeastUpdate;
  if (const std::optional<Diagnosis> labels = JudgeLabels(*answers, training, explained))
    Tell(*labels, found);
  return found;
}

}  // namespace trainyard::studies
