#include "engine/layers/matmul_tiles.h"

#include <algorithm>

#include "engine/base/status.h"

namespace trainyard::layers {
namespace {

// Below this a tile is not worth a dispatch to another thread (about 20 us of one core).
constexpr int64_t kTileFlops = 2'000'000;
constexpr int64_t kMaxTiles = 8;
constexpr int64_t kColumnMultiple = 16;  // a vector register of floats
constexpr int64_t kRowMultiple = 8;

}  // namespace

std::vector<Range> Cut(int64_t size, int64_t parts, int64_t multiple) {
  const int64_t units = (size + multiple - 1) / multiple;
  const int64_t count = std::clamp<int64_t>(parts, 1, std::max<int64_t>(units, 1));
  std::vector<Range> ranges;
  int64_t begin = 0;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t share = units / count + (i < units % count ? 1 : 0);
    const int64_t end = std::min(size, begin + share * multiple);
    if (end > begin) ranges.push_back({begin, end - begin});
    begin = end;
  }
  return ranges;
}

MatmulTiles::MatmulTiles(int64_t m, int64_t n, int64_t k, Cut prefer) : k_(k) {
  const int64_t flops = 2 * m * n * k;
  const int64_t parts = std::clamp<int64_t>(flops / kTileFlops, 1, kMaxTiles);
  const bool by_rows = prefer == Cut::kRows ? m / kRowMultiple >= parts || m >= n
                                            : n / kColumnMultiple < parts && n < m;
  if (by_rows) {
    for (const Range& rows : layers::Cut(m, parts, kRowMultiple)) tiles_.push_back({rows, {0, n}});
  } else {
    for (const Range& columns : layers::Cut(n, parts, kColumnMultiple))
      tiles_.push_back({{0, m}, columns});
  }
}

absl::Status MatmulTiles::Emit(PlanBuilder& plan, int first_tile, const Matrix& a, const Matrix& b,
                               const Matrix& c, const std::optional<BufferRef>& bias) const {
  constexpr int64_t kFloatBytes = sizeof(float);
  const int64_t a_bytes = onednn::BytesOf(a.type);
  const int64_t b_bytes = onednn::BytesOf(b.type);
  const int64_t c_bytes = onednn::BytesOf(c.type);
  for (size_t i = 0; i < tiles_.size(); ++i) {
    const auto& [rows, columns] = tiles_[i];
    const onednn::Layout source =
        onednn::Strided({rows.count, k_}, {a.row_stride, a.column_stride}, a.type);
    const onednn::Layout weights =
        onednn::Strided({k_, columns.count}, {b.row_stride, b.column_stride}, b.type);
    const onednn::Layout destination =
        onednn::Strided({rows.count, columns.count}, {c.row_stride, c.column_stride}, c.type);
    ASSIGN_OR_RETURN(const onednn::Primitive matmul,
                     onednn::Matmul(source, weights, destination, bias.has_value()));
    std::vector<Operand> operands = {
        {DNNL_ARG_SRC, a.ref.At(rows.begin * a.row_stride * a_bytes), source},
        {DNNL_ARG_WEIGHTS, b.ref.At(columns.begin * b.column_stride * b_bytes), weights},
        {DNNL_ARG_DST,
         c.ref.At((rows.begin * c.row_stride + columns.begin * c.column_stride) * c_bytes),
         destination}};
    if (bias) {
      operands.push_back({DNNL_ARG_BIAS, bias->At(columns.begin * kFloatBytes),
                          onednn::Plain({1, columns.count})});
    }
    RETURN_IF_ERROR(plan.AddToTile(first_tile + static_cast<int>(i), matmul, std::move(operands)));
  }
  return absl::OkStatus();
}

}  // namespace trainyard::layers
