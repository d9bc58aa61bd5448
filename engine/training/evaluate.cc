#include "engine/training/evaluate.h"

#include <algorithm>

#include "engine/training/feeds.h"

namespace trainyard {

MetricReport Evaluate(Network& network, const Part& part, const DataInfo& data, const Loss& loss,
                      const std::vector<std::unique_ptr<Metric>>& metrics) {
  for (const auto& metric : metrics) metric->Reset(data);
  double loss_sum = 0;
  const EvaluationFeed feed(part);
  network.Predict(feed, part.size(), [&](const MetricBatch& batch) {
    LossRows rows;
    rows.count = batch.count;
    rows.width = batch.width;
    rows.outputs = batch.outputs;
    rows.labels = batch.labels;
    rows.targets = batch.targets;
    MetricBatch judged = batch;
    judged.loss_sum = loss.Compute(rows, 1.0f, nullptr);
    loss_sum += judged.loss_sum;
    for (const auto& metric : metrics) metric->Update(judged);
  });
  MetricReport report;
  for (const auto& metric : metrics) metric->Report(report);
  // The loss is always reported, and once where the metric of that name was asked for.
  const bool has_loss =
      std::any_of(report.scalars.begin(), report.scalars.end(),
                  [](const MetricReport::Scalar& scalar) { return scalar.name == "loss"; });
  if (!has_loss) {
    report.scalars.insert(report.scalars.begin(),
                          {"loss", loss_sum / static_cast<double>(part.size() * data.positions)});
  }
  return report;
}

}  // namespace trainyard
