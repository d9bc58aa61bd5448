// Turns gradients into steps. All parameters lie in one flat arena, their gradients and the
// optimizer's state ("slots": momentum, second moment ...) in arenas of the same layout; an update
// is elementwise, so ranges run in parallel in any order with the same bits. The step count belongs
// to the caller.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/catalog.h"

namespace trainyard {

constexpr int kMaxOptimizerSlots = 2;

struct UpdateRange {
  int64_t count = 0;
  float* weights = nullptr;
  const float* gradients = nullptr;
  std::array<float*, kMaxOptimizerSlots> slots = {};
  // False for biases and normalisation parameters where the optimizer excludes them.
  bool decay = true;
};

struct StepScalars {
  // 1, 2, 3 ...
  int64_t step = 1;
  // After the schedule.
  double learning_rate = 0;
  // In place of the optimizer's own momentum (or beta1) where the schedule cycles it; negative: its
  // own.
  double momentum = -1;
};

// Thread-compatible and immutable: Update may run on several ranges at once.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  // Before the schedule.
  virtual double learning_rate() const = 0;
  // Names of the state arenas, at most kMaxOptimizerSlots, all zero at the start.
  virtual std::vector<std::string> slots() const = 0;
  // A weight, gradient and state of zero stay zero: padding of blocked layouts must.
  virtual void Update(const UpdateRange& range, const StepScalars& scalars) const = 0;
};

namespace optimizers {
Catalog<Optimizer> MakeCatalog();
}

}  // namespace trainyard
