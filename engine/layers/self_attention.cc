// Multi-head self-attention (Vaswani et al. 2017) with its projections; PyTorch's
// MultiheadAttention of a batch-first sequence with itself has the same meaning and weight shapes.
//
// The projection gives [positions, 3 * features]: queries, keys and values, each a slice of
// features / heads columns a head, which the products read in place. A (sample, head) pair is
// worked off in blocks of query rows, whose scores stay in cache: softmax((Q K^T) / sqrt(size)) V,
// where a causal block computes no score beyond its last row. The pass forward keeps two numbers a
// row, from which the backward one makes the same probabilities again (Dao et al. 2022 do so too).
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/saturated.h"
#include "engine/base/status.h"
#include "engine/graph/plan_builder.h"
#include "engine/layers/gemm.h"
#include "engine/layers/linear.h"
#include "engine/layers/matmul_tiles.h"
#include "engine/layers/rows.h"

namespace trainyard::layers {
namespace {

constexpr int64_t kMostHeads = 1024;
constexpr int64_t kMostPositions = 1 << 16;
// Query rows of a block: enough for products at full speed, few enough that little is computed
// above the diagonal.
constexpr int64_t kBlockRows = 64;
constexpr int64_t kMostTiles = 16;
constexpr int64_t kFloatBytes = sizeof(float);
constexpr int64_t kSumsBytes = sizeof(SoftmaxSums);
constexpr int kInputWeight = 0;

struct AttentionShape {
  int64_t positions = 0;
  int64_t features = 0;
  int64_t heads = 0;
  bool causal = true;
  onednn::Type products = onednn::Type::kFloat32;

  int64_t head_size() const { return features / heads; }
  int64_t row() const { return 3 * features; }  // of the projection
  float scale() const {
    return static_cast<float>(1 / std::sqrt(static_cast<double>(head_size())));
  }

  // Rows from `first` on.
  SoftmaxBlock Block(int64_t first) const {
    SoftmaxBlock block;
    block.rows = std::min(kBlockRows, positions - first);
    block.columns = causal ? first + block.rows : positions;
    block.first_width = causal ? first + 1 : positions;
    block.step = causal ? 1 : 0;
    return block;
  }
};

// c [m, n] = scale * a [m, k] * b [k, n] (+ c where `keep`), by kernels of ours where there are
// some.
class Products {
 public:
  Products(onednn::Type type, void* scratch) : type_(type), scratch_(scratch) {}

  void Multiply(int64_t m, int64_t n, int64_t k, float scale, const onednn::GemmOperand& a,
                const onednn::GemmOperand& b, bool keep, float* c, int64_t c_stride) const {
    if (gemm::Supported(type_)) {
      gemm::Multiply(m, n, k, type_, {a.data, a.stride, a.transposed},
                     {b.data, b.stride, b.transposed}, {c, c_stride, nullptr, scale, keep},
                     scratch_);
    } else {
      onednn::Gemm(m, n, k, scale, a, b, keep ? 1.0f : 0.0f, c, c_stride);
    }
  }

