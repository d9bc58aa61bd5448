#include "engine/layers/linear.h"

#include <algorithm>

#include "engine/base/status.h"
#include "engine/base/vectorized.h"
#include "engine/layers/gemm.h"

namespace trainyard::layers {
namespace {

// Below so many elements a tile of sums is not worth a dispatch.
constexpr int64_t kSumTileElements = 1 << 16;
constexpr int64_t kMostSumTiles = 8;
constexpr int64_t kColumnMultiple = 16;  // a cache line of floats
constexpr int64_t kFloatBytes = sizeof(float);

std::vector<Range> SumTiles(int64_t rows, int64_t columns) {
  const int64_t parts = std::clamp<int64_t>(rows * columns / kSumTileElements, 1, kMostSumTiles);
  return Cut(columns, parts, kColumnMultiple);
}

// sums [count] of `rows` rows that lie `stride` apart.
TRAINYARD_VECTORIZED
void SumRows(const float* from, int64_t rows, int64_t stride, int64_t count, float* sums) {
  // Rows lie on pages of their own, which no prefetcher crosses.
  constexpr int64_t kAhead = 8;
  constexpr int64_t kLine = 16;
  std::fill(sums, sums + count, 0.0f);
  for (int64_t row = 0; row < rows; ++row, from += stride) {
    const float* const ahead = from + std::min(kAhead, rows - 1 - row) * stride;
    for (int64_t i = 0; i < count; i += kLine) __builtin_prefetch(ahead + i);
    for (int64_t i = 0; i < count; ++i) sums[i] += from[i];
  }
}

}  // namespace

absl::StatusOr<Linear> Linear::Create(PlanBuilder& plan, int64_t rows, int64_t features,
                                      int64_t units, int weight_position, bool has_bias) {
  Linear linear;
  linear.rows_ = rows;
  linear.features_ = features;
  linear.units_ = units;
  linear.weight_position_ = weight_position;
  linear.type_ = plan.compute_type();
  // Weights lie as [features, units], the faster order of the forward product for small batches.
  const int index = plan.parameter(weight_position);
  const auto layout_of = [&](onednn::Type type) {
    return onednn::Strided({units, features}, {1, units}, type);
  };
  RETURN_IF_ERROR(plan.Weight(index, layout_of(onednn::Type::kFloat32)).status());
  ASSIGN_OR_RETURN(linear.weight_, plan.Weight(index, layout_of(linear.OtherType())));
  if (has_bias) {
    ASSIGN_OR_RETURN(linear.bias_,
                     plan.Weight(plan.parameter(weight_position + 1), onednn::Plain({units})));
  }
  return linear;
}

onednn::Type Linear::OtherType() const {
  return MatmulTiles::Owned(type_) ? onednn::Type::kFloat32 : type_;
}

absl::StatusOr<Matrix> Linear::In(onednn::Type type, PlanBuilder& plan, const View& view,
                                  int64_t columns) const {
  ASSIGN_OR_RETURN(const View copy,
                   plan.InLayout(view, onednn::Plain(onednn::DimsOf(view.layout), type)));
  return Matrix{copy.ref, columns, 1, type};
}

absl::StatusOr<Matrix> Linear::Left(PlanBuilder& plan, const View& view, int64_t columns,
                                    const MatmulTiles& tiles) const {
  if (gemm::PacksAhead(type_)) {
    ASSIGN_OR_RETURN(const Matrix rows, Other(plan, view, columns));
    return tiles.ReadyLeft(plan, rows);
  }
  // Kernels of ours read pairs of bfloat16.
  const bool odd = columns % 2 != 0;
  return In(odd ? OtherType() : type_, plan, view, columns);
}

absl::StatusOr<Matrix> Linear::Other(PlanBuilder& plan, const View& view, int64_t columns) const {
  return In(OtherType(), plan, view, columns);
}

bool Linear::ByGroups(const PlanBuilder& plan) const {
  constexpr int64_t kLeastRows = 128;
  return gemm::PacksAhead(type_) &&
         plan.groups().back().count * (rows_ / plan.batch()) >= kLeastRows;
}

void Linear::EmitToGroups(PlanBuilder& plan, const char* name, const Matrix& from,
                          const Matrix& weight, const Matrix& to,
                          const std::optional<BufferRef>& bias) const {
  const int64_t k = from.row_stride, n = to.row_stride;
  const Matrix packed = PackWeight(plan, weight, n, k);
  const BufferRef scratch = plan.Scratch(gemm::ScratchBytes());
  const int64_t sample_rows = rows_ / plan.batch();
  for (const Group& group : plan.groups()) {
    const BufferRef source = from.ref.At(group.begin * sample_rows * k * kFloatBytes);
    const BufferRef destination = to.ref.At(group.begin * sample_rows * n * kFloatBytes);
    plan.AddToGroup(
        name, group, {source, packed.ref, destination},
        [=, type = type_](const StepContext&, const Memory& memory) {
          gemm::Operand right;
          right.data = memory.Address(packed.ref);
          right.packed = true;
          gemm::Multiply(
              group.count * sample_rows, n, k, type, {memory.Address(source), k}, right,
              {memory.Get<float>(destination), n, bias ? memory.Get<float>(*bias) : nullptr},
              memory.Address(scratch));
        });
  }
}

absl::Status Linear::EmitForward(PlanBuilder& plan, const char* name, const View& x,
                                 const BufferRef& y) const {
  if (ByGroups(plan)) {
    ASSIGN_OR_RETURN(const Matrix rows, Other(plan, x, features_));
    EmitToGroups(plan, name, rows, Weight(), {y, units_}, bias_);
    return absl::OkStatus();
  }
  const MatmulTiles tiles(rows_, units_, features_, type_);
  ASSIGN_OR_RETURN(const Matrix source, Left(plan, x, features_, tiles));
  plan.BeginStage(name, tiles.count());
  return tiles.Emit(plan, 0, source, Weight(), {y, units_, 1}, bias_);
}

absl::Status Linear::EmitBackward(PlanBuilder& plan, const char* name, const View& x,
                                  const View& dy, const std::optional<BufferRef>& dx) const {
  ASSIGN_OR_RETURN(const Matrix source, Other(plan, x, features_));
  ASSIGN_OR_RETURN(const Matrix gradient, Other(plan, dy, units_));
  // Gradients of groups follow each other from layer to layer.
  const bool by_groups = dx && ByGroups(plan);
  const MatmulTiles data_tiles(rows_, features_, units_, type_);
  std::optional<Matrix> left_gradient;
  if (dx && !by_groups) {
    ASSIGN_OR_RETURN(left_gradient, Left(plan, dy, units_, data_tiles));
  }
  // A range of features is contiguous in the weight, as in the ranges of the update: a thread
  // updates what it has just written.
  const MatmulTiles weight_tiles(features_, units_, rows_, type_, MatmulTiles::Cut::kRows);
  const Matrix right_gradient = weight_tiles.ReadyRight(plan, gradient);
  const Matrix left_source = weight_tiles.ReadyLeft(plan, source.Transposed());
  plan.BeginStage(name, (left_gradient ? data_tiles.count() : 0) + weight_tiles.count() +
                            (bias_ ? ColumnSumTiles(rows_, units_) : 0));
  int tile = 0;
  if (left_gradient) {
    RETURN_IF_ERROR(
        data_tiles.Emit(plan, tile, *left_gradient, Weight().Transposed(), {*dx, features_, 1}));
    tile += data_tiles.count();
  }
  RETURN_IF_ERROR(weight_tiles.Emit(plan, tile, left_source, right_gradient,
                                    {plan.Gradient(plan.parameter(weight_position_)), units_, 1}));
  tile += weight_tiles.count();
  if (bias_)
    EmitColumnSums(plan, tile, dy.ref, rows_, units_,
                   plan.Gradient(plan.parameter(weight_position_ + 1)));
  if (by_groups) EmitToGroups(plan, name, gradient, Weight().Transposed(), {*dx, features_}, {});
  return absl::OkStatus();
}

int64_t LinearScratchElements() {
  return MatmulTiles::Owned(onednn::Type::kFloat32)
             ? gemm::ScratchBytes() / static_cast<int64_t>(sizeof(float))
             : 0;
}

int ColumnSumTiles(int64_t rows, int64_t columns) {
  return static_cast<int>(SumTiles(rows, columns).size());
}

void EmitColumnSums(PlanBuilder& plan, int first_tile, const BufferRef& from, int64_t rows,
                    int64_t columns, const BufferRef& sums) {
  const std::vector<Range> tiles = SumTiles(rows, columns);
  for (size_t i = 0; i < tiles.size(); ++i) {
    const Range range = tiles[i];
    plan.AddToTile(first_tile + static_cast<int>(i), {from, sums},
                   [=](const StepContext&, const Memory& memory) {
                     SumRows(memory.Get<float>(from) + range.begin, rows, columns, range.count,
                             memory.Get<float>(sums) + range.begin);
                   });
  }
}

}  // namespace trainyard::layers
