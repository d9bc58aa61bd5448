#include "engine/layers/linear.h"

#include <algorithm>

#include "engine/base/status.h"
#include "engine/layers/matmul_tiles.h"

namespace trainyard::layers {
namespace {

// Below so many elements a tile of sums is not worth a dispatch.
constexpr int64_t kSumTileElements = 1 << 16;
constexpr int64_t kMostSumTiles = 8;
constexpr int64_t kColumnMultiple = 16;  // a cache line of floats

std::vector<Range> SumTiles(int64_t rows, int64_t columns) {
  const int64_t parts = std::clamp<int64_t>(rows * columns / kSumTileElements, 1, kMostSumTiles);
  return Cut(columns, parts, kColumnMultiple);
}

}  // namespace

absl::StatusOr<Linear> Linear::Create(PlanBuilder& plan, int64_t rows, int64_t features,
                                      int64_t units, int weight_position, bool has_bias) {
  Linear linear = {rows, features, units, weight_position, {}, std::nullopt};
  ASSIGN_OR_RETURN(linear.weight, plan.Weight(plan.parameter(weight_position),
                                              onednn::Strided({units, features}, {1, units})));
  if (has_bias) {
    ASSIGN_OR_RETURN(linear.bias,
                     plan.Weight(plan.parameter(weight_position + 1), onednn::Plain({units})));
  }
  return linear;
}

absl::Status Linear::EmitForward(PlanBuilder& plan, const char* name, const BufferRef& x,
                                 const BufferRef& y) const {
  const MatmulTiles tiles(rows, units, features);
  plan.BeginStage(name, tiles.count());
  return tiles.Emit(plan, 0, {x, features, 1}, {weight, units, 1}, {y, units, 1}, bias);
}

absl::Status Linear::EmitBackward(PlanBuilder& plan, const char* name, const BufferRef& x,
                                  const BufferRef& dy, const std::optional<BufferRef>& dx) const {
  const MatmulTiles data_tiles(rows, features, units);
  const MatmulTiles weight_tiles(features, units, rows);
  plan.BeginStage(name, (dx ? data_tiles.count() : 0) + weight_tiles.count() +
                            (bias ? ColumnSumTiles(rows, units) : 0));
  int tile = 0;
  if (dx) {
    RETURN_IF_ERROR(
        data_tiles.Emit(plan, tile, {dy, units, 1}, {weight, 1, units}, {*dx, features, 1}));
    tile += data_tiles.count();
  }
  RETURN_IF_ERROR(weight_tiles.Emit(plan, tile, {x, 1, features}, {dy, units, 1},
                                    {plan.Gradient(plan.parameter(weight_position)), units, 1}));
  tile += weight_tiles.count();
  if (bias) {
    EmitColumnSums(plan, tile, dy, rows, units, plan.Gradient(plan.parameter(weight_position + 1)));
  }
  return absl::OkStatus();
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
                     const float* in = memory.Get<float>(from) + range.begin;
                     float* const out = memory.Get<float>(sums) + range.begin;
                     std::copy(in, in + range.count, out);
                     for (int64_t row = 1; row < rows; ++row) {
                       in += columns;
                       for (int64_t i = 0; i < range.count; ++i) out[i] += in[i];
                     }
                   });
  }
}

}  // namespace trainyard::layers
