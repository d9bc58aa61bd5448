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
};

// Labels without signal, as those of shuffled data, where the held-out accuracy is within what
// chance gives, given how often each class is predicted and occurs (one-sided binomial test, 0.5
// %). Without an alarm where
// - the part is too small to tell chance from five points above it,
// - everything is predicted to be one class, and classes are of unequal size (a class that is 95 %
//   of the samples),
// - the training samples are not known to be known better, and something else explains that
//   (`explained`), or hardly any step was made.
std::optional<Diagnosis> JudgeLabels(const Answers& answers, const TrainingAnswers& training,
                                     bool explained);

}  // namespace trainyard::studies