 private:
  onednn::Type type_;
  void* scratch_;  // gemm::ScratchBytes()
};

// Where the matrices of one (sample, head) begin: rows of `row()`, of `features` for the context.
struct Pair {
  const float* queries;
  const float* keys;
  const float* values;
  SoftmaxSums* sums;  // [positions]
};

void Scores(const Products& products, const AttentionShape& shape, const Pair& pair, int64_t first,
            const SoftmaxBlock& block, float* scores) {
  const int64_t row = shape.row();
  products.Multiply(block.rows, block.columns, shape.head_size(), shape.scale(),
                    {pair.queries + first * row, row, false}, {pair.keys, row, true}, false, scores,
                    block.columns);
}

// context [positions, head size] in rows of `features`; `scores`: scratch of a block.
void Attend(const Products& products, const AttentionShape& shape, const Pair& pair, float* scores,
            float* context) {
  for (int64_t first = 0; first < shape.positions; first += kBlockRows) {
    const SoftmaxBlock block = shape.Block(first);
    Scores(products, shape, pair, first, block, scores);
    SoftmaxRows(block, scores, pair.sums + first);
    products.Multiply(block.rows, shape.head_size(), block.columns, 1,
                      {scores, block.columns, false}, {pair.values, shape.row(), false}, false,
                      context + first * shape.features, shape.features);
  }
}

// From the gradient by the context, those by queries, keys and values. Blocks go from the last to
// the first: the last one meets all keys, and the others add to what it wrote.
void AttendBackward(const Products& products, const AttentionShape& shape, const Pair& pair,
                    const float* by_context, float* probabilities, float* by_scores,
                    float* by_queries, float* by_keys, float* by_values) {
  const int64_t size = shape.head_size();
  const int64_t row = shape.row();
  const int64_t blocks = (shape.positions + kBlockRows - 1) / kBlockRows;
  for (int64_t index = blocks; index-- > 0;) {
    const int64_t first = index * kBlockRows;
    const SoftmaxBlock block = shape.Block(first);
    const int64_t columns = block.columns;
    const bool keep = index + 1 != blocks;
    const float* const slope = by_context + first * shape.features;
    Scores(products, shape, pair, first, block, probabilities);
    SoftmaxRowsAgain(block, pair.sums + first, probabilities);
    products.Multiply(columns, size, block.rows, 1, {probabilities, columns, true},
                      {slope, shape.features, false}, keep, by_values, row);
    products.Multiply(block.rows, columns, size, 1, {slope, shape.features, false},
                      {pair.values, row, true}, false, by_scores, columns);
    SoftmaxRowsBackward(block, probabilities, by_scores);
    products.Multiply(block.rows, size, columns, shape.scale(), {by_scores, columns, false},
                      {pair.keys, row, false}, false, by_queries + first * row, row);
    products.Multiply(columns, size, block.rows, shape.scale(), {by_scores, columns, true},
                      {pair.queries + first * row, row, false}, keep, by_keys, row);
  }
}

class SelfAttention final : public Layer {
 public:
  explicit SelfAttention(const Params& params)
      : heads_(params.Int("heads")), causal_(params.Bool("causal")), bias_(params.Bool("bias")) {
    if (params.Has("initializer")) {
      initializer_ = params.Comp("initializer");
      initializer_path_ = params.PathOf("initializer");
    }
  }

  absl::StatusOr<Shape> OutputShape(absl::Span<const Shape> inputs) const override {
    const Shape& input = inputs[0];
    if (input.rank() != 2) {
      return absl::InvalidArgumentError("self_attention takes [positions, features], got " +
                                        input.ToString());
    }
    if (input[0] > kMostPositions) {
      return absl::InvalidArgumentError(absl::StrCat(
          "self_attention takes at most ", kMostPositions, " positions, got ", input.ToString()));
    }
    if (input[1] % heads_ != 0) {
      return absl::InvalidArgumentError(absl::StrCat("heads: ", heads_, " do not divide the ",
                                                     input[1], " features of its input"));
    }
    return input;
  }

  std::vector<ParameterSpec> Parameters(absl::Span<const Shape> inputs) const override {
    const int64_t features = inputs[0][1];
    std::vector<ParameterSpec> specs;
    const auto add = [&](const char* weight_name, const char* bias_name, int64_t units) {
      ParameterSpec weight;
      weight.name = weight_name;
      weight.shape = Shape{units, features};
      weight.fans = {features, units};
      weight.initializer = initializer_;
      weight.initializer_path = initializer_path_;
      specs.push_back(weight);
      if (!bias_) return;
      ParameterSpec bias;
      bias.name = bias_name;
      bias.shape = Shape{units};
      bias.fill = ParameterSpec::Fill::kZeros;
      bias.decay = false;
      specs.push_back(bias);
    };
    add("in_weight", "in_bias", 3 * features);
    add("out_weight", "out_bias", features);
    return specs;
  }

  // Two products for each pair of a query and a key that it may see: the upper half of a causal
  // attention does not count, though blocks compute a little of it.
  int64_t ForwardFlops(absl::Span<const Shape> inputs) const override {
    const int64_t positions = inputs[0][0];
    const int64_t features = inputs[0][1];
    const int64_t pairs = causal_ ? positions * (positions + 1) / 2 : positions * positions;
    const int64_t projections =
        MultiplySaturated(8, MultiplySaturated(positions, Shape{features, features}.elements()));
    return AddSaturated(projections, MultiplySaturated(4, MultiplySaturated(pairs, features)));
  }

