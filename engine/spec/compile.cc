#include "engine/spec/compile.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/label.h"
#include "engine/base/saturated.h"
#include "engine/base/status.h"
#include "engine/export/safetensors.h"
#include "engine/graph/sizing.h"
#include "engine/spec/compile_data.h"
#include "engine/spec/compile_learner.h"
#include "engine/spec/convert.h"
#include "engine/spec/runs.h"

namespace trainyard {
namespace {

constexpr uint32_t kDefaultBatch = 128;
constexpr uint32_t kMaxBatch = 1 << 20;
constexpr uint32_t kMaxEpochs = 1'000'000;
constexpr uint64_t kMaxSteps = 1'000'000'000;
constexpr uint32_t kDefaultKeptCheckpoints = 2;
constexpr uint32_t kMostKeptCheckpoints = 100;
constexpr size_t kMaxNameSize = 63;
constexpr int kMaxMetrics = 32;

std::string Gibibytes(int64_t bytes) {
  return absl::StrCat(std::round(static_cast<double>(bytes) / (1 << 30) * 100) / 100, " GiB");
}

std::string LayerPath(int index) { return absl::StrCat("model.layers[", index, "]"); }

// One compilation: reads `result.specification` (a copy of what the user wrote), fills in defaults
// there.
class Compiler {
 public:
  Compiler(const Catalogs& catalogs, const DataRoots& roots, const CompileLimits& limits,
           Violations& violations, CompiledSpecification& result)
      : catalogs_(catalogs),
        roots_(roots),
        limits_(limits),
        violations_(violations),
        result_(result),
        spec_(result.specification) {}

  void Run() {
    CheckName(spec_.name(), violations_);
    const size_t before = violations_.list().size();
    result_.data = CompileData(spec_.data(), nullptr, catalogs_, roots_, "data", violations_);
    const bool data_known = violations_.list().size() == before;
    if (spec_.has_learner()) return RunLearner(data_known);
    CompileModel(data_known);
    CheckInitialWeights();
    CompileLoss(data_known);
    CompileOptimization();
    CompileMetrics(data_known);
    CompileSteps(data_known);
    CheckPolicies();
    if (violations_.empty()) Summarize();
  }

 private:
  template <typename T>
  std::unique_ptr<T> Make(v1::Component& component, const char* path, const char* default_type,
                          const Catalog<T>& catalog) {
    if (component.type().empty() && component.params().empty() && default_type != nullptr) {
      component = NamedComponent(default_type);
    }
    return catalog.Make(ToRaw(component, path, violations_), path, violations_);
  }

  void RunLearner(bool data_known) {
    RefuseNetFields(spec_, violations_);
    LearnerSize size;
    result_.learner = CompileLearner(spec_, result_.data, data_known, catalogs_, size, violations_);
    CompileMetrics(data_known);
    CheckCheckpoints();
    CheckResources(spec_.resources(), limits_, violations_);
    if (!violations_.empty()) return;
    const DataInfo& info = result_.data.info;
    result_.loss = catalogs_.losses.Make(result_.learner->Loss(info), "learner", violations_);
    result_.total_steps = size.steps;
    const int64_t data_bytes = CheckRuns();
    if (!violations_.empty()) return;
    const int64_t fit = LearnerMemory(*result_.learner, size, result_.data);
    memory_bytes_ =
        AddSaturated(MultiplySaturated(fit, at_once_), AddSaturated(data_bytes, kProcessBytes));
    AddMemoryOfMetrics();
    CheckMemory("learner",
                absl::StrCat(result_.data.train_size, " training samples of ",
                             info.input_shape.elements(), " features"),
                "fewer samples (data.subset.train_size) or features");
    if (!violations_.empty()) return;
    result_.summary.set_parameters(size.parameters);
    result_.summary.set_features(info.input_shape.elements());
    SummarizeRun();
  }

  // Memory of the data, of all runs that train at the same time; the steps become those of all
  // runs.
  int64_t CheckRuns() {
    at_once_ = RunsAtOnce(spec_, spec_.resources().cores());
    if (spec_.runs().empty()) return result_.data.memory_bytes;
    const CompiledRuns runs = CompileRuns(result_, catalogs_, roots_, limits_, violations_);
    result_.total_steps = runs.total_steps;
    return runs.data_memory_bytes;
  }

