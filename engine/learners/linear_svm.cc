// Linear support vector machine: minimises 1/2 |w|^2 + c * sum of max(0, 1 - y s)^2 for each class
// against the rest (liblinear's solver 2, scikit-learn's LinearSVC); the bias is not penalised.
#include "engine/learners/linear_learner.h"

namespace trainyard::learners {
namespace {

constexpr char kType[] = "linear_svm";

}  // namespace

CatalogEntry<Learner> LinearSvmEntry() {
  Schema schema(kType,
                "Linear support vector machine with the squared hinge loss, each class against the "
                "rest. Its outputs are margins, not probabilities.");
  return {WithLinearParams(std::move(schema)).Example("{type: linear_svm, c: 1.0}"),
          [](const Params& params, Violations&) {
            LinearSettings settings = ReadLinearParams(params);
            settings.type = kType;
            settings.loss = LinearLoss::kSquaredHinge;
            return MakeLinearLearner(std::move(settings));
          }};
}

}  // namespace trainyard::learners
