// A learned linear map of rows, y = x * weight^T + bias, as stages of tiles that are cut along axes
// that no product sums: what layers with projections are made of.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/graph/plan_builder.h"
#include "engine/layers/matmul_tiles.h"

namespace trainyard::layers {

// Weight [units, features] and bias [units] of a layer; where they are among its parameters is
// `weight_position` and the place after it. Products read the plan's compute type; what they give
// is float32.
class Linear {
 public:
  static absl::StatusOr<Linear> Create(PlanBuilder& plan, int64_t rows, int64_t features,
                                       int64_t units, int weight_position, bool has_bias);

  // x [rows, features] to y [rows, units], both in row-major order.
  absl::Status EmitForward(PlanBuilder& plan, const char* name, const View& x,
                           const BufferRef& y) const;
  // Gradients of weight and bias and, where wanted, dx [rows, features], from dy [rows, units],
  // float32 in row-major order.
  absl::Status EmitBackward(PlanBuilder& plan, const char* name, const View& x, const View& dy,
                            const std::optional<BufferRef>& dx) const;

 private:
  Linear() = default;
  // Rows as the left side of a product, and either matrix as another side, as the kernels want
  // them.
  absl::StatusOr<Matrix> Left(PlanBuilder& plan, const View& view, int64_t columns,
                              const MatmulTiles& tiles) const;
  absl::StatusOr<Matrix> Other(PlanBuilder& plan, const View& view, int64_t columns) const;
  absl::StatusOr<Matrix> In(onednn::Type type, PlanBuilder& plan, const View& view,
                            int64_t columns) const;
  // Whether products are made group by group, each in the chain of its group's operations: where
  // packing the weight ahead makes it cheap, and groups have rows enough.
  bool ByGroups(const PlanBuilder& plan) const;
  // to = from * weight (+ bias), rows of float32.
  void EmitToGroups(PlanBuilder& plan, const char* name, const Matrix& from, const Matrix& weight,
                    const Matrix& to, const std::optional<BufferRef>& bias) const;
  // The type of what is no left side.
  onednn::Type OtherType() const;
  Matrix Weight() const { return {weight_, units_, 1, OtherType()}; }

  int64_t rows_ = 0;
  int64_t features_ = 0;
  int64_t units_ = 0;
  int weight_position_ = 0;
  onednn::Type type_ = onednn::Type::kFloat32;
  BufferRef weight_;
  std::optional<BufferRef> bias_;
};

// Elements of working memory of a thread.
int64_t LinearScratchElements();

// How many tiles EmitColumnSums takes.
int ColumnSumTiles(int64_t rows, int64_t columns);
// sums [columns] = sum over the rows of `from` [rows, columns], in their order; tiles of the open
// stage, cut by columns.
void EmitColumnSums(PlanBuilder& plan, int first_tile, const BufferRef& from, int64_t rows,
                    int64_t columns, const BufferRef& sums);

}  // namespace trainyard::layers
