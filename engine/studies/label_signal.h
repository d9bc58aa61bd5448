// Whether what a classifier has learned says anything about the labels of samples that it has not
// seen, by a test against chance. The folder's contract: verdict.h.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "engine/studies/gradient_health.h"

namespace trainyard::studies {

// On a held-out part.
struct Answers {
  std::string part;                // "validation"
  std::vector<int64_t> predicted;  // [classes] samples that were given each class
  std::vector<int64_t> labels;     // [classes] samples that have it
  int64_t correct = 0;
};

// On the training samples, over the last epoch; as it is made, of a model that was fitted to its
// end and is not asked about them.
struct TrainingAnswers {
  double accuracy = std::numeric_limits<double>::quiet_NaN();  // not known
  int64_t samples = 0;
  int64_t steps = std::numeric_limits<int64_t>::max();  // of the whole run
  // Over the first epoch, in which each sample is met before it was learned from.
  double first_accuracy = std::numeric_limits<double>::quiet_NaN();
  int64_t first_samples = 0;
};

// Labels without signal, as those of shuffled data (one-sided binomial tests, 0.5 %):
// - The held-out accuracy is within what chance gives, given how often each class is predicted and
//   occurs. No alarm where the part is too small to tell chance from five points above it; where
//   everything is predicted to be one class, and classes are of unequal size; and, unless training
//   samples are known better, where something else explains it (`explained`) or hardly any step
//   was made.
// - Labels were shuffled in the training part alone. What is predicted of a held-out class then is
// a
//   class by lot: with ten of them 0 to 30 % are right, far from what the binomial test allows. So
//   the first epoch is tested, and the held-out accuracy must not be far above chance. No alarm
//   where something else explains it, where classes are of unequal size, and of fewer than five.
std::optional<Diagnosis> JudgeLabels(const Answers& answers, const TrainingAnswers& training,
                                     bool explained);

}  // namespace trainyard::studies
