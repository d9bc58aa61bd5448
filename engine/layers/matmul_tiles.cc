#include "engine/layers/matmul_tiles.h"

#include <algorithm>

#include "engine/base/status.h"
#include "engine/layers/gemm.h"

namespace trainyard::layers {
namespace {

// Below this a tile is not worth a dispatch to another thread (about 20 us of one core).
constexpr int64_t kTileFlops = 2'000'000;
constexpr int64_t kMaxTiles = 8;
constexpr int64_t kColumnMultiple = 16;  // a vector register of floats
constexpr int64_t kRowMultiple = gemm::kPackedTogether;
constexpr int64_t kFloatBytes = sizeof(float);
// Elements that are packed in one tile.
constexpr int64_t kPackElements = 1 << 16;

gemm::Operand OperandOf(const Matrix& matrix, const void* data, bool transposed) {
  return {data, transposed ? matrix.column_stride : matrix.row_stride, transposed, matrix.type,
          matrix.packed};
}

constexpr char kPackName[] = "pack";

Matrix NewPacked(PlanBuilder& plan, int64_t count, int64_t k) {
  return {plan.NewBuffer(gemm::PackedBytes(count, k)), 0, 0, onednn::Type::kBfloat16,
          /*packed=*/true};
}

using PackFunction = void (*)(const gemm::Operand&, int64_t k, const gemm::Rectangle& part,
                              void* packed);

// `count` rows or columns of `side`, in tiles that are each contiguous in memory.
std::vector<Kernel> PackKernels(const Matrix& side, const Matrix& packed, int64_t count, int64_t k,
                                PackFunction pack) {
  const int64_t parts = std::clamp<int64_t>(count * k / kPackElements, 1, kMaxTiles);
  const bool transposed = side.column_stride != 1;
  const bool by_depth = transposed == (pack == gemm::PackLeft);
  std::vector<Kernel> kernels;
  for (const Range& range :
       by_depth ? Cut(k, parts, gemm::kPackedDepth) : Cut(count, parts, gemm::kPackedTogether)) {
    const gemm::Rectangle part = by_depth ? gemm::Rectangle{0, count, range.begin, range.count}
                                          : gemm::Rectangle{range.begin, range.count, 0, k};
    kernels.push_back([=](const StepContext&, const Memory& memory) {
      pack(OperandOf(side, memory.Address(side.ref), transposed), k, part,
           memory.Address(packed.ref));
    });
  }
  return kernels;
}

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

MatmulTiles::MatmulTiles(int64_t m, int64_t n, int64_t k, onednn::Type products, Cut prefer)
    : m_(m), n_(n), k_(k), products_(products) {
  const int64_t flops = 2 * m * n * k;
  const int64_t parts = std::clamp<int64_t>(flops / kTileFlops, 1, kMaxTiles);
  const bool by_rows = prefer == Cut::kRows ? m / kRowMultiple >= parts || m >= n
                                            : n / kColumnMultiple < parts && n < m;
  // A tile of few rows spends its time on fetching b.
  constexpr int64_t kLeastRows = 128;
  int64_t row_parts = by_rows ? parts : 1;
  while (row_parts % 2 == 0 && m / row_parts < kLeastRows) row_parts /= 2;
  for (const Range& rows : layers::Cut(m, row_parts, kRowMultiple)) {
    for (const Range& columns : layers::Cut(n, parts / row_parts, kColumnMultiple))
      tiles_.push_back({rows, columns});
  }
}

bool MatmulTiles::Owned(onednn::Type products) { return gemm::Supported(products); }

Matrix MatmulTiles::ReadyLeft(PlanBuilder& plan, const Matrix& a) const {
  const bool shared = tiles_.front().columns.count < n_;
  return shared ? Pack(plan, a, m_, gemm::PackLeft) : a;
}

Matrix MatmulTiles::ReadyRight(PlanBuilder& plan, const Matrix& b) const {
  const bool shared = tiles_.front().rows.count < m_;
  return shared ? Pack(plan, b, n_, gemm::PackRight) : b;
}

Matrix MatmulTiles::Pack(PlanBuilder& plan, const Matrix& side, int64_t count,
                         PackFunction pack) const {
  if (!gemm::PacksAhead(products_)) return side;
  const Matrix packed = NewPacked(plan, count, k_);
  const std::vector<Kernel> kernels = PackKernels(side, packed, count, k_, pack);
  plan.BeginStage(kPackName, static_cast<int>(kernels.size()));
  for (size_t i = 0; i < kernels.size(); ++i)
    plan.AddToTile(static_cast<int>(i), {side.ref, packed.ref}, kernels[i]);
  return packed;
}

Matrix PackWeight(PlanBuilder& plan, const Matrix& b, int64_t n, int64_t k) {
  const Matrix packed = NewPacked(plan, n, k);
  plan.AddStageBefore(kPackName, {b.ref, packed.ref},
                      PackKernels(b, packed, n, k, gemm::PackRight));
  return packed;
}

absl::Status MatmulTiles::Emit(PlanBuilder& plan, int first_tile, const Matrix& a, const Matrix& b,
                               const Matrix& c, const std::optional<BufferRef>& bias) const {
  int tile = first_tile;
  for (const Tile& cut : tiles_) {
    if (Owned(products_)) {
      EmitKernel(plan, tile, a, b, c, cut, bias);
    } else {
      RETURN_IF_ERROR(EmitPrimitive(plan, tile, a, b, c, cut, bias));
    }
    ++tile;
  }
  return absl::OkStatus();
}

void MatmulTiles::EmitKernel(PlanBuilder& plan, int tile, const Matrix& a, const Matrix& b,
                             const Matrix& c, const Tile& cut,
                             const std::optional<BufferRef>& bias) const {
  const BufferRef left =
      a.ref.At(a.packed ? gemm::PackedBytes(cut.rows.begin, k_)
                        : cut.rows.begin * a.row_stride * onednn::BytesOf(a.type));
  const BufferRef right = b.ref.At(b.packed ? gemm::PackedBytes(cut.columns.begin, k_)
                                            : cut.columns.begin * b.column_stride * kFloatBytes);
  const BufferRef result =
      c.ref.At((cut.rows.begin * c.row_stride + cut.columns.begin) * kFloatBytes);
  std::optional<BufferRef> bias_part;
  if (bias) bias_part = bias->At(cut.columns.begin * kFloatBytes);
  const BufferRef scratch = plan.Scratch(gemm::ScratchBytes());
  plan.AddToTile(tile, {left, right, result},
                 [=, k = k_, products = products_, rows = cut.rows.count,
                  columns = cut.columns.count](const StepContext&, const Memory& memory) {
                   gemm::Multiply(
                       rows, columns, k, products,
                       OperandOf(a, memory.Address(left), /*transposed=*/a.column_stride != 1),
                       OperandOf(b, memory.Address(right), /*transposed=*/b.column_stride != 1),
                       {memory.Get<float>(result), c.row_stride,
                        bias_part ? memory.Get<float>(*bias_part) : nullptr},
                       memory.Address(scratch));
                 });
}

absl::Status MatmulTiles::EmitPrimitive(PlanBuilder& plan, int tile, const Matrix& a,
                                        const Matrix& b, const Matrix& c, const Tile& cut,
                                        const std::optional<BufferRef>& bias) const {
  const int64_t bytes = onednn::BytesOf(products_);
  const auto& [rows, columns] = cut;
  const onednn::Layout source =
      onednn::Strided({rows.count, k_}, {a.row_stride, a.column_stride}, products_);
  const onednn::Layout weights =
      onednn::Strided({k_, columns.count}, {b.row_stride, b.column_stride}, products_);
  const onednn::Layout destination =
      onednn::Strided({rows.count, columns.count}, {c.row_stride, c.column_stride});
  ASSIGN_OR_RETURN(const onednn::Primitive matmul,
                   onednn::Matmul(source, weights, destination, bias.has_value()));
  std::vector<Operand> operands = {
      {DNNL_ARG_SRC, a.ref.At(rows.begin * a.row_stride * bytes), source},
      {DNNL_ARG_WEIGHTS, b.ref.At(columns.begin * b.column_stride * bytes), weights},
      {DNNL_ARG_DST,
       c.ref.At((rows.begin * c.row_stride + columns.begin * c.column_stride) * kFloatBytes),
       destination}};
  if (bias) {
    operands.push_back(
        {DNNL_ARG_BIAS, bias->At(columns.begin * kFloatBytes), onednn::Plain({1, columns.count})});
  }
  return plan.AddToTile(tile, matmul, std::move(operands));
}

}  // namespace trainyard::layers
