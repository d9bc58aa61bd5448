#include "engine/schedules/schedule.h"

namespace trainyard::schedules {
namespace {

class Constant final : public Schedule {
 public:
  ScheduleValue At(int64_t, int64_t, int64_t) const override { return {}; }
};

}  // namespace

CatalogEntry<Schedule> ConstantEntry() {
  return {Schema("constant", "The optimizer's learning rate throughout.").Example("constant"),
          [](const Params&, Violations&) { return std::make_unique<Constant>(); }};
}

}  // namespace trainyard::schedules
