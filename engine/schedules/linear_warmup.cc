// The learning rate rises in a straight line over the first steps (Goyal et al. 2017), then stays
// or falls over the rest of the run. Warm-up alone is PyTorch's LinearLR with a step a batch.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "engine/schedules/anneal.h"
#include "engine/schedules/schedule.h"

namespace trainyard::schedules {
namespace {

constexpr double kMostSteps = 1e12;
constexpr double kMostEpochs = 1e6;
constexpr double kDefaultFraction = 0.05;

enum class Then { kConstant, kCosine, kLinear };

struct Warmup {
  // One of them is set.
  std::optional<int64_t> steps;
  std::optional<double> epochs;
  double fraction = kDefaultFraction;

  double Steps(int64_t total_steps, int64_t steps_per_epoch) const {
    if (steps) return static_cast<double>(*steps);
    const double wanted = epochs ? *epochs * static_cast<double>(steps_per_epoch)
                                 : fraction * static_cast<double>(total_steps);
    return std::round(wanted);
  }
};

class LinearWarmup final : public Schedule {
 public:
  LinearWarmup(const Warmup& warmup, double start_factor, Then then, double final_factor)
      : warmup_(warmup), start_factor_(start_factor), then_(then), final_factor_(final_factor) {}

  ScheduleValue At(int64_t step, int64_t total_steps, int64_t steps_per_epoch) const override {
    const double at = static_cast<double>(step);
    const double end = warmup_.Steps(total_steps, steps_per_epoch);
    ScheduleValue value;
    if (at < end) {
      value.learning_rate_factor = LinearBetween(start_factor_, 1.0, at / end);
      return value;
    }
    // step < total_steps, so that the rest of the run is not empty.
    const double progress = (at - end) / (static_cast<double>(total_steps) - end);
    if (then_ == Then::kCosine)
      value.learning_rate_factor = CosineBetween(1.0, final_factor_, progress);
    if (then_ == Then::kLinear)
      value.learning_rate_factor = LinearBetween(1.0, final_factor_, progress);
    return value;
  }

 private:
  const Warmup warmup_;
  const double start_factor_;
  const Then then_;
  const double final_factor_;
};

std::unique_ptr<Schedule> Create(const Params& params, Violations& violations) {
  if (params.Has("steps") + params.Has("epochs") + params.Has("fraction") > 1) {
    violations.Add(params.path(), "linear_warmup takes only one of steps, epochs and fraction");
    return nullptr;
  }
  Warmup warmup;
  if (params.Has("steps")) warmup.steps = params.Int("steps");
  if (params.Has("epochs")) warmup.epochs = params.Num("epochs");
  if (params.Has("fraction")) warmup.fraction = params.Num("fraction");
  const std::string& name = params.Str("then");
  const Then then = name == "cosine"   ? Then::kCosine
                    : name == "linear" ? Then::kLinear
                                       : Then::kConstant;
  return std::make_unique<LinearWarmup>(warmup, params.Num("start_factor"), then,
                                        params.Num("final_factor"));
}

}  // namespace

CatalogEntry<Schedule> LinearWarmupEntry() {
  return {
      Schema("linear_warmup", "The learning rate rises in a straight line, then stays or falls.")
          .Add(Integer("steps", "Length of the rise in steps.").AtLeast(0).AtMost(kMostSteps))
          .Add(Number("epochs", "Length of the rise in epochs.").AtLeast(0).AtMost(kMostEpochs))
          .Add(Number("fraction",
                      "Length of the rise as a share of the run; 0.05 where no length is given.")
                   .AtLeast(0)
                   .AtMost(1))
          .Add(Number("start_factor", "Share of the learning rate at the first step.")
                   .Default(0.01)
                   .AtLeast(0)
                   .AtMost(1))
          .Add(String("then", "What follows the rise.")
                   .Default("constant")
                   .OneOf({"constant", "cosine", "linear"}))
          .Add(Number("final_factor", "Share of the learning rate that cosine and linear fall to.")
                   .Default(0)
                   .AtLeast(0)
                   .AtMost(1))
          .Example("{type: linear_warmup, epochs: 1, then: cosine}"),
      Create};
}

}  // namespace trainyard::schedules
