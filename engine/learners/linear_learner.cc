#include "engine/learners/linear_learner.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/saturated.h"
#include "engine/base/status.h"
#include "engine/learners/checks.h"
#include "engine/learners/minimize.h"

namespace trainyard::learners {
namespace {

constexpr char kWeight[] = "weight";
constexpr char kBias[] = "bias";
constexpr int64_t kBlockRows = 256;
constexpr int64_t kMostIterations = 100'000;

class LinearLearner final : public Learner {
 public:
  explicit LinearLearner(LinearSettings settings) : settings_(std::move(settings)) {}

  absl::Status Check(const DataInfo& info) const override {
    return settings_.loss == LinearLoss::kSquared ? NeedsTargets(settings_.type, info)
                                                  : NeedsClasses(settings_.type, info);
  }

  absl::StatusOr<LearnerSize> SizeFor(const LearnerProblem& problem) const override {
    const int64_t columns = LinearColumns(settings_.loss, problem.info);
    LearnerSize size;
    size.steps = settings_.max_iterations;
    size.parameters = MultiplySaturated(columns, problem.features + 1);
    size.memory_bytes = AddSaturated(
        LinearObjective::MemoryBytes(problem.samples, problem.features, columns, problem.threads),
        MultiplySaturated(size.parameters, kMinimizeVectors * sizeof(double)));
    return size;
  }

  RawComponent Loss(const DataInfo&) const override {
    if (settings_.loss == LinearLoss::kSquared) return {"mean_squared_error", {}};
    if (settings_.loss != LinearLoss::kSquaredHinge) return {"softmax_cross_entropy", {}};
    return {"hinge", {{"multiclass", {std::string("one_vs_rest")}}, {"squared", {true}}}};
  }

  bool has_probabilities() const override { return settings_.loss != LinearLoss::kSquaredHinge; }

  absl::Status Fit(const LearnerSet& set, LearnerRun& run) override {
    SetShape(*set.info, set.train.features);
    const double count = static_cast<double>(set.train.count);
    const double penalty = 1 / (settings_.c * count);
    LinearObjective objective(settings_.loss, set.train, columns_, settings_.l1 ? 0 : penalty,
                              *set.pool, run);
    std::vector<double> x(static_cast<size_t>(columns_ * (features_ + 1)));
    MinimizeOptions options;
    options.tolerance = settings_.tolerance;
    options.max_iterations = settings_.max_iterations;
    if (settings_.l1) {
      options.l1.assign(x.size(), penalty);
      std::fill(options.l1.end() - columns_, options.l1.end(), 0.0);
    }
    const auto end =
        Minimize([&](const auto& at, auto& gradient) { return objective.Evaluate(at, gradient); },
                 x, options,
                 [&](int64_t iteration, double) {
                   LearnerStep step{iteration, settings_.max_iterations};
                   step.loss = objective.mean_loss();
                   step.accuracy = objective.accuracy();
                   run.Step(step);
                   return !run.Stopping();
                 });
    if (run.Stopping()) return Stopped();
    if (!end.ok()) return end.status();
    Note(*end, run);
    weights_.assign(x.begin(), x.end());
    return absl::OkStatus();
  }

  std::vector<NamedTensor> Export() const override {
    const auto split = weights_.begin() + columns_ * features_;
    return {{kWeight, {columns_, features_}, {weights_.begin(), split}},
            {kBias, {columns_}, {split, weights_.end()}}};
  }

  absl::Status Restore(const DataInfo& info, int64_t features,
                       const std::vector<NamedTensor>& tensors) override {
    SetShape(info, features);
    ASSIGN_OR_RETURN(const NamedTensor* weight, TensorOf(tensors, kWeight, {columns_, features_}));
    ASSIGN_OR_RETURN(const NamedTensor* bias, TensorOf(tensors, kBias, {columns_}));
    weights_ = weight->values;
    weights_.insert(weights_.end(), bias->values.begin(), bias->values.end());
    return absl::OkStatus();
  }

  void Predict(const float* rows, int64_t count, ThreadPool& pool, float* outputs) const override {
    const int64_t tiles = (count + kBlockRows - 1) / kBlockRows;
    pool.Run(static_cast<int>(tiles), [&](int tile, int) {
      const int64_t first = tile * kBlockRows;
      const int64_t block = std::min(kBlockRows, count - first);
      float* const out = outputs + first * outputs_;
      if (columns_ == outputs_) {
        Score(rows + first * features_, block, out);
      } else {
        std::vector<float> scores(static_cast<size_t>(block));
        Score(rows + first * features_, block, scores.data());
        const float scale = settings_.loss == LinearLoss::kSquaredHinge ? 1.0f : 0.5f;
        for (int64_t i = 0; i < block; ++i) {
          out[2 * i] = -scale * scores[static_cast<size_t>(i)];
          out[2 * i + 1] = scale * scores[static_cast<size_t>(i)];
        }
        return;
      }
      if (settings_.loss == LinearLoss::kLogistic) ToLogProbabilities(out, block * outputs_);
    });
  }

 private:
  void SetShape(const DataInfo& info, int64_t features) {
    features_ = features;
    outputs_ = OutputsOf(info);
    columns_ = LinearColumns(settings_.loss, info);
  }

  void Score(const float* rows, int64_t count, float* scores) const {
    LinearScores(rows, count, features_, weights_.data(), &weights_[columns_ * features_], columns_,
                 scores);
  }

  // Of each class against the rest; the softmax of them is what scikit-learn normalises to.
  static void ToLogProbabilities(float* scores, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      const double s = scores[i];
      scores[i] = static_cast<float>(std::min(s, 0.0) - std::log1p(std::exp(-std::abs(s))));
    }
  }

  void Note(const MinimizeResult& end, LearnerRun& run) const {
    if (end.converged) {
      run.Note(absl::StrCat("converged after ", end.iterations, " iterations"));
      return;
    }
    run.Note(absl::StrCat("stopped after ", end.iterations,
                          " iterations before it converged: the largest derivative is ",
                          end.largest_derivative, ", the tolerance ", settings_.tolerance,
                          "; standardised data converge faster"));
  }

  const LinearSettings settings_;
  int64_t features_ = 0;
  int64_t outputs_ = 0;
  int64_t columns_ = 0;
  std::vector<float> weights_;  // [columns, features], then bias [columns]
};

}  // namespace

Schema WithLinearParams(Schema schema) {
  return std::move(schema)
      .Add(Number("c", "Weight of the summed loss against the penalty; smaller regularises more.")
               .Default(1.0)
               .Above(0)
               .AtMost(1e9))
      .Add(Number("tolerance", "Ends where no derivative of the mean loss is larger.")
               .Default(1e-4)
               .Above(0)
               .AtMost(1))
      .Add(Integer("max_iterations", "Iterations of L-BFGS at most.")
               .Default(1000)
               .AtLeast(1)
               .AtMost(static_cast<double>(kMostIterations)));
}

LinearSettings ReadLinearParams(const Params& params) {
  LinearSettings settings;
  settings.c = params.Num("c");
  settings.tolerance = params.Num("tolerance");
  settings.max_iterations = params.Int("max_iterations");
  return settings;
}

std::unique_ptr<Learner> MakeLinearLearner(LinearSettings settings) {
  return std::make_unique<LinearLearner>(std::move(settings));
}

}  // namespace trainyard::learners
