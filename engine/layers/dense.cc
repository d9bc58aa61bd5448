// Fully connected layer. Source: any textbook; PyTorch's Linear has the same meaning and weight
// shape.
#include <algorithm>

#include "engine/base/saturated.h"
#include "engine/base/status.h"
#include "engine/graph/plan_builder.h"
#include "engine/layers/matmul_tiles.h"

namespace trainyard::layers {
namespace {

constexpr int64_t kMaxUnits = 1 << 24;
constexpr int kWeight = 0;
constexpr int kBias = 1;

class Dense final : public Layer {
 public:
  explicit Dense(const Params& params) : units_(params.Int("units")), bias_(params.Bool("bias")) {
    if (params.Has("initializer")) {
      initializer_ = params.Comp("initializer");
      initializer_path_ = params.PathOf("initializer");
    }
  }

  absl::StatusOr<Shape> OutputShape(absl::Span<const Shape> inputs) const override {
    if (inputs[0].rank() != 1) {
      return absl::InvalidArgumentError("dense takes [features], got " + inputs[0].ToString() +
                                        "; put a flatten or global_avg_pool layer before it");
    }
    return Shape{units_};
  }

  std::vector<ParameterSpec> Parameters(absl::Span<const Shape> inputs) const override {
    const int64_t features = inputs[0][0];
    ParameterSpec weight;
    weight.name = "weight";
    weight.shape = Shape{units_, features};
    weight.fans = {features, units_};
    weight.initializer = initializer_;
    weight.initializer_path = initializer_path_;
    std::vector<ParameterSpec> specs = {weight};
    if (bias_) {
      ParameterSpec bias;
      bias.name = "bias";
      bias.shape = Shape{units_};
      bias.fill = ParameterSpec::Fill::kZeros;
      bias.decay = false;
      specs.push_back(bias);
    }
    return specs;
  }

  int64_t ForwardFlops(absl::Span<const Shape> inputs) const override {
    return MultiplySaturated(2, Shape{inputs[0][0], units_}.elements());
  }

  // Weights lie as [features, units], the faster order of the forward product for small batches.
  absl::StatusOr<Value> Emit(PlanBuilder& plan, absl::Span<const Value> inputs) const override {
    const Value input = inputs[0];
    const int64_t features = plan.shape(input)[0];
    const int64_t batch = plan.batch();
    const onednn::Type type = plan.compute_type();
    ASSIGN_OR_RETURN(
        const View source,
        plan.InLayout(plan.ViewOf(input), onednn::Plain({plan.largest_group(), features}, type)));
    const int weight_index = plan.parameter(kWeight);
    RETURN_IF_ERROR(
        plan.Weight(weight_index, onednn::Strided({units_, features}, {1, units_})).status());
    ASSIGN_OR_RETURN(
        const BufferRef weight,
        plan.Weight(weight_index, onednn::Strided({units_, features}, {1, units_}, type)));
    std::optional<BufferRef> bias;
    if (bias_) {
      ASSIGN_OR_RETURN(bias, plan.Weight(plan.parameter(kBias), onednn::Plain({units_})));
    }
    const Value output =
        plan.NewValue(Shape{units_}, onednn::Plain({plan.largest_group(), units_}));
    const Matrix x = {source.ref, features, 1, type};
    const Matrix w = {weight, units_, 1, type};
    const MatmulTiles tiles(batch, units_, features);
    plan.BeginStage("dense", tiles.count());
    RETURN_IF_ERROR(tiles.Emit(plan, 0, x, w, {plan.ViewOf(output).ref, units_, 1}, bias));

    plan.OnBackward([=, *this](PlanBuilder& plan) -> absl::Status {
      ASSIGN_OR_RETURN(const View given, plan.GradientOf(output));
      const onednn::Dims dims = {plan.largest_group(), units_};
      ASSIGN_OR_RETURN(const View exact, plan.InLayout(given, onednn::Plain(dims)));
      ASSIGN_OR_RETURN(const View gradient, plan.InLayout(exact, onednn::Plain(dims, type)));
      const MatmulTiles weight_tiles(features, units_, batch);
      const MatmulTiles data_tiles(batch, features, units_);
      const View input_gradient =
          plan.input_gradient() ? plan.NewView(onednn::Plain({plan.largest_group(), features}))
                                : View();
      plan.BeginStage("dense backward", weight_tiles.count() + (bias_ ? 1 : 0) +
                                            (plan.input_gradient() ? data_tiles.count() : 0));
      int tile = 0;
      if (plan.input_gradient()) {
        RETURN_IF_ERROR(data_tiles.Emit(plan, tile, {gradient.ref, units_, 1, type},
                                        {weight, 1, units_, type},
                                        {input_gradient.ref, features, 1}));
        tile += data_tiles.count();
        plan.AddGradient(input, input_gradient);
      }
      RETURN_IF_ERROR(weight_tiles.Emit(plan, tile, {source.ref, 1, features, type},
                                        {gradient.ref, units_, 1, type},
                                        {plan.Gradient(plan.parameter(kWeight)), units_, 1}));
      tile += weight_tiles.count();
      if (bias_) EmitBiasGradient(plan, tile, exact.ref);
      return absl::OkStatus();
    });
    return output;
  }

 private:
  void EmitBiasGradient(PlanBuilder& plan, int tile, const BufferRef& gradient) const {
    const BufferRef target = plan.Gradient(plan.parameter(kBias));
    const int64_t rows = plan.batch();
    const int64_t columns = units_;
    plan.AddToTile(tile, {gradient}, [=](const StepContext&, const Memory& memory) {
      const float* from = memory.Get<float>(gradient);
      float* const to = memory.Get<float>(target);
      std::copy(from, from + columns, to);
      for (int64_t row = 1; row < rows; ++row) {
        from += columns;
        for (int64_t column = 0; column < columns; ++column) to[column] += from[column];
      }
    });
  }

  int64_t units_;
  bool bias_;
  std::optional<RawComponent> initializer_;
  std::string initializer_path_;
};

}  // namespace

CatalogEntry<Layer> DenseEntry() {
  return {Schema("dense",
                 "Fully connected layer, output = weight x input + bias. Input [features], output "
                 "[units].")
              .Add(Integer("units", "Number of outputs.").Required().AtLeast(1).AtMost(kMaxUnits))
              .Add(Boolean("bias", "Adds a learned bias.").Default(true))
              .Add(ComponentParam("initializer", "initializer",
                                  "Of the weight; where absent the model's default."))
              .Example("{type: dense, units: 128}"),
          [](const Params& params, Violations&) { return std::make_unique<Dense>(params); }};
}

}  // namespace trainyard::layers
