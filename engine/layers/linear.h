// A learned linear map of rows, y = x * weight^T + bias, as stages of tiles that are cut along axes
// that no product sums: what layers with projections are made of.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/graph/plan_builder.h"

namespace trainyard::layers {

// Weight [units, features] and bias [units] of a layer; where they are among its parameters is
// `weight_position` and the place after it.
struct Linear {
  int64_t rows = 0;
  int64_t features = 0;
  int64_t units = 0;
  int weight_position = 0;
  BufferRef weight;
  std::optional<BufferRef> bias;

  // Weights lie as [features, units], the faster order of the forward product for small batches.
  static absl::StatusOr<Linear> Create(PlanBuilder& plan, int64_t rows, int64_t features,
                                       int64_t units, int weight_position, bool has_bias);

  // x [rows, features] to y [rows, units].
  absl::Status EmitForward(PlanBuilder& plan, const char* name, const BufferRef& x,
                           const BufferRef& y) const;
  // Gradients of weight and bias and, where wanted, dx [rows, features], from dy [rows, units].
  absl::Status EmitBackward(PlanBuilder& plan, const char* name, const BufferRef& x,
                            const BufferRef& dy, const std::optional<BufferRef>& dx) const;
};

// How many tiles EmitColumnSums takes.
int ColumnSumTiles(int64_t rows, int64_t columns);
// sums [columns] = sum over the rows of `from` [rows, columns], in their order; tiles of the open
// stage, cut by columns.
void EmitColumnSums(PlanBuilder& plan, int first_tile, const BufferRef& from, int64_t rows,
                    int64_t columns, const BufferRef& sums);

}  // namespace trainyard::layers