  // Projections and context, in training with their gradients; the sums; the blocks of the tiles.
  int64_t InnerElements(absl::Span<const Shape> inputs, int64_t batch,
                        bool training) const override {
    const int64_t copies = training ? 2 : 1;
    const int64_t positions = inputs[0][0];
    const int64_t pairs = MultiplySaturated(batch, heads_);
    const int64_t rows =
        MultiplySaturated(4 * copies, MultiplySaturated(batch, inputs[0].elements()));
    const int64_t sums = MultiplySaturated(pairs, positions * (kSumsBytes / kFloatBytes));
    const int64_t blocks = std::min(pairs, kMostTiles) * copies * kBlockRows * positions;
    return AddSaturated(rows, AddSaturated(sums, blocks));
  }

  int64_t ScratchElements(absl::Span<const Shape> inputs, int64_t batch) const override {
    return LinearScratchElements();
  }

  absl::StatusOr<Value> Emit(PlanBuilder& plan, absl::Span<const Value> inputs) const override {
    const Value input = inputs[0];
    const Shape shape = plan.shape(input);
    const AttentionShape attention = {shape[0], shape[1], heads_, causal_, plan.compute_type()};
    const int64_t rows = plan.batch() * attention.positions;
    const int64_t features = attention.features;
    const onednn::Layout layout = onednn::Plain(BatchDims(plan.largest_group(), shape));
    ASSIGN_OR_RETURN(const View source, plan.InLayout(plan.ViewOf(input), layout));
    const int out_weight = kInputWeight + (bias_ ? 2 : 1);
    ASSIGN_OR_RETURN(const Linear in,
                     Linear::Create(plan, rows, features, 3 * features, kInputWeight, bias_));
    ASSIGN_OR_RETURN(const Linear out,
                     Linear::Create(plan, rows, features, features, out_weight, bias_));
    const BufferRef projected = plan.NewBuffer(rows * attention.row() * kFloatBytes);
    const View context = plan.NewView(layout);
    const BufferRef sums = plan.NewBuffer(rows * heads_ * kSumsBytes);
    RETURN_IF_ERROR(in.EmitForward(plan, "attention in", source, projected));
    EmitAttend(plan, attention, projected, sums, context.ref);
    const Value output = plan.NewValue(shape, layout);
    RETURN_IF_ERROR(out.EmitForward(plan, "attention out", context, plan.ViewOf(output).ref));

    plan.OnBackward([=](PlanBuilder& plan) -> absl::Status {
      ASSIGN_OR_RETURN(const View given, plan.GradientOf(output));
      ASSIGN_OR_RETURN(const View gradient, plan.InLayout(given, layout));
      const BufferRef by_context = plan.NewBuffer(rows * features * kFloatBytes);
      const View by_projected =
          plan.NewView(onednn::Plain({plan.largest_group(), attention.positions, attention.row()}));
      RETURN_IF_ERROR(
          out.EmitBackward(plan, "attention out backward", context, gradient, by_context));
      EmitAttendBackward(plan, attention, projected, sums, by_context, by_projected.ref);
      std::optional<BufferRef> by_source;
      if (plan.input_gradient()) {
        const View to = plan.NewView(layout);
        plan.AddGradient(input, to);
        by_source = to.ref;
      }
      return in.EmitBackward(plan, "attention in backward", source, by_projected, by_source);
    });
    return output;
  }

 private:
  // Tiles of (sample, head) pairs: a function of the model and the batch only.
  static std::vector<Range> Tiles(const PlanBuilder& plan, const AttentionShape& shape) {
    return Cut(plan.batch() * shape.heads, kMostTiles, 1);
  }

