// Embedding: a learned vector for each id (Bengio et al. 2003); PyTorch's Embedding has the same
// meaning and weight shape.
#include <algorithm>

#include "engine/base/status.h"
#include "engine/graph/plan_builder.h"
#include "engine/layers/matmul_tiles.h"

namespace trainyard::layers {
namespace {

constexpr int64_t kMostIds = 1 << 24;  // ids come as float32, which is exact up to here
constexpr int64_t kMostFeatures = 1 << 20;
constexpr double kDeviation = 0.02;

// The row of the weight for an id as data bring it. Sources and the compiler have proven that ids
// are below the vocabulary; whatever else a feed brings reads row 0, and never out of bounds.
int64_t RowOf(float id, int64_t vocabulary) {
  return id >= 0 && id < static_cast<float>(vocabulary) ? static_cast<int64_t>(id) : 0;
}

class Embedding final : public Layer {
 public:
  explicit Embedding(const Params& params)
      : vocabulary_(params.Int("vocabulary")), features_(params.Int("features")) {
    initializer_ = {"normal", {{"stddev", {kDeviation}}}};
    if (params.Has("initializer")) initializer_ = params.Comp("initializer");
    initializer_path_ = params.PathOf("initializer");
  }

  int64_t vocabulary() const override { return vocabulary_; }

  absl::StatusOr<Shape> OutputShape(absl::Span<const Shape> inputs) const override {
    if (inputs[0].rank() != 1) {
      return absl::InvalidArgumentError("embedding takes ids of shape [positions], got " +
                                        inputs[0].ToString());
    }
    return Shape{inputs[0][0], features_};
  }

  std::vector<ParameterSpec> Parameters(absl::Span<const Shape>) const override {
    ParameterSpec weight;
    weight.name = "weight";
    weight.shape = Shape{vocabulary_, features_};
    weight.fans = {vocabulary_, features_};
    weight.initializer = initializer_;
    weight.initializer_path = initializer_path_;
    return {weight};
  }

  absl::StatusOr<Value> Emit(PlanBuilder& plan, absl::Span<const Value> inputs) const override {
    const int64_t vocabulary = vocabulary_;
    const int64_t features = features_;
    const int64_t positions = plan.shape(inputs[0])[0];
    const View ids = plan.ViewOf(inputs[0]);
    ASSIGN_OR_RETURN(const BufferRef weight,
                     plan.Weight(plan.parameter(0), onednn::Plain({vocabulary, features})));
    const Shape shape = {positions, features};
    const onednn::Layout layout = onednn::Plain(BatchDims(plan.largest_group(), shape));
    const Value output = plan.NewValue(shape, layout);
    for (const Group& group : plan.groups()) {
      const BufferRef x = plan.At(ids, group);
      const BufferRef y = plan.At(plan.ViewOf(output), group);
      const int64_t rows = group.count * positions;
      plan.AddToGroup("embedding", group, {x, y}, [=](const StepContext&, const Memory& memory) {
        const float* const id = memory.Get<float>(x);
        const float* const from = memory.Get<float>(weight);
        float* to = memory.Get<float>(y);
        for (int64_t row = 0; row < rows; ++row, to += features)
          std::copy_n(from + RowOf(id[row], vocabulary) * features, features, to);
      });
    }
    plan.OnBackward([=](PlanBuilder& plan) -> absl::Status {
      ASSIGN_OR_RETURN(const View given, plan.GradientOf(output));
      ASSIGN_OR_RETURN(const View gradient, plan.InLayout(given, layout));
      EmitWeightGradient(plan, ids.ref, gradient.ref, plan.batch() * positions, vocabulary,
                         features);
      return absl::OkStatus();
    });
    return output;
  }

 private:
  // Rows that share an id are added up in their order: tiles are cut by columns.
  static void EmitWeightGradient(PlanBuilder& plan, const BufferRef& ids, const BufferRef& gradient,
                                 int64_t rows, int64_t vocabulary, int64_t features) {
    constexpr int64_t kMostTiles = 8;
    constexpr int64_t kColumnMultiple = 16;
    const BufferRef target = plan.Gradient(plan.parameter(0));
    const std::vector<Range> tiles = Cut(features, kMostTiles, kColumnMultiple);
    plan.BeginStage("embedding backward", static_cast<int>(tiles.size()));
    for (size_t tile = 0; tile < tiles.size(); ++tile) {
      const Range range = tiles[tile];
      plan.AddToTile(static_cast<int>(tile), {ids, gradient},
                     [=](const StepContext&, const Memory& memory) {
                       const float* const id = memory.Get<float>(ids);
                       const float* from = memory.Get<float>(gradient) + range.begin;
                       float* const to = memory.Get<float>(target) + range.begin;
                       for (int64_t row = 0; row < vocabulary; ++row)
                         std::fill_n(to + row * features, range.count, 0.0f);
                       for (int64_t row = 0; row < rows; ++row, from += features) {
                         float* const sum = to + RowOf(id[row], vocabulary) * features;
                         for (int64_t i = 0; i < range.count; ++i) sum[i] += from[i];
                       }
                     });
    }
  }

  int64_t vocabulary_;
  int64_t features_;
  RawComponent initializer_;
  std::string initializer_path_;
};

}  // namespace

CatalogEntry<Layer> EmbeddingEntry() {
  return {Schema("embedding",
                 "A learned vector for each id of a sequence. Input the data, ids [positions], "
                 "output [positions, features].")
              .Add(Integer("vocabulary", "Ids that there are, counted from 0.")
                       .Required()
                       .AtLeast(1)
                       .AtMost(kMostIds))
              .Add(Integer("features", "Length of a vector.")
                       .Required()
                       .AtLeast(1)
                       .AtMost(kMostFeatures))
              .Add(ComponentParam("initializer", "initializer",
                                  "Where absent normal with a standard deviation of 0.02."))
              .Example("{type: embedding, vocabulary: 128, features: 64}"),
          [](const Params& params, Violations&) { return std::make_unique<Embedding>(params); }};
}

}  // namespace trainyard::layers
