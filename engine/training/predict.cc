// Prediction jobs: the outputs of a finished job's model, as a table.
#include <cmath>
#include <new>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "engine/data/load.h"
#include "engine/metrics/outputs.h"
#include "engine/spec/model_file.h"
#include "engine/tensor/onednn.h"
#include "engine/training/feeds.h"
#include "engine/training/learner_run.h"
#include "engine/training/prepare.h"

namespace trainyard {
namespace {

std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

// Rows of predictions.csv. Classification: sample, label, predicted, probability (softmax of the
// outputs; the logistic function where there is one output for two classes); in sequences a row is
// a position of a sample, which follows the sample. A learner of margins has no probability, and
// its column is empty. Regression: sample, then a target and a predicted column for each target.
// Labels and targets that are not known stay empty.
class Table {
 public:
  Table(const DataInfo& data, bool probabilities) : data_(data), probabilities_(probabilities) {
    if (data.task == Task::kClassification) {
      text_ = data.positions > 1 ? "sample,position,label,predicted,probability\n"
                                 : "sample,label,predicted,probability\n";
      return;
    }
    text_ = "sample";
    for (int64_t i = 0; i < data.targets; ++i)
      absl::StrAppend(&text_, ",target_", i, ",predicted_", i);
    text_ += "\n";
  }

  void Add(uint64_t sample, int64_t position, const float* outputs, int64_t width,
           const int32_t* label, const float* targets) {
    absl::StrAppend(&text_, sample);
    if (data_.positions > 1) absl::StrAppend(&text_, ",", position);
    if (data_.task == Task::kClassification) {
      AddClass(outputs, width, *label);
    } else {
      for (int64_t i = 0; i < width; ++i) {
        absl::StrAppend(&text_, ",");
        if (!std::isnan(targets[i])) absl::StrAppendFormat(&text_, "%.9g", targets[i]);
        absl::StrAppendFormat(&text_, ",%.9g", outputs[i]);
      }
    }
    text_ += "\n";
  }

  const std::string& text() const { return text_; }

 private:
  void AddClass(const float* outputs, int64_t width, int32_t label) {
    const int32_t predicted = metrics::PredictedClass(outputs, width);
    absl::StrAppend(&text_, ",", Name(label), ",", Name(predicted), ",");
    if (!probabilities_) return;
    double probability = 0;
    if (width == 1) {
      probability = 1.0 / (1.0 + std::exp(-std::abs(static_cast<double>(outputs[0]))));
    } else {
      double sum = 0;
      for (int64_t i = 0; i < width; ++i)
        sum += std::exp(static_cast<double>(outputs[i]) - outputs[predicted]);
      probability = 1.0 / sum;
    }
    absl::StrAppendFormat(&text_, "%.6f", probability);
  }

  std::string Name(int64_t label) const {
    if (label < 0) return "";
    return data_.class_names.empty() ? absl::StrCat(label)
                                     : CsvField(data_.class_names[static_cast<size_t>(label)]);
  }

  const DataInfo& data_;
  const bool probabilities_;
  std::string text_;
};

// The graph, which must outlive the network, is filled.
absl::StatusOr<std::unique_ptr<Network>> RestoreNetwork(const v1::Specification& specification,
                                                        const DataInfo& info,
                                                        const ModelFile& model,
                                                        const RunOptions& options, Graph& graph) {
  Violations violations;
  graph = CompileGraph(specification.model(), info.input_shape, *options.catalogs, violations);
  if (!violations.empty()) return violations.ToStatus();
  ASSIGN_OR_RETURN(
      std::unique_ptr<Network> network,
      Network::CreateForInference(graph, info, ComputeTypeOf(specification), options.threads));
  RETURN_IF_ERROR(network->Import(model.parameters, /*slots=*/false));
  return network;
}

absl::StatusOr<RunOutcome> Predict(const v1::Prediction& predict,
                                   const v1::Specification& model_specification,
                                   const std::string& model_bytes, const RunOptions& options,
                                   JobSink& sink) {
  ASSIGN_OR_RETURN(const ModelFile model, ReadModel(model_bytes));
  Violations violations;
  DataPlan plan = CompilePredictionData(predict, model_specification, model.data.source,
                                        *options.catalogs, options.roots, violations);
  if (!violations.empty()) return violations.ToStatus();
  const DataInfo info = plan.info;
  ASSIGN_OR_RETURN(const std::unique_ptr<Part> part,
                   LoadForModel(std::move(plan), model.data, predict.part(), options.roots));
  const int64_t first = static_cast<int64_t>(predict.first());
  const int64_t count = static_cast<int64_t>(predict.count());
  if (first + count > part->size()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the ", predict.part(), " part has only ", part->size(), " samples now"));
  }
  std::unique_ptr<Learner> learner;
  Graph graph;
  std::unique_ptr<Network> network;
  if (model_specification.has_learner()) {
    ASSIGN_OR_RETURN(
        learner, RestoreLearner(model_specification, info, *options.catalogs, model.parameters));
  } else {
    ASSIGN_OR_RETURN(network, RestoreNetwork(model_specification, info, model, options, graph));
  }

  v1::Event started;
  started.mutable_attempt_started()->set_worker(options.worker);
  started.mutable_attempt_started()->set_threads(static_cast<uint32_t>(options.threads));
  started.mutable_attempt_started()->set_isa(onednn::InstructionSet());
  sink.Emit(std::move(started));

  Table table(info, learner == nullptr || learner->has_probabilities());
  const uint64_t positions = static_cast<uint64_t>(info.positions);
  uint64_t place = predict.first() * positions;
  const auto take = [&](const MetricBatch& batch) {
    for (int64_t row = 0; row < batch.count; ++row, ++place) {
      table.Add(place / positions, static_cast<int64_t>(place % positions),
                batch.outputs + row * batch.width, batch.width,
                batch.labels == nullptr ? nullptr : batch.labels + row,
                batch.targets == nullptr ? nullptr : batch.targets + row * batch.width);
    }
  };
  if (learner != nullptr) {
    ThreadPool pool(options.threads);
    if (!PredictWith(*learner, *part, info, first, count, pool, *options.cancel, take)) {
      const bool cancelled = options.cancel->reason() == CancelToken::Reason::kCancelled;
      return RunOutcome{cancelled ? RunOutcome::Kind::kCancelled : RunOutcome::Kind::kPreempted, "",
                        ""};
    }
  } else {
    network->Predict(EvaluationFeed(*part, first), count, take);
  }
  ASSIGN_OR_RETURN(v1::Artifact artifact, sink.Save("predictions.csv", 0, table.text()));
  v1::Event event;
  *event.mutable_artifact() = std::move(artifact);
  sink.Emit(std::move(event));
  return RunOutcome{};
}

}  // namespace

RunOutcome RunPrediction(const v1::Specification& specification,
                         const v1::Specification& model_specification,
                         const std::string& model_bytes, const RunOptions& options, JobSink& sink) {
  try {
    const auto outcome =
        Predict(specification.predict(), model_specification, model_bytes, options, sink);
    return outcome.ok() ? *outcome : FailedOutcome(outcome.status());
  } catch (const std::bad_alloc&) {
    return {RunOutcome::Kind::kFailed, "OUT_OF_MEMORY", "no memory is left for this job"};
  } catch (const std::exception& error) {
    return {RunOutcome::Kind::kFailed, "INTERNAL", error.what()};
  }
}

}  // namespace trainyard