  void CompileModel(bool data_known) {
    v1::Model& model = *spec_.mutable_model();
    if (model.layers_size() > limits_.layers) {
      violations_.Add("model.layers",
                      absl::StrCat(model.layers_size(), " layers; at most ", limits_.layers));
      return;
    }
    if (model.initializer().type().empty() && model.initializer().params().empty()) {
      *model.mutable_initializer() = NamedComponent("he");
    }
    if (!data_known) {  // shapes cannot be proven, names and parameters can
      for (int i = 0; i < model.layers_size(); ++i) {
        const std::string path = LayerPath(i);
        catalogs_.layers.Make(ToRaw(model.layers(i), path, violations_), path, violations_);
      }
      return;
    }
    const size_t before = violations_.list().size();
    result_.graph = CompileGraph(model, result_.data.info.input_shape, catalogs_, violations_);
    if (violations_.list().size() == before) CheckVocabulary();
    model_known_ = violations_.list().size() == before;
    if (model_known_ && result_.graph.parameters() > limits_.parameters) {
      model_known_ = false;
      violations_.Add("model.layers",
                      absl::StrCat(result_.graph.parameters(), " parameters; at most ",
                                   limits_.parameters, " fit this server"));
    }
  }

  void CheckInitialWeights() {
    const std::string& name = spec_.model().initial_weights();
    if (name.empty()) return;
    const auto check = [&]() -> absl::Status {
      ASSIGN_OR_RETURN(const std::string path, roots_.Resolve(name));
      const absl::StatusOr<SafetensorsHeader> header = ReadSafetensorsHeader(path);
      if (!header.ok()) return AtFile(name, header.status());
      if (!model_known_) return absl::OkStatus();
      return AtFile(name, CompareShapes(*header));
    };
    if (const absl::Status status = check(); !status.ok())
      violations_.Add("model.initial_weights", Message(status));
  }

  static absl::Status AtFile(const std::string& name, const absl::Status& status) {
    if (status.ok()) return status;
    return absl::Status(status.code(), absl::StrCat(name, ": ", Message(status)));
  }

  // Every parameter of the model has a tensor of its shape.
  absl::Status CompareShapes(const SafetensorsHeader& header) const {
    std::map<std::string, Shape> shapes;
    for (const SafetensorsEntry& entry : header.entries) shapes[entry.name] = Shape(entry.shape);
    for (const GraphNode& node : result_.graph.nodes()) {
      for (const GraphParameter& parameter : node.parameters) {
        const auto found = shapes.find(parameter.name);
        if (found == shapes.end())
          return absl::InvalidArgumentError(
              absl::StrCat("tensor '", parameter.name, "' is missing"));
        if (found->second != parameter.spec.shape) {
          return absl::InvalidArgumentError(
              absl::StrCat("tensor '", parameter.name, "' has shape ", found->second.ToString(),
                           ", the model has ", parameter.spec.shape.ToString()));
        }
      }
    }
    return absl::OkStatus();
  }

  void CompileLoss(bool data_known) {
    if (!spec_.has_loss()) {
      violations_.Add(
          "loss", absl::StrCat("required: one of ", absl::StrJoin(catalogs_.losses.types(), ", ")));
      return;
    }
    result_.loss = Make(*spec_.mutable_loss(), "loss", nullptr, catalogs_.losses);
    if (!result_.loss || !data_known) return;
    const DataInfo& data = result_.data.info;
    if (const absl::Status fits = result_.loss->Check(data); !fits.ok()) {
      violations_.Add("loss", Message(fits));
      return;
    }
    if (!model_known_) return;
    const Shape& output = result_.graph.output();
    if (data.vocabulary > 0) return CheckSequenceOutput(output);
    if (output.rank() == 1 && result_.loss->Accepts(data, output[0])) return;
    const bool classification = data.task == Task::kClassification;
    violations_.Add(
        absl::StrCat("model.layers[", spec_.model().layers_size() - 1, "]"),
        absl::StrCat(
            "the last layer gives ", output.ToString(), ", but the data has ",
            classification ? data.classes : data.targets, classification ? " classes" : " targets",
            "; end with {type: dense, units: ", classification ? data.classes : data.targets, "}"));
  }

