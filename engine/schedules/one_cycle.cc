// Smith and Topin 2017, "Super-convergence", as PyTorch's OneCycleLR with two phases: the learning
// rate rises from max / initial_divisor to max, then falls to that start / final_divisor; momentum
// moves the other way. max is the optimizer's learning rate.
#include <string>

#include "engine/schedules/anneal.h"
#include "engine/schedules/schedule.h"

namespace trainyard::schedules {
namespace {

constexpr double kLargestDivisor = 1e12;

struct OneCycleSettings {
  double rise_fraction;
  double initial_factor;
  double final_factor;
  bool linear;
  bool cycle_momentum;
  double base_momentum;
  double max_momentum;
};

class OneCycle final : public Schedule {
 public:
  explicit OneCycle(const OneCycleSettings& settings) : settings_(settings) {}

  ScheduleValue At(int64_t step, int64_t total_steps, int64_t steps_per_epoch) const override {
    const double last = static_cast<double>(total_steps) - 1.0;
    const double peak = settings_.rise_fraction * static_cast<double>(total_steps) - 1.0;
    const double at = static_cast<double>(step);
    ScheduleValue value;
    if (at <= peak) {
      Set(value, settings_.initial_factor, 1.0, settings_.max_momentum, settings_.base_momentum,
          Progress(at, 0.0, peak));
    } else {
      Set(value, 1.0, settings_.final_factor, settings_.base_momentum, settings_.max_momentum,
          Progress(at, peak, last));
    }
    return value;
  }

 private:
  // A phase of no length is done.
  static double Progress(double at, double from, double to) {
    return to > from ? (at - from) / (to - from) : 1.0;
  }

  double Between(double from, double to, double progress) const {
    return settings_.linear ? LinearBetween(from, to, progress) : CosineBetween(from, to, progress);
  }

  void Set(ScheduleValue& value, double from_rate, double to_rate, double from_momentum,
           double to_momentum, double progress) const {
    value.learning_rate_factor = Between(from_rate, to_rate, progress);
    if (settings_.cycle_momentum) value.momentum = Between(from_momentum, to_momentum, progress);
  }

  const OneCycleSettings settings_;
};

std::unique_ptr<Schedule> Create(const Params& params, Violations& violations) {
  OneCycleSettings settings;
  settings.rise_fraction = params.Num("rise_fraction");
  settings.initial_factor = 1.0 / params.Num("initial_divisor");
  settings.final_factor = settings.initial_factor / params.Num("final_divisor");
  settings.linear = params.Str("anneal") == "linear";
  settings.cycle_momentum = params.Bool("cycle_momentum");
  settings.base_momentum = params.Num("base_momentum");
  settings.max_momentum = params.Num("max_momentum");
  if (settings.base_momentum > settings.max_momentum) {
    violations.Add(params.PathOf("base_momentum"), "must not be above max_momentum");
    return nullptr;
  }
  return std::make_unique<OneCycle>(settings);
}

}  // namespace

CatalogEntry<Schedule> OneCycleEntry() {
  return {
      Schema("one_cycle",
             "The learning rate rises to the optimizer's and then falls far below where it began; "
             "momentum (beta1 "
             "of Adam) moves the other way.")
          .Add(Number("rise_fraction",
                      "Share of the run in which the learning rate rises (PyTorch's pct_start).")
                   .Default(0.3)
                   .AtLeast(0)
                   .AtMost(1))
          .Add(Number("initial_divisor",
                      "The learning rate begins at so small a part of its largest.")
                   .Default(25)
                   .AtLeast(1)
                   .AtMost(kLargestDivisor))
          .Add(Number("final_divisor", "It ends at so small a part of where it began.")
                   .Default(1e4)
                   .AtLeast(1)
                   .AtMost(kLargestDivisor))
          .Add(String("anneal", "Form of both curves.")
                   .Default("cosine")
                   .OneOf({"cosine", "linear"}))
          .Add(Boolean("cycle_momentum", "Also moves the momentum, for optimizers that have one.")
                   .Default(true))
          .Add(Number("base_momentum", "Momentum at the peak.").Default(0.85).AtLeast(0).Below(1))
          .Add(Number("max_momentum", "Momentum at the start and the end.")
                   .Default(0.95)
                   .AtLeast(0)
                   .Below(1))
          .Example("{type: one_cycle, rise_fraction: 0.25}"),
      Create};
}

}  // namespace trainyard::schedules
