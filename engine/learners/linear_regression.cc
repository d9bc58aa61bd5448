// Linear (ridge) regression: minimises 1/2 |w|^2 + c * sum of (s - target)^2 / 2 for each target;
// the bias is not penalised. scikit-learn's Ridge with alpha = 1 / c.
#include "engine/learners/linear_learner.h"

namespace trainyard::learners {
namespace {

constexpr char kType[] = "linear_regression";

}  // namespace

CatalogEntry<Learner> LinearRegressionEntry() {
  Schema schema(kType,
                "Linear regression with a ridge penalty: a weighted sum of the features for each "
                "target.");
  return {WithLinearParams(std::move(schema)).Example("{type: linear_regression, c: 100}"),
          [](const Params& params, Violations&) {
            LinearSettings settings = ReadLinearParams(params);
            settings.type = kType;
            settings.loss = LinearLoss::kSquared;
            return MakeLinearLearner(std::move(settings));
          }};
}

}  // namespace trainyard::learners
