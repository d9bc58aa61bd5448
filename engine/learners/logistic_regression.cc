// Logistic regression: minimises 1/2 |w|^2 + c * sum of log losses, as scikit-learn's
// LogisticRegression and liblinear do; the bias is not penalised.
#include "engine/learners/linear_learner.h"

namespace trainyard::learners {
namespace {

constexpr char kType[] = "logistic_regression";

}  // namespace

CatalogEntry<Learner> LogisticRegressionEntry() {
  Schema schema(kType,
                "Logistic regression: a linear score for each class, with probabilities. Convex: "
                "one answer, whatever the seed.");
  return {WithLinearParams(std::move(schema))
              .Add(String("penalty",
                          "Of the weights: half their squared norm (l2), or the sum of "
                          "their sizes (l1), which makes many of them 0.")
                       .Default("l2")
                       .OneOf({"l2", "l1"}))
              .Add(String("multiclass",
                          "More than two classes: one softmax over all, or each "
                          "class against the rest.")
                       .Default("softmax")
                       .OneOf({"softmax", "one_vs_rest"}))
              .Example("{type: logistic_regression, c: 1.0}"),
          [](const Params& params, Violations&) {
            LinearSettings settings = ReadLinearParams(params);
            settings.type = kType;
            settings.l1 = params.Str("penalty") == "l1";
            settings.loss = params.Str("multiclass") == "softmax" ? LinearLoss::kSoftmax
                                                                  : LinearLoss::kLogistic;
            return MakeLinearLearner(std::move(settings));
          }};
}

}  // namespace trainyard::learners
