#include "engine/training/evaluate.h"

#include <algorithm>

namespace trainyard {

MetricReport Evaluate(const OutputSource& outputs, int64_t samples, const DataInfo& data,
                      const Loss& loss, const std::vector<std::unique_ptr<Metric>>& metrics) {
  for (const auto& metric : metrics) metric->Reset(data);
  double loss_sum = 0;
  outputs([&](const MetricBatch& batch) {
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
                          {"loss", loss_sum / static_cast<double>(samples * data.positions)});
  }
  return report;
}

void EmitReport(const MetricReport& report, const std::string& part, uint64_t step, double epoch,
                JobSink& sink) {
  v1::Event event;
  v1::Metrics& metrics = *event.mutable_metrics();
  metrics.set_step(step);
  metrics.set_epoch(epoch);
  for (const MetricReport::Scalar& scalar : report.scalars) {
    v1::MetricValue& value = *metrics.add_values();
    value.set_series(part + "/" + scalar.name);
    value.set_value(scalar.value);
  }
  sink.Emit(std::move(event));
  for (const MetricReport::Matrix& matrix : report.matrices) {
    v1::Event matrix_event;
    v1::MetricMatrix& out = *matrix_event.mutable_matrix();
    out.set_series(part + "/" + matrix.name);
    out.set_step(step);
    out.set_rows(static_cast<uint32_t>(matrix.rows));
    out.set_columns(static_cast<uint32_t>(matrix.columns));
    out.mutable_values()->Assign(matrix.values.begin(), matrix.values.end());
    sink.Emit(std::move(matrix_event));
  }
}

}  // namespace trainyard
