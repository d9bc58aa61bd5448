#include "engine/spec/compile_learner.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/saturated.h"
#include "engine/base/status.h"
#include "engine/spec/convert.h"

namespace trainyard {
namespace {

constexpr int64_t kMostBlockRows = 512;
constexpr int64_t kMostBlockValues = int64_t{1} << 24;

// Of samples as floats, with labels or targets.
int64_t BytesOfSamples(int64_t samples, const DataInfo& info) {
  const int64_t values =
      AddSaturated(info.input_shape.elements(), std::max<int64_t>(1, info.targets));
  return MultiplySaturated(samples, MultiplySaturated(values, sizeof(float)));
}

}  // namespace

void RefuseNetFields(const v1::Specification& specification, Violations& violations) {
  const auto refuse = [&](bool present, const char* field) {
    if (present) violations.Add(field, "not allowed beside learner: a learner has no net");
  };
  refuse(specification.has_model(), "model");
  refuse(specification.has_loss(), "loss");
  refuse(specification.has_optimizer(), "optimizer");
  refuse(specification.has_schedule(), "schedule");
  refuse(specification.batch_size() > 0, "batch_size");
  refuse(specification.gradient_accumulation_steps() > 0, "gradient_accumulation_steps");
  refuse(specification.clip_gradient_norm() != 0, "clip_gradient_norm");
  if (specification.has_budget()) {
    violations.Add("budget",
                   "not allowed beside learner: its own parameters say when it ends, for example "
                   "max_iterations or trees");
  }
  if (specification.precision() != v1::PRECISION_UNSPECIFIED)
    violations.Add("precision", "not allowed beside learner: it computes in fp32");
  if (specification.data().augment_size() > 0) {
    violations.Add("data.augment",
                   "not allowed beside learner: it sees each sample once, as it is");
  }
  if (specification.has_evaluation()) {
    violations.Add("evaluation",
                   "not allowed beside learner: it is judged when it has been trained");
  }
  if (specification.checkpoint().every_epochs() > 0)
    violations.Add("checkpoint.every_epochs", "a learner has no epochs; use every_steps");
  if (specification.monitoring().gradient_health_every_steps() > 0) {
    violations.Add("monitoring.gradient_health_every_steps",
                   "not allowed beside learner: it has no layers");
  }
}

std::unique_ptr<Learner> CompileLearner(const v1::Specification& specification,
                                        const DataPlan& data, bool data_known,
                                        const Catalogs& catalogs, LearnerSize& size,
                                        Violations& violations) {
  constexpr char kPath[] = "learner";
  const size_t before = violations.list().size();
  std::unique_ptr<Learner> learner =
      catalogs.learners.Make(ToRaw(specification.learner(), kPath, violations), kPath, violations);
  if (learner == nullptr || violations.list().size() != before || !data_known) return learner;
  if (const absl::Status fits = learner->Check(data.info); !fits.ok()) {
    violations.Add(kPath, Message(fits));
    return nullptr;
  }
  LearnerProblem problem;
  problem.info = data.info;
  problem.samples = data.train_size;
  problem.validation_samples = data.validation_size;
  problem.features = data.info.input_shape.elements();
  problem.threads = std::max<int64_t>(1, specification.resources().cores());
  const absl::StatusOr<LearnerSize> known = learner->SizeFor(problem);
  if (!known.ok()) {
    violations.Add(kPath, Message(known.status()));
    return nullptr;
  }
  size = *known;
  return learner;
}

int64_t LearnerMemory(const Learner& learner, const LearnerSize& size, const DataPlan& data) {
  int64_t samples = AddSaturated(data.train_size, LearnerBlock(data.info.input_shape.elements()));
  if (learner.wants_validation()) samples = AddSaturated(samples, data.validation_size);
  return AddSaturated(BytesOfSamples(samples, data.info), size.memory_bytes);
}

int64_t LearnerBlock(int64_t features) {
  return std::clamp<int64_t>(kMostBlockValues / std::max<int64_t>(1, features), 1, kMostBlockRows);
}

}  // namespace trainyard