  void CheckSequenceOutput(const Shape& output) {
    const DataInfo& data = result_.data.info;
    if (output == Shape{data.positions, data.classes}) return;
    violations_.Add(
        absl::StrCat("model.layers[", spec_.model().layers_size() - 1, "]"),
        absl::StrCat("the last layer gives ", output.ToString(), ", but each of the ",
                     data.positions, " positions of a sample has ", data.classes,
                     " classes: expected ", Shape{data.positions, data.classes}.ToString(),
                     "; end with {type: dense, units: ", data.classes, "}"));
  }

  // Every layer that reads the ids of the data knows as many.
  void CheckVocabulary() {
    const int64_t needed = result_.data.info.vocabulary;
    for (size_t i = 0; i < result_.graph.nodes().size(); ++i) {
      const int64_t known = result_.graph.nodes()[i].layer->vocabulary();
      if (known == 0 || known >= needed) continue;
      violations_.Add(JoinPath(LayerPath(static_cast<int>(i)), "vocabulary"),
                      absl::StrCat(known, "; the data has ids below ", needed));
    }
  }

  void CompileOptimization() {
    result_.optimizer = Make(*spec_.mutable_optimizer(), "optimizer", "adam", catalogs_.optimizers);
    result_.schedule = Make(*spec_.mutable_schedule(), "schedule", "constant", catalogs_.schedules);
    if (spec_.precision() == v1::PRECISION_UNSPECIFIED) spec_.set_precision(v1::PRECISION_FP32);
    if (!v1::Precision_IsValid(spec_.precision()))
      violations_.Add("precision", "unknown value; known: PRECISION_FP32, PRECISION_BF16");
    const double clip = spec_.clip_gradient_norm();
    if (!std::isfinite(clip) || clip < 0) {
      violations_.Add("clip_gradient_norm",
                      absl::StrCat(clip, "; expected a norm above 0, or 0 for no clipping"));
    }
  }

  void CompileMetrics(bool data_known) {
    if (spec_.metrics_size() > kMaxMetrics) {
      violations_.Add("metrics",
                      absl::StrCat(spec_.metrics_size(), " metrics; at most ", kMaxMetrics));
      return;
    }
    if (spec_.metrics().empty() && data_known) {
      const bool classification = result_.data.info.task == Task::kClassification;
      *spec_.add_metrics() = NamedComponent(classification ? "accuracy" : "mse");
    }
    std::map<std::string, int> index_of;
    for (int i = 0; i < spec_.metrics_size(); ++i) {
      const std::string path = absl::StrCat("metrics[", i, "]");
      std::unique_ptr<Metric> metric =
          catalogs_.metrics.Make(ToRaw(spec_.metrics(i), path, violations_), path, violations_);
      if (!metric) continue;
      if (data_known) {
        if (const absl::Status fits = metric->Check(result_.data.info); !fits.ok()) {
          violations_.Add(path, Message(fits));
        }
      }
      const auto [first, is_new] = index_of.emplace(metric->name(), i);
      if (!is_new) {
        violations_.Add(path, absl::StrCat("already reported by metrics[", first->second, "]"));
      }
      result_.metrics.push_back(std::move(metric));
    }
  }

