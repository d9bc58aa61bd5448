#include "server/studies/activation_plan.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/studies/specification_text.h"
#include "server/studies/study_plan.h"

namespace trainyard {
namespace {

constexpr char kPlaceholder[] = "activation";
constexpr int64_t kMostCombinations = 64;
constexpr int64_t kMostRuns = 5000;
constexpr uint32_t kMostDepth = 100;
constexpr int kMostLayers = 20;
constexpr int kMostRates = 20;
constexpr double kDefaultThreshold = 0.25;
constexpr uint32_t kDefaultBatch = 128;
// Of a run: what its training curve and its gradients over training are made of.
constexpr uint64_t kCurvePoints = 200;
constexpr uint64_t kHealthPoints = 20;
// Judged at the end alone: what is compared is training.
constexpr uint32_t kNever = 1'000'000;

std::string Indexed(const char* list, int index) {
  return absl::StrCat("activation.", list, "[", index, "]");
}

// "relu"; "leaky_relu slope=0.1" where the type occurs more than once.
std::vector<std::string> Labels(const google::protobuf::RepeatedPtrField<v1::Component>& list) {
  std::vector<std::string> labels;
  for (const v1::Component& one : list) {
    std::string label = one.type();
    const auto same = [&](const v1::Component& other) { return other.type() == one.type(); };
    if (std::count_if(list.begin(), list.end(), same) > 1) {
      std::vector<std::string> params;
      for (const auto& [name, value] : one.params())
        params.push_back(absl::StrCat(" ", name, "=", ValueText(value)));
      std::sort(params.begin(), params.end());
      for (const std::string& param : params) label += param;
    }
    labels.push_back(std::move(label));
  }
  return labels;
}

// What a contender's name has of a label: "leaky-relu-slope-0-1".
std::string InName(const std::string& label) {
  std::string name;
  for (const char c : label) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain) {
      name += c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name;
}

void CheckComponents(const char* list,
                     const google::protobuf::RepeatedPtrField<v1::Component>& components,
                     Violations& violations) {
  std::set<std::string> labels;
  const std::vector<std::string> all = Labels(components);
  for (int i = 0; i < components.size(); ++i) {
    if (components[i].type().empty()) {
      violations.Add(Indexed(list, i), "has no type");
    } else if (!labels.insert(all[static_cast<size_t>(i)]).second) {
      violations.Add(Indexed(list, i),
                     absl::StrCat("'", all[static_cast<size_t>(i)], "' is there already"));
    }
  }
}

void CheckLayers(const char* list, const google::protobuf::RepeatedPtrField<v1::Layer>& layers,
                 Violations& violations) {
  if (layers.size() > kMostLayers)
    violations.Add(absl::StrCat("activation.", list), absl::StrCat("at most ", kMostLayers));
  for (int i = 0; i < layers.size(); ++i) {
    if (!layers[i].name().empty() || layers[i].inputs_size() > 0) {
      violations.Add(Indexed(list, i),
                     "has a name or inputs; layers are repeated, each takes the one before it");
    }
    if (layers[i].type() == "dropout") {
      violations.Add(Indexed(list, i),
                     "no regularisation in an activation study: it would hold the training error "
                     "up, by which activations are compared");
    }
  }
}

void CheckNet(const v1::ActivationStudy& activation, Violations& violations) {
  CheckLayers("first", activation.first(), violations);
  CheckLayers("hidden", activation.hidden(), violations);
  CheckLayers("last", activation.last(), violations);
  const bool stands =
      std::any_of(activation.hidden().begin(), activation.hidden().end(),
                  [](const v1::Layer& layer) { return layer.type() == kPlaceholder; });
  if (!stands) {
    violations.Add("activation.hidden",
                   "required: layers of which one is 'activation', for example "
                   "[{type: dense, units: 128}, activation]");
  }
  if (activation.last().empty()) {
    violations.Add("activation.last",
                   "required: the layers from hidden ones to outputs, for example "
                   "[{type: dense, units: 10}]");
  }
  if (activation.depths().empty())
    violations.Add("activation.depths", "required: hidden layers, for example [2, 8]");
  for (int i = 0; i < activation.depths_size(); ++i) {
    const uint32_t depth = activation.depths(i);
    if (depth == 0 || depth > kMostDepth || (i > 0 && depth <= activation.depths(i - 1))) {
      violations.Add(Indexed("depths", i),
                     absl::StrCat(depth, "; depths ascend, from 1 to ", kMostDepth));
    }
  }
}

void CheckRates(const v1::ActivationStudy& activation, Violations& violations) {
  if (activation.learning_rates().empty()) {
    violations.Add("activation.learning_rates",
                   "required: those that each activation is tuned over, for example "
                   "[0.003, 0.01, 0.03, 0.1]");
  }
  if (activation.learning_rates_size() > kMostRates)
    violations.Add("activation.learning_rates", absl::StrCat("at most ", kMostRates));
  std::set<double> known;
  for (int i = 0; i < activation.learning_rates_size(); ++i) {
    const double rate = activation.learning_rates(i);
    if (!(rate > 0) || !std::isfinite(rate)) {
      violations.Add(Indexed("learning_rates", i), "must be above 0 and finite");
    } else if (!known.insert(rate).second) {
      violations.Add(Indexed("learning_rates", i), "is there already");
    }
  }
}

void CheckTraining(const v1::StudySpecification& study, Violations& violations) {
  const v1::Specification& training = study.activation().training();
  const auto refuse = [&](bool present, const char* field, const char* why) {
    if (present) violations.Add(absl::StrCat("activation.training.", field), why);
  };
  constexpr char kOfTheStudy[] = "not allowed: the study has it";
  refuse(training.has_data(), "data", kOfTheStudy);
  refuse(!training.name().empty(), "name", kOfTheStudy);
  refuse(training.seed() != 0, "seed", kOfTheStudy);
  refuse(training.has_resources(), "resources", kOfTheStudy);
  refuse(training.has_model(), "model", "not allowed: write first, hidden and last");
  refuse(training.has_monitoring(), "monitoring", kOfTheStudy);
  refuse(training.has_evaluation(), "evaluation", kOfTheStudy);
  refuse(training.runs_size() > 0, "runs", "not allowed: write learning_rates");
  refuse(training.has_learner(), "learner", "not allowed: activations are those of nets");
  refuse(training.has_predict(), "predict", "not allowed: a study trains");
  refuse(training.has_benchmark(), "benchmark", "not allowed: a study trains");
  refuse(training.budget().has_wall_time(), "budget.wall_time",
         "not allowed: whoever is slow would have fewer steps; use steps");
  if (training.budget().steps() == 0 &&
      (training.budget().epochs() == 0 || study.sizes().empty())) {
    violations.Add("activation.training.budget.steps",
                   "required: how long a run may take to the threshold, for example 2000 (or "
                   "epochs, where the study says its size)");
  }
  const auto decay = training.optimizer().params().find("weight_decay");
  refuse(decay != training.optimizer().params().end() && decay->second.number_value() != 0,
         "optimizer.weight_decay",
         "no regularisation in an activation study: it would hold the training error up");
  if (study.data().augment_size() > 0) {
    violations.Add("data.augment",
                   "no regularisation in an activation study: it would hold the "
                   "training error up");
  }
}

// Fills in what is absent.
void FillDefaults(v1::ActivationStudy& activation) {
  if (activation.threshold() == 0) activation.set_threshold(kDefaultThreshold);
  if (activation.initializers().empty()) activation.add_initializers()->set_type("he");
  if (!activation.baselines().empty() || activation.activations().empty()) return;
  for (const char* old : {"sigmoid", "tanh"}) {
    const bool there = std::any_of(activation.activations().begin(), activation.activations().end(),
                                   [&](const v1::Component& one) { return one.type() == old; });
    if (there) activation.add_baselines(old);
  }
  if (activation.baselines().empty()) activation.add_baselines(activation.activations(0).type());
}

void CheckActivations(const v1::ActivationStudy& activation, Violations& violations) {
  if (activation.activations_size() < 2) {
    violations.Add("activation.activations",
                   "required: at least two to compare, for example [relu, tanh, sigmoid]");
  }
  CheckComponents("activations", activation.activations(), violations);
  CheckComponents("initializers", activation.initializers(), violations);
  std::vector<std::string> types;
  for (const v1::Component& one : activation.activations()) types.push_back(one.type());
  for (int i = 0; i < activation.baselines_size(); ++i) {
    if (std::find(types.begin(), types.end(), activation.baselines(i)) == types.end()) {
      violations.Add(Indexed("baselines", i),
                     absl::StrCat("'", activation.baselines(i), "' is none of the activations",
                                  Suggestion(activation.baselines(i), types)));
    }
  }
  if (!(activation.threshold() > 0 && activation.threshold() < 1)) {
    violations.Add("activation.threshold", absl::StrCat(activation.threshold(),
                                                        "; a share of training samples between 0 "
                                                        "and 1, for example 0.25"));
  }
}

void CheckExtent(const v1::StudySpecification& study, Violations& violations) {
  const v1::ActivationStudy& activation = study.activation();
  if (study.contenders_size() > 0)
    violations.Add("contenders", "not allowed: they are made of the activation study");
  if (study.sizes_size() > 1)
    violations.Add("sizes", "at most one: activations are compared on the same samples");
  const int64_t combinations = int64_t{activation.activations_size()} * activation.depths_size() *
                               activation.initializers_size();
  if (combinations > kMostCombinations) {
    violations.Add("activation", absl::StrCat(activation.activations_size(), " activations x ",
                                              activation.depths_size(), " depths x ",
                                              activation.initializers_size(), " initializers are ",
                                              combinations, "; at most ", kMostCombinations));
  }
  const int64_t runs = combinations * activation.learning_rates_size() * study.seeds();
  if (runs > kMostRuns) {
    violations.Add("activation",
                   absl::StrCat("the study would train ", runs, " models; at most ", kMostRuns,
                                ": take fewer learning rates, seeds, depths or initializers"));
  }
}

void AddLayers(const google::protobuf::RepeatedPtrField<v1::Layer>& layers,
               const v1::Component& activation, v1::Model& model) {
  for (const v1::Layer& layer : layers) {
    v1::Layer& added = *model.add_layers();
    added = layer;
    if (layer.type() != kPlaceholder) continue;
    added.set_type(activation.type());
    *added.mutable_params() = activation.params();
  }
}

v1::Contender MakeContender(const v1::ActivationStudy& study, int activation, int depth,
                            int initializer) {
  const std::string label = Labels(study.activations())[static_cast<size_t>(activation)];
  const std::string start = Labels(study.initializers())[static_cast<size_t>(initializer)];
  v1::Contender contender;
  contender.set_name(absl::StrCat(InName(label), "-", study.depths(depth), "-", InName(start)));
  contender.set_family(v1::NETWORK);
  auto& levels = *contender.mutable_levels();
  levels[kActivationLevel] = label;
  levels[kDepthLevel] = absl::StrCat(study.depths(depth));
  levels[kInitializerLevel] = start;
  *contender.mutable_specification() = study.training();
  v1::Model& model = *contender.mutable_specification()->mutable_model();
  *model.mutable_initializer() = study.initializers(initializer);
  AddLayers(study.first(), study.activations(activation), model);
  for (uint32_t i = 0; i < study.depths(depth); ++i)
    AddLayers(study.hidden(), study.activations(activation), model);
  AddLayers(study.last(), study.activations(activation), model);
  for (const double rate : study.learning_rates())
    contender.add_candidates()->set_learning_rate(rate);
  return contender;
}

}  // namespace

void ExpandActivationStudy(v1::StudySpecification& study, Violations& violations) {
  v1::ActivationStudy& activation = *study.mutable_activation();
  FillDefaults(activation);
  CheckActivations(activation, violations);
  CheckNet(activation, violations);
  CheckRates(activation, violations);
  CheckTraining(study, violations);
  CheckExtent(study, violations);
  if (!violations.empty()) return;
  for (int depth = 0; depth < activation.depths_size(); ++depth) {
    for (int initializer = 0; initializer < activation.initializers_size(); ++initializer) {
      for (int i = 0; i < activation.activations_size(); ++i)
        *study.add_contenders() = MakeContender(activation, i, depth, initializer);
    }
  }
}

v1::Specification ActivationJob(const v1::StudySpecification& study, const v1::Contender& contender,
                                uint64_t size) {
  v1::Specification job = contender.specification();
  job.set_name(contender.name());
  *job.mutable_data() = study.data();
  if (size > 0) job.mutable_data()->mutable_subset()->set_train_size(size);
  *job.mutable_resources() = study.resources();
  uint64_t batch = job.batch_size() == 0 ? kDefaultBatch : job.batch_size();
  if (size > 0) batch = std::min(batch, size);
  job.set_batch_size(static_cast<uint32_t>(batch));
  const uint64_t by_epochs = job.budget().epochs() * ((size + batch - 1) / batch);
  const uint64_t steps = by_epochs == 0              ? job.budget().steps()
                         : job.budget().steps() == 0 ? by_epochs
                                                     : std::min(by_epochs, job.budget().steps());
  job.mutable_monitoring()->set_every_steps(std::max<uint64_t>(1, steps / kCurvePoints));
  job.mutable_monitoring()->set_gradient_health_every_steps(
      std::max<uint64_t>(1, steps / kHealthPoints));
  job.mutable_evaluation()->set_every_epochs(kNever);
  for (const v1::Run& candidate : contender.candidates()) {
    for (int seed = 0; seed < static_cast<int>(study.seeds()); ++seed) {
      v1::Run& run = *job.add_runs();
      run = candidate;
      run.set_seed(SeedOf(seed));
    }
  }
  return job;
}

void CheckActivationJob(const v1::StudySpecification& study, const v1::Specification& job,
                        const v1::ModelSummary& model, Violations& violations) {
  const bool classifies =
      std::any_of(job.metrics().begin(), job.metrics().end(),
                  [](const v1::Component& metric) { return metric.type() == "accuracy"; });
  if (!classifies) {
    violations.Add("data",
                   "an activation study takes a classification, with accuracy as metric: "
                   "the threshold is a share of wrong answers");
  }
  if (model.test_samples() == 0)
    violations.Add("data.split.test",
                   "required where the source has no test part, for example 0.1");
  if (model.layers().empty() || model.layers().rbegin()->output_shape().empty()) return;
  const auto outputs = static_cast<double>(*model.layers().rbegin()->output_shape().rbegin());
  const double guessing = 1 - 1 / std::max(2.0, outputs);
  if (study.activation().threshold() >= guessing) {
    violations.Add("activation.threshold",
                   absl::StrCat(study.activation().threshold(), "; guessing among the classes has ",
                                guessing, ": take one well below, for example ", guessing / 3));
  }
}

std::string PathInActivationStudy(const v1::StudySpecification& study, int contender,
                                  const std::string& path) {
  const v1::ActivationStudy& activation = study.activation();
  const int index = contender % activation.activations_size();
  const int group = contender / activation.activations_size();
  const int initializer = group % activation.initializers_size();
  const int depth = group / activation.initializers_size();
  const auto rest = [&] { return path.substr(path.find(']') + 1); };
  int number = 0;
  if (std::sscanf(path.c_str(), "runs[%d]", &number) == 1)
    return Indexed("learning_rates", number / static_cast<int>(study.seeds()));
  if (absl::StartsWith(path, "model.initializer"))
    return Indexed("initializers", initializer) +
           path.substr(std::string("model.initializer").size());
  if (std::sscanf(path.c_str(), "model.layers[%d]", &number) == 1) {
    const int hidden = static_cast<int>(activation.depths(depth)) * activation.hidden_size();
    const char* list = "first";
    const v1::Layer* layer = nullptr;
    if (number < activation.first_size()) {
      layer = &activation.first(number);
    } else if ((number -= activation.first_size()) < hidden) {
      list = "hidden";
      number %= activation.hidden_size();
      layer = &activation.hidden(number);
    } else if ((number -= hidden) < activation.last_size()) {
      list = "last";
      layer = &activation.last(number);
    }
    if (layer == nullptr) return "activation";
    return layer->type() == kPlaceholder ? Indexed("activations", index) + rest()
                                         : Indexed(list, number) + rest();
  }
  if (absl::StartsWith(path, "model")) return "activation.hidden";
  return absl::StrCat("activation.training.", path);
}

}  // namespace trainyard
