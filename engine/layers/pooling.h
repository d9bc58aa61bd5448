// Pooling on oneDNN's primitive, shared by max_pool, avg_pool and global_avg_pool.
#pragma once

#include "engine/graph/plan_builder.h"
#include "engine/layers/window.h"

namespace trainyard::layers {

absl::StatusOr<Value> EmitPooling(PlanBuilder& plan, Value input, onednn::PoolingKind kind,
                                  const Window::Geometry& geometry);

// "max_pool takes [channels, height, width], got ...".
absl::Status CheckImage(const char* type, const Shape& shape);

}  // namespace trainyard::layers