  void CompileSteps(bool data_known) {
    const v1::Budget& budget = spec_.budget();
    if (spec_.batch_size() == 0) spec_.set_batch_size(kDefaultBatch);
    if (spec_.gradient_accumulation_steps() == 0) spec_.set_gradient_accumulation_steps(1);
    if (spec_.batch_size() > kMaxBatch) {
      violations_.Add("batch_size", absl::StrCat(spec_.batch_size(), "; at most ", kMaxBatch));
    }
    if (budget.epochs() == 0 && budget.steps() == 0) {
      violations_.Add("budget", "required: epochs or steps, for example {epochs: 10}");
    }
    if (budget.epochs() > kMaxEpochs) {
      violations_.Add("budget.epochs", absl::StrCat(budget.epochs(), "; at most ", kMaxEpochs));
    }
    if (budget.steps() > kMaxSteps) {
      violations_.Add("budget.steps", absl::StrCat(budget.steps(), "; at most ", kMaxSteps));
    }
    const auto& wall_time = budget.wall_time();
    if (budget.has_wall_time() && (wall_time.seconds() < 0 || wall_time.nanos() < 0 ||
                                   (wall_time.seconds() == 0 && wall_time.nanos() == 0))) {
      violations_.Add("budget.wall_time", "must be longer than 0s");
    }
    if (!data_known) return;
    const int64_t train = result_.data.train_size;
    const int64_t batch = spec_.batch_size();
    if (batch > train) {
      violations_.Add("batch_size", absl::StrCat(batch, " is larger than the ", train,
                                                 " training samples; use at most ", train));
      return;
    }
    const int64_t samples = StepSamples(spec_);
    if (samples > train) {
      violations_.Add("gradient_accumulation_steps",
                      absl::StrCat(spec_.gradient_accumulation_steps(), " batches of ", batch,
                                   " are more than the ", train, " training samples; use at most ",
                                   train / batch));
      return;
    }
    result_.steps_per_epoch = (train + samples - 1) / samples;
    const int64_t by_epochs =
        result_.steps_per_epoch * static_cast<int64_t>(std::min(budget.epochs(), kMaxEpochs));
    const int64_t by_steps = static_cast<int64_t>(std::min(budget.steps(), kMaxSteps));
    result_.total_steps = by_epochs == 0  ? by_steps
                          : by_steps == 0 ? by_epochs
                                          : std::min(by_epochs, by_steps);
  }

  void CheckCheckpoints() {
    if (spec_.checkpoint().keep() == 0)
      spec_.mutable_checkpoint()->set_keep(kDefaultKeptCheckpoints);
    if (spec_.checkpoint().keep() > kMostKeptCheckpoints) {
      violations_.Add("checkpoint.keep",
                      absl::StrCat(spec_.checkpoint().keep(), "; at most ", kMostKeptCheckpoints));
    }
    if (spec_.resources().cores() == 0) spec_.mutable_resources()->set_cores(1);
  }

  void CheckPolicies() {
    CheckCheckpoints();
    if (spec_.evaluation().every_epochs() == 0) spec_.mutable_evaluation()->set_every_epochs(1);
    CheckResources(spec_.resources(), limits_, violations_);
    if (!violations_.empty() || !model_known_) return;
    const int64_t data_bytes = CheckRuns();
    if (!violations_.empty()) return;
    const int slots = static_cast<int>(result_.optimizer->slots().size());
    const int64_t step = EstimateMemory(result_.graph, spec_.batch_size(), slots,
                                        spec_.gradient_accumulation_steps() > 1,
                                        spec_.resources().cores() / at_once_);
    memory_bytes_ =
        AddSaturated(AddSaturated(MultiplySaturated(step, at_once_), data_bytes), kProcessBytes);
    AddMemoryOfMetrics();
    CheckMemory(
        "model",
        absl::StrCat(result_.graph.parameters(), " parameters, batch_size ", spec_.batch_size()),
        "a smaller model or batch_size");
  }

  void AddMemoryOfMetrics() {
    const int64_t judged =
        MultiplySaturated(std::max(result_.data.validation_size, result_.data.test_size),
                          result_.data.info.positions);
    for (const auto& metric : result_.metrics) {
      const int64_t bytes = metric->MemoryBytes(result_.data.info, judged);
      memory_bytes_ = AddSaturated(memory_bytes_, MultiplySaturated(bytes, at_once_));
    }
  }

