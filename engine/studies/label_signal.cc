#include "engine/studies/label_signal.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "engine/studies/distributions.h"

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
constexpr int64_t kLeastSteps = 200;

double Deviation(double chance, int64_t samples) {
  return std::sqrt(chance * (1 - chance) / static_cast<double>(samples));
}

}  // namespace

std::optional<Diagnosis> JudgeLabels(const Answers& answers, const TrainingAnswers& training,
                                     bool explained) {
  const auto classes = static_cast<double>(answers.labels.size());
  const int64_t samples = std::accumulate(answers.labels.begin(), answers.labels.end(), int64_t{0});
  if (samples == 0 || classes < 2) return std::nullopt;
  const auto count = static_cast<double>(samples);
  double chance = 0;
  int predicted_classes = 0;
  for (size_t i = 0; i < answers.labels.size(); ++i) {
    chance += static_cast<double>(answers.predicted[i]) / count *
              (static_cast<double>(answers.labels[i]) / count);
    predicted_classes += answers.predicted[i] > 0;
  }
  const double largest =
      static_cast<double>(*std::max_element(answers.labels.begin(), answers.labels.end())) / count;
  if (predicted_classes < 2 && largest > kEven / classes) return std::nullopt;
  const double reach = kDeviations * Deviation(chance, samples);
  const double accuracy = static_cast<double>(answers.correct) / count;
  if (reach > kResolution || accuracy > chance + reach) return std::nullopt;

  const bool by_heart =
      training.samples > 0 &&
      training.accuracy > chance + kByHeartDeviations * Deviation(chance, training.samples);
  if (!by_heart && (explained || training.steps < kLeastSteps)) return std::nullopt;
  const std::string level =
      absl::StrCat(answers.part, " accuracy ", Readable(accuracy), " is chance level for ",
                   answers.labels.size(), " classes (", Readable(chance), " over ", Readable(count),
                   " samples)");
  std::string rest;
  if (by_heart) {
    rest = absl::StrCat(" while training accuracy is ", Readable(training.accuracy),
                        ": what is learned of the training samples says nothing about others");
  } else if (std::isnan(training.accuracy)) {
    rest = ": nothing of what was learned holds for samples that were not seen";
  } else {
    rest = absl::StrCat(", and so is training accuracy, ", Readable(training.accuracy),
                        ", while gradients are healthy: inputs say nothing about labels");
  }
  return Diagnosis{Symptom::kNoSignal, "", accuracy,
                   absl::StrCat(level, rest, "; are the labels shuffled?")};
}

}  // namespace trainyard::studies
