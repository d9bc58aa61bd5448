// The step from images to vectors, shared by flatten and global_avg_pool.
#pragma once

#include "engine/graph/plan_builder.h"

namespace trainyard::layers {

// [channels, height, width] in any layout -> [channels * height * width] in plain order; no copy
// where the image already lies so.
absl::StatusOr<Value> EmitFlatten(PlanBuilder& plan, Value input);

}  // namespace trainyard::layers
