// The learning rate over a run, as a factor of the optimizer's. Thread-compatible and immutable.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/base/catalog.h"

namespace trainyard {

struct ScheduleValue {
  double learning_rate_factor = 1;
  // Negative: the optimizer's own.
  double momentum = -1;
};

class Schedule {
 public:
  virtual ~Schedule() = default;
  // step in [0, total_steps).
  virtual ScheduleValue At(int64_t step, int64_t total_steps, int64_t steps_per_epoch) const = 0;
};

namespace schedules {
Catalog<Schedule> MakeCatalog();
}

}  // namespace trainyard
