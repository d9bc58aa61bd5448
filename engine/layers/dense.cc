// Fully connected layer. Source: any textbook; PyTorch's Linear has the same meaning and weight
// shape.
#include "engine/base/saturated.h"
#include "engine/base/status.h"
#include "engine/graph/plan_builder.h"
#include "engine/layers/linear.h"

namespace trainyard::layers {
namespace {

constexpr int64_t kMaxUnits = 1 << 24;
constexpr int kWeight = 0;

class Dense final : public Layer {
 public:
  explicit Dense(const Params& params) : units_(params.Int("units")), bias_(params.Bool("bias")) {
    if (params.Has("initializer")) {
      initializer_ = params.Comp("initializer");
      initializer_path_ = params.PathOf("initializer");
    }
  }

  absl::StatusOr<Shape> OutputShape(absl::Span<const Shape> inputs) const override {
    if (inputs[0].rank() == 2) return Shape{inputs[0][0], units_};
    if (inputs[0].rank() == 1) return Shape{units_};
    return absl::InvalidArgumentError("dense takes [features] or [positions, features], got " +
                                      inputs[0].ToString() +
                                      "; put a flatten or global_avg_pool layer before it");
  }

  std::vector<ParameterSpec> Parameters(absl::Span<const Shape> inputs) const override {
    const int64_t features = Features(inputs[0]);
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
    return MultiplySaturated(2, MultiplySaturated(inputs[0].elements(), units_));
  }

  int64_t ScratchElements(absl::Span<const Shape> inputs, int64_t batch) const override {
    return LinearScratchElements();
  }

  absl::StatusOr<Value> Emit(PlanBuilder& plan, absl::Span<const Value> inputs) const override {
    const Value input = inputs[0];
    const Shape shape = plan.shape(input);
    const Shape output_shape = shape.rank() == 2 ? Shape{shape[0], units_} : Shape{units_};
    const onednn::Layout layout = onednn::Plain(BatchDims(plan.largest_group(), shape));
    const onednn::Layout output_layout =
        onednn::Plain(BatchDims(plan.largest_group(), output_shape));
    const int64_t features = Features(shape);
    ASSIGN_OR_RETURN(const Linear linear,
                     Linear::Create(plan, plan.batch() * shape.elements() / features, features,
                                    units_, kWeight, bias_));
    ASSIGN_OR_RETURN(const View source, plan.InLayout(plan.ViewOf(input), layout));
    const Value output = plan.NewValue(output_shape, output_layout);
    RETURN_IF_ERROR(linear.EmitForward(plan, "dense", source, plan.ViewOf(output).ref));
    plan.OnBackward([=](PlanBuilder& plan) -> absl::Status {
      ASSIGN_OR_RETURN(const View given, plan.GradientOf(output));
      ASSIGN_OR_RETURN(const View gradient, plan.InLayout(given, output_layout));
      std::optional<BufferRef> by_source;
      if (plan.input_gradient()) {
        const View to = plan.NewView(layout);
        plan.AddGradient(input, to);
        by_source = to.ref;
      }
      return linear.EmitBackward(plan, "dense backward", source, gradient, by_source);
    });
    return output;
  }

 private:
  static int64_t Features(const Shape& shape) { return shape[shape.rank() - 1]; }

  int64_t units_;
  bool bias_;
  std::optional<RawComponent> initializer_;
  std::string initializer_path_;
};

}  // namespace

CatalogEntry<Layer> DenseEntry() {
  return {Schema("dense",
                 "Fully connected layer, output = weight x input + bias. Input [features], output "
                 "[units]; or [positions, features] to [positions, units].")
              .Add(Integer("units", "Number of outputs.").Required().AtLeast(1).AtMost(kMaxUnits))
              .Add(Boolean("bias", "Adds a learned bias.").Default(true))
              .Add(ComponentParam("initializer", "initializer",
                                  "Of the weight; where absent the model's default."))
              .Example("{type: dense, units: 128}"),
          [](const Params& params, Violations&) { return std::make_unique<Dense>(params); }};
}

}  // namespace trainyard::layers
