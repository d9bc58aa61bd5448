// Half a period of a cosine from 1 to final_factor over the run: PyTorch's CosineAnnealingLR with a
// step a batch (Loshchilov and Hutter 2016, without restarts).
#include "engine/schedules/anneal.h"
#include "engine/schedules/schedule.h"

namespace trainyard::schedules {
namespace {

class Cosine final : public Schedule {
 public:
  explicit Cosine(double final_factor) : final_factor_(final_factor) {}

  ScheduleValue At(int64_t step, int64_t total_steps, int64_t steps_per_epoch) const override {
    ScheduleValue value;
    value.learning_rate_factor = CosineBetween(
        1.0, final_factor_, static_cast<double>(step) / static_cast<double>(total_steps));
    return value;
  }

 private:
  const double final_factor_;
};

}  // namespace

CatalogEntry<Schedule> CosineEntry() {
  return {Schema("cosine", "The learning rate falls along half a cosine over the run.")
              .Add(Number("final_factor", "Share of the learning rate that it falls to.")
                       .Default(0)
                       .AtLeast(0)
                       .AtMost(1))
              .Example("{type: cosine, final_factor: 0.01}"),
          [](const Params& params, Violations&) {
            return std::make_unique<Cosine>(params.Num("final_factor"));
          }};
}

}  // namespace trainyard::schedules