  // Offsets in elements of pair number `index`.
  struct Place {
    int64_t projected;  // of its queries; keys and values follow at features and 2 * features
    int64_t context;
    int64_t sums;
  };
  static Place PlaceOf(const AttentionShape& shape, int64_t index) {
    const int64_t sample = index / shape.heads;
    const int64_t column = index % shape.heads * shape.head_size();
    const int64_t row = sample * shape.positions;
    return {row * shape.row() + column, row * shape.features + column, index * shape.positions};
  }
  static Pair At(const AttentionShape& shape, const Place& place, const float* projected,
                 SoftmaxSums* sums) {
    const float* const queries = projected + place.projected;
    return {queries, queries + shape.features, queries + 2 * shape.features, sums + place.sums};
  }

  static void EmitAttend(PlanBuilder& plan, const AttentionShape& shape, const BufferRef& projected,
                         const BufferRef& sums, const BufferRef& context) {
    const std::vector<Range> tiles = Tiles(plan, shape);
    const BufferRef products = plan.Scratch(gemm::ScratchBytes());
    plan.BeginStage("attention", static_cast<int>(tiles.size()));
    for (size_t tile = 0; tile < tiles.size(); ++tile) {
      const Range pairs = tiles[tile];
      const BufferRef scratch = NewBlock(plan, shape);
      plan.AddToTile(
          static_cast<int>(tile), {projected, sums, context, scratch},
          [=](const StepContext&, const Memory& memory) {
            for (int64_t i = pairs.begin; i < pairs.begin + pairs.count; ++i) {
              const Place place = PlaceOf(shape, i);
              Attend({shape.products, memory.Address(products)}, shape,
                     At(shape, place, memory.Get<float>(projected), memory.Get<SoftmaxSums>(sums)),
                     memory.Get<float>(scratch), memory.Get<float>(context) + place.context);
            }
          });
    }
  }

  static void EmitAttendBackward(PlanBuilder& plan, const AttentionShape& shape,
                                 const BufferRef& projected, const BufferRef& sums,
                                 const BufferRef& by_context, const BufferRef& by_projected) {
    const std::vector<Range> tiles = Tiles(plan, shape);
    const BufferRef products = plan.Scratch(gemm::ScratchBytes());
    plan.BeginStage("attention backward", static_cast<int>(tiles.size()));
    for (size_t tile = 0; tile < tiles.size(); ++tile) {
      const Range pairs = tiles[tile];
      const BufferRef probabilities = NewBlock(plan, shape);
      const BufferRef by_scores = NewBlock(plan, shape);
      plan.AddToTile(
          static_cast<int>(tile),
          {projected, sums, by_context, by_projected, probabilities, by_scores},
          [=](const StepContext&, const Memory& memory) {
            for (int64_t i = pairs.begin; i < pairs.begin + pairs.count; ++i) {
              const Place place = PlaceOf(shape, i);
              float* const by_queries = memory.Get<float>(by_projected) + place.projected;
              AttendBackward(
                  {shape.products, memory.Address(products)}, shape,
                  At(shape, place, memory.Get<float>(projected), memory.Get<SoftmaxSums>(sums)),
                  memory.Get<float>(by_context) + place.context, memory.Get<float>(probabilities),
                  memory.Get<float>(by_scores), by_queries, by_queries + shape.features,
                  by_queries + 2 * shape.features);
            }
          });
    }
  }

  static BufferRef NewBlock(PlanBuilder& plan, const AttentionShape& shape) {
    return plan.NewBuffer(std::min(kBlockRows, shape.positions) * shape.positions * kFloatBytes);
  }

  int64_t heads_;
  bool causal_;
  bool bias_;
  std::optional<RawComponent> initializer_;
  std::string initializer_path_;
};

}  // namespace

CatalogEntry<Layer> SelfAttentionEntry() {
  return {
      Schema("self_attention",
             "Multi-head attention of a sequence to itself, with projections before and after. "
             "Input and output [positions, features].")
          .Add(Integer("heads", "Number of heads; divides the features.")
                   .Required()
                   .AtLeast(1)
                   .AtMost(kMostHeads))
          .Add(Boolean("causal", "A position sees itself and those before it only.").Default(true))
          .Add(Boolean("bias", "Projections add a learned bias.").Default(true))
          .Add(ComponentParam("initializer", "initializer",
                              "Of both weights; where absent the model's default."))
          .Example("{type: self_attention, heads: 4}"),
      [](const Params& params, Violations&) { return std::make_unique<SelfAttention>(params); }};
}

}  // namespace trainyard::layers
