// Counts how often each class is predicted and occurs while a part is judged, for the diagnosis of
// labels without signal. Used by one thread, the trainer's.
#pragma once

#include <optional>
#include <string>

#include "engine/data/dataset.h"
#include "engine/metrics/metric.h"
#include "engine/studies/label_signal.h"

namespace trainyard {

class AnswerCount {
 public:
  AnswerCount(const std::string& part, const DataInfo& data);

  void Add(const MetricBatch& batch);
  // Absent where nothing can be said: a regression, or sequences, whose positions are no samples
  // that are independent of each other.
  std::optional<studies::Answers> answers() const;

 private:
  const bool counts_;
  studies::Answers answers_;
};

}  // namespace trainyard
