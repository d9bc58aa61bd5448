// Matrix products over the whole batch, cut into tiles along axes that are not summed: one tile's
// bits do not depend on another, nor on who runs it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/graph/plan_builder.h"
#include "engine/layers/gemm.h"

namespace trainyard::layers {

struct Range {
  int64_t begin = 0;
  int64_t count = 0;
};

// `size` in at most `parts` ranges whose lengths are multiples of `multiple`, but for the last.
std::vector<Range> Cut(int64_t size, int64_t parts, int64_t multiple);

// A matrix in a buffer, with strides in elements.
struct Matrix {
  BufferRef ref;
  int64_t row_stride = 0;
  int64_t column_stride = 1;
  onednn::Type type = onednn::Type::kFloat32;
  // By gemm::PackLeft or PackRight.
  bool packed = false;

  Matrix Transposed() const { return {ref, column_stride, row_stride, type}; }
};

// c [m, n] = a [m, k] * b [k, n] (+ bias [n]), as tiles of the plan's open stage: by kernels of
// ours (gemm.h) where there are some, else by oneDNN's matmul. c and the bias are float32.
class MatmulTiles {
 public:
  // What is cut where both axes are long enough.
  enum class Cut { kColumns, kRows };
  // `products`: the type that numbers are multiplied in.
  MatmulTiles(int64_t m, int64_t n, int64_t k, onednn::Type products, Cut prefer = Cut::kColumns);
  // Whether a, where it is read by rows, is better given in the type of the products; all else then
  // stays float32. Without kernels of ours everything must come in that type.
  static bool Owned(onednn::Type products);
  int count() const { return static_cast<int>(tiles_.size()); }
  // A side, float32, as Emit takes it best: where several tiles would pack the same, a copy that
  // stages before the product's own pack once.
  Matrix ReadyLeft(PlanBuilder& plan, const Matrix& a) const;
  Matrix ReadyRight(PlanBuilder& plan, const Matrix& b) const;
  absl::Status Emit(PlanBuilder& plan, int first_tile, const Matrix& a, const Matrix& b,
                    const Matrix& c, const std::optional<BufferRef>& bias = std::nullopt) const;

 private:
  struct Tile {
    Range rows;
    Range columns;
  };
  absl::Status EmitPrimitive(PlanBuilder& plan, int tile, const Matrix& a, const Matrix& b,
                             const Matrix& c, const Tile& cut,
                             const std::optional<BufferRef>& bias) const;
  void EmitKernel(PlanBuilder& plan, int tile, const Matrix& a, const Matrix& b, const Matrix& c,
                  const Tile& cut, const std::optional<BufferRef>& bias) const;

  // `count` rows or columns, by gemm::PackLeft or PackRight.
  Matrix Pack(PlanBuilder& plan, const Matrix& side, int64_t count,
              void (*pack)(const gemm::Operand&, int64_t, const gemm::Rectangle&, void*)) const;

  int64_t m_;
  int64_t n_;
  int64_t k_;
  onednn::Type products_;
  std::vector<Tile> tiles_;
};

// b [k, n], which no operation of the plan writes, packed before the chain of groups that is open;
// where gemm::PacksAhead.
Matrix PackWeight(PlanBuilder& plan, const Matrix& b, int64_t n, int64_t k);

}  // namespace trainyard::layers
