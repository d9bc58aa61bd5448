#include "engine/studies/label_signal.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace trainyard::studies {
namespace {

// One-sided, of a healthy run to be called shuffled although its accuracy is above chance: at
// 0.5 %. What is above by five points and more is then out of reach.
constexpr double kDeviations = 2.576;
constexpr double kResolution = 0.05;
// That training samples are known better than by chance: they are known by heart.
constexpr double kByHeartDeviations = 5;
// The largest class over an even share, up to which classes count as of equal size.
constexpr double kEven = 1.5;
constexpr int64_t kLeastSteps = 80;

// Of fewer classes any held-out accuracy may come by lot, and a weak signal looks the same.
constexpr size_t kLeastClassesByLot = 5;

// A held-out accuracy from which on something was learned, as a share of the way from chance to 1.
constexpr double kLearned = 0.25;

double Deviation(double chance, double samples) {
  return std::sqrt(chance * (1 - chance) / samples);
}

// What the labels of a held-out part make of its answers.
struct Shares {
  double samples = 0;
  double accuracy = 0;
  double chance = 0;   // by the shares that are predicted and that there are
  double largest = 0;  // of the classes
  int predicted = 0;   // classes that are predicted at all
  bool even = false;   // classes are about equally large
};

Shares SharesOf(const Answers& answers) {
  Shares shares;
  for (const int64_t count : answers.labels) shares.samples += static_cast<double>(count);
  if (shares.samples == 0) return shares;
  shares.accuracy = static_cast<double>(answers.correct) / shares.samples;
  for (size_t i = 0; i < answers.labels.size(); ++i) {
    const double share = static_cast<double>(answers.labels[i]) / shares.samples;
    shares.chance += share * static_cast<double>(answers.predicted[i]) / shares.samples;
    shares.largest = std::max(shares.largest, share);
    shares.predicted += answers.predicted[i] > 0;
  }
  shares.even = shares.largest <= kEven / static_cast<double>(answers.labels.size());
  return shares;
}

std::optional<Diagnosis> JudgeHeldOut(const Answers& answers, const Shares& shares,
                                      const TrainingAnswers& training, bool explained) {
  if (shares.predicted < 2 && !shares.even) return std::nullopt;
  const double reach = kDeviations * Deviation(shares.chance, shares.samples);
  if (reach > kResolution || shares.accuracy > shares.chance + reach) return std::nullopt;
  const bool by_heart =
      training.samples > 0 &&
      training.accuracy >
          shares.chance +
              kByHeartDeviations * Deviation(shares.chance, static_cast<double>(training.samples));
  if (!by_heart && explained) return std::nullopt;
  std::string rest;
  if (by_heart) {
    rest = absl::StrCat(" while training accuracy is ", Readable(training.accuracy),
                        ": what is learned of the training samples says nothing about others");
  } else if (std::isnan(training.accuracy)) {
    rest = ": nothing of what was learned holds for samples that were not seen";
  } else {
    rest = absl::StrCat(", and so is training accuracy, ", Readable(training.accuracy),
                        ", while gradients are healthy: inputs say nothing about labels, or the "
                        "learning rate is too low");
  }
  return Diagnosis{
      Symptom::kNoSignal, "", shares.accuracy,
      absl::StrCat(answers.part, " accuracy ", Readable(shares.accuracy), " is chance level for ",
                   answers.labels.size(), " classes (", Readable(shares.chance), " over ",
                   Readable(shares.samples), " samples)", rest, "; are the labels shuffled?")};
}

std::optional<Diagnosis> JudgeFirstEpoch(const Answers& answers, const Shares& shares,
                                         const TrainingAnswers& training) {
  if (!shares.even || training.first_samples == 0) return std::nullopt;
  if (answers.labels.size() < kLeastClassesByLot) return std::nullopt;
  const double reach =
      kDeviations * Deviation(shares.largest, static_cast<double>(training.first_samples));
  const double learned = shares.largest + kLearned * (1 - shares.largest);
  if (reach > kResolution || shares.accuracy >= learned) return std::nullopt;
  if (!(training.first_accuracy <= shares.largest + reach)) return std::nullopt;
  return Diagnosis{
      Symptom::kNoSignal, "", training.first_accuracy,
      absl::StrCat("training accuracy ", Readable(training.first_accuracy), " over the first ",
                   Readable(static_cast<double>(training.first_samples)),
                   " samples is chance level for ", answers.labels.size(), " classes, and ",
                   answers.part, " accuracy ends at ", Readable(shares.accuracy),
                   ", while gradients are healthy: inputs say nothing about labels, or the "
                   "learning rate is too low; are the labels shuffled?")};
}

}  // namespace

std::optional<Diagnosis> JudgeLabels(const Answers& answers, const TrainingAnswers& training,
                                     bool explained) {
  const Shares shares = SharesOf(answers);
  if (shares.samples == 0 || answers.labels.size() < 2) return std::nullopt;
  const bool unclear = explained || training.steps < kLeastSteps;
  std::optional<Diagnosis> found = JudgeHeldOut(answers, shares, training, unclear);
  if (!found.has_value() && !unclear) found = JudgeFirstEpoch(answers, shares, training);
  return found;
}

}  // namespace trainyard::studies
