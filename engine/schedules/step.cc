// The learning rate falls by a factor now and then: PyTorch's StepLR (every_epochs) and MultiStepLR
// (at_epochs).
#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/schedules/schedule.h"

namespace trainyard::schedules {
namespace {

constexpr double kMostEpochs = 1e6;
constexpr double kMostSteps = 1e12;
constexpr size_t kMostMilestones = 100;

class Step final : public Schedule {
 public:
  Step(double factor, int64_t every_epochs, int64_t every_steps, std::vector<int64_t> at_epochs)
      : factor_(factor),
        every_epochs_(every_epochs),
        every_steps_(every_steps),
        at_epochs_(std::move(at_epochs)) {}

  ScheduleValue At(int64_t step, int64_t total_steps, int64_t steps_per_epoch) const override {
    ScheduleValue value;
    value.learning_rate_factor =
        std::pow(factor_, static_cast<double>(Falls(step, steps_per_epoch)));
    return value;
  }

 private:
  int64_t Falls(int64_t step, int64_t steps_per_epoch) const {
    if (every_steps_ > 0) return step / every_steps_;
    const int64_t epoch = step / steps_per_epoch;
    if (every_epochs_ > 0) return epoch / every_epochs_;
    return std::count_if(at_epochs_.begin(), at_epochs_.end(),
                         [&](int64_t at) { return epoch >= at; });
  }

  const double factor_;
  const int64_t every_epochs_;  // 0: not given; one of the three is
  const int64_t every_steps_;
  const std::vector<int64_t> at_epochs_;
};

std::unique_ptr<Schedule> Create(const Params& params, Violations& violations) {
  const bool epochs = params.Has("every_epochs");
  const bool steps = params.Has("every_steps");
  const bool milestones = params.Has("at_epochs");
  if (epochs + steps + milestones != 1) {
    violations.Add(params.path(),
                   "step needs exactly one of every_epochs, every_steps and at_epochs");
    return nullptr;
  }
  return std::make_unique<Step>(params.Num("factor"), epochs ? params.Int("every_epochs") : 0,
                                steps ? params.Int("every_steps") : 0,
                                milestones ? params.Ints("at_epochs") : std::vector<int64_t>());
}

}  // namespace

CatalogEntry<Schedule> StepEntry() {
  return {Schema("step", "The learning rate is multiplied by a factor now and then.")
              .Add(Number("factor", "What it is multiplied by.").Default(0.1).Above(0).AtMost(1))
              .Add(Integer("every_epochs", "Each time so many epochs are done.")
                       .AtLeast(1)
                       .AtMost(kMostEpochs))
              .Add(Integer("every_steps", "Each time so many steps are done.")
                       .AtLeast(1)
                       .AtMost(kMostSteps))
              .Add(Integers("at_epochs", "Once these epochs are done.")
                       .AtLeast(1)
                       .AtMost(kMostEpochs)
                       .Size(1, kMostMilestones))
              .Example("{type: step, every_epochs: 10, factor: 0.1}"),
          Create};
}

}  // namespace trainyard::schedules
