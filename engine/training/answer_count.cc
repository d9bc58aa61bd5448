#include "engine/training/answer_count.h"

#include "engine/metrics/outputs.h"

namespace trainyard {

AnswerCount::AnswerCount(const std::string& part, const DataInfo& data)
    : counts_(data.task == Task::kClassification && data.positions == 1) {
  if (!counts_) return;
  answers_.part = part;
  answers_.predicted.resize(static_cast<size_t>(data.classes));
  answers_.labels.resize(static_cast<size_t>(data.classes));
}

void AnswerCount::Add(const MetricBatch& batch) {
  if (!counts_) return;
  for (int64_t row = 0; row < batch.count; ++row) {
    const int32_t predicted =
        metrics::PredictedClass(batch.outputs + row * batch.width, batch.width);
    ++answers_.predicted[static_cast<size_t>(predicted)];
    ++answers_.labels[static_cast<size_t>(batch.labels[row])];
    answers_.correct += predicted == batch.labels[row];
  }
}

std::optional<studies::Answers> AnswerCount::answers() const {
  if (!counts_) return std::nullopt;
  return answers_;
}

}  // namespace trainyard