  // `what` takes the memory, and `cure` takes less.
  void CheckMemory(const char* path, const std::string& what, const char* cure) {
    if (memory_bytes_ > limits_.memory_bytes) {
      violations_.Add(path, absl::StrCat("training would take about ", Gibibytes(memory_bytes_),
                                         " of memory (", what, "); this server has ",
                                         Gibibytes(limits_.memory_bytes), ": use ", cure));
      return;
    }
    const uint64_t asked = spec_.resources().memory_bytes();
    if (asked == 0) spec_.mutable_resources()->set_memory_bytes(memory_bytes_);
    if (limits_.compare_memory && asked != 0 && asked < static_cast<uint64_t>(memory_bytes_)) {
      violations_.Add("resources.memory_bytes",
                      absl::StrCat(asked, "; training takes about ", memory_bytes_,
                                   "; ask for that, or leave it out"));
    }
  }

  void Summarize() {
    v1::ModelSummary& summary = result_.summary;
    for (const GraphNode& node : result_.graph.nodes()) {
      v1::ModelSummary::Layer& layer = *summary.add_layers();
      layer.set_name(node.name);
      layer.set_type(node.type);
      for (int64_t dim : node.output.dims()) layer.add_output_shape(dim);
      int64_t parameters = 0;
      for (const GraphParameter& parameter : node.parameters) {
        if (parameter.spec.trainable) parameters += parameter.spec.shape.elements();
      }
      layer.set_parameters(parameters);
      layer.set_forward_flops(node.forward_flops);
    }
    summary.set_parameters(result_.graph.parameters());
    summary.set_flops_per_step(
        MultiplySaturated(result_.graph.training_flops(), StepSamples(spec_)));
    SummarizeRun();
  }

  void SummarizeRun() {
    v1::ModelSummary& summary = result_.summary;
    summary.set_steps(result_.total_steps);
    summary.set_memory_bytes(memory_bytes_);
    summary.set_train_samples(result_.data.train_size);
    summary.set_validation_samples(result_.data.validation_size);
    summary.set_test_samples(result_.data.test_size);
  }

  const Catalogs& catalogs_;
  const DataRoots& roots_;
  const CompileLimits& limits_;
  Violations& violations_;
  CompiledSpecification& result_;
  v1::Specification& spec_;
  bool model_known_ = false;
  int at_once_ = 1;  // runs that train at the same time
  int64_t memory_bytes_ = 0;
};

}  // namespace

int64_t StepSamples(const v1::Specification& specification) {
  return int64_t{specification.batch_size()} * specification.gradient_accumulation_steps();
}

void CheckName(const std::string& name, Violations& violations) {
  if (!IsLabel(name, kMaxNameSize))
    violations.Add("name", absl::StrCat("must be at most ", kMaxNameSize, " of [a-z0-9-]"));
}

Graph CompileGraph(const v1::Model& model, const Shape& input, const Catalogs& catalogs,
                   Violations& violations) {
  std::vector<LayerRequest> requests;
  for (int i = 0; i < model.layers_size(); ++i) {
    const v1::Layer& layer = model.layers(i);
    LayerRequest request;
    request.component = ToRaw(layer, LayerPath(i), violations);
    request.name = layer.name();
    request.inputs.assign(layer.inputs().begin(), layer.inputs().end());
    requests.push_back(std::move(request));
  }
  const RawComponent initializer = ToRaw(model.initializer(), "model.initializer", violations);
  return Graph::Build(requests, initializer, input, catalogs.layers, catalogs.initializers, "model",
                      violations);
}

void CheckResources(const v1::Resources& resources, const CompileLimits& limits,
                    Violations& violations) {
  if (resources.cores() > limits.cores) {
    violations.Add("resources.cores",
                   absl::StrCat(resources.cores(), "; this server has ", limits.cores));
  }
  if (resources.memory_bytes() > static_cast<uint64_t>(limits.memory_bytes)) {
    violations.Add(
        "resources.memory_bytes",
        absl::StrCat(resources.memory_bytes(), "; this server has ", limits.memory_bytes));
  }
}

CompiledSpecification Compile(const v1::Specification& specification, const Catalogs& catalogs,
                              const DataRoots& roots, const CompileLimits& limits,
                              Violations& violations) {
  CompiledSpecification result;
  result.specification = specification;
  Compiler(catalogs, roots, limits, violations, result).Run();
  return result;
}

}  // namespace trainyard
