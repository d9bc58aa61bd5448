// Layer normalisation (Ba et al. 2016) over the last axis; PyTorch's LayerNorm(features) has the
// same meaning.
#include <algorithm>

#include "engine/base/saturated.h"
#include "engine/base/status.h"
#include "engine/graph/plan_builder.h"
#include "engine/layers/rows.h"

namespace trainyard::layers {
namespace {

constexpr int kScale = 0;
constexpr int kShift = 1;
constexpr int64_t kFloatBytes = sizeof(float);
constexpr int64_t kSumsBytes = sizeof(NormSums);

class LayerNorm final : public Layer {
 public:
  explicit LayerNorm(double epsilon) : epsilon_(static_cast<float>(epsilon)) {}

  absl::StatusOr<Shape> OutputShape(absl::Span<const Shape> inputs) const override {
    if (inputs[0].rank() != 1 && inputs[0].rank() != 2) {
      return absl::InvalidArgumentError(
          "layer_norm takes [features] or [positions, features], got " + inputs[0].ToString());
    }
    return inputs[0];
  }

  std::vector<ParameterSpec> Parameters(absl::Span<const Shape> inputs) const override {
    using Fill = ParameterSpec::Fill;
    const auto make = [&](const char* name, Fill fill) {
      ParameterSpec spec;
      spec.name = name;
      spec.shape = Shape{Features(inputs[0])};
      spec.fill = fill;
      spec.decay = false;
      return spec;
    };
    return {make("scale", Fill::kOnes), make("shift", Fill::kZeros)};
  }

  int64_t InnerElements(absl::Span<const Shape> inputs, int64_t batch, bool) const override {
    const int64_t rows = MultiplySaturated(batch, inputs[0].elements() / Features(inputs[0]));
    return MultiplySaturated(rows, kSumsBytes / kFloatBytes);
  }

  absl::StatusOr<Value> Emit(PlanBuilder& plan, absl::Span<const Value> inputs) const override {
    const Value input = inputs[0];
    const Shape shape = plan.shape(input);
    const int64_t features = Features(shape);
    const int64_t positions = shape.elements() / features;
    const onednn::Layout layout = onednn::Plain(BatchDims(plan.largest_group(), shape));
    const onednn::Layout vector = onednn::Plain({features});
    ASSIGN_OR_RETURN(const View source, plan.InLayout(plan.ViewOf(input), layout));
    ASSIGN_OR_RETURN(const BufferRef scale, plan.Weight(plan.parameter(kScale), vector));
    ASSIGN_OR_RETURN(const BufferRef shift, plan.Weight(plan.parameter(kShift), vector));
    const Value output = plan.NewValue(shape, layout);
    const BufferRef sums = plan.NewBuffer(plan.batch() * positions * kSumsBytes);
    const float epsilon = epsilon_;
    for (const Group& group : plan.groups()) {
      const BufferRef x = plan.At(source, group);
      const BufferRef y = plan.At(plan.ViewOf(output), group);
      const BufferRef own = sums.At(group.begin * positions * kSumsBytes);
      plan.AddToGroup(
          "layer_norm", group, {x, y, own}, [=](const StepContext&, const Memory& memory) {
            NormalizeRows(group.count * positions, features, epsilon, memory.Get<float>(x),
                          memory.Get<float>(scale), memory.Get<float>(shift), memory.Get<float>(y),
                          memory.Get<NormSums>(own));
          });
    }
    plan.OnBackward([=](PlanBuilder& plan) -> absl::Status {
      ASSIGN_OR_RETURN(const View given, plan.GradientOf(output));
      ASSIGN_OR_RETURN(const View gradient, plan.InLayout(given, layout));
      return EmitBackward(plan, input, source, gradient, scale, sums, features, positions);
    });
    return output;
  }

 private:
  static int64_t Features(const Shape& shape) { return shape[shape.rank() - 1]; }

  // Each group leaves its part of the gradients of scale and shift; they are added up in the order
  // of the groups.
  static absl::Status EmitBackward(PlanBuilder& plan, Value input, const View& source,
                                   const View& gradient, const BufferRef& scale,
                                   const BufferRef& sums, int64_t features, int64_t positions) {
    const int64_t groups = static_cast<int64_t>(plan.groups().size());
    const BufferRef scale_parts = plan.NewBuffer(groups * features * kFloatBytes);
    const BufferRef shift_parts = plan.NewBuffer(groups * features * kFloatBytes);
    const bool wanted = plan.input_gradient();
    const View to = wanted ? plan.NewView(source.layout) : View();
    for (const Group& group : plan.groups()) {
      const BufferRef x = plan.At(source, group);
      const BufferRef dy = plan.At(gradient, group);
      const BufferRef dx = wanted ? plan.At(to, group) : BufferRef();
      const BufferRef own = sums.At(group.begin * positions * kSumsBytes);
      const int64_t place = group.index * features * kFloatBytes;
      std::vector<BufferRef> uses = {x, dy, own, scale_parts, shift_parts};
      if (wanted) uses.push_back(dx);
      plan.AddToGroup(
          "layer_norm backward", group, uses, [=](const StepContext&, const Memory& memory) {
            float* const scale_gradient = memory.Get<float>(scale_parts.At(place));
            float* const shift_gradient = memory.Get<float>(shift_parts.At(place));
            std::fill_n(scale_gradient, features, 0.0f);
            std::fill_n(shift_gradient, features, 0.0f);
            NormalizeRowsBackward(
                group.count * positions, features, memory.Get<float>(x), memory.Get<float>(dy),
                memory.Get<float>(scale), memory.Get<NormSums>(own),
                wanted ? memory.Get<float>(dx) : nullptr, scale_gradient, shift_gradient);
          });
    }
    if (wanted) plan.AddGradient(input, to);
    const onednn::Layout vector = onednn::Plain({features});
    const int parts = static_cast<int>(groups);
    RETURN_IF_ERROR(plan.ReduceGradient(plan.parameter(kScale), scale_parts, parts, vector));
    return plan.ReduceGradient(plan.parameter(kShift), shift_parts, parts, vector);
  }

  float epsilon_;
};

}  // namespace

CatalogEntry<Layer> LayerNormEntry() {
  return {Schema("layer_norm",
                 "Normalises the features of each position, then scales and shifts them. Input and "
                 "output [features] or [positions, features].")
              .Add(Number("epsilon", "Added to the variance.").Above(0).AtMost(1).Default(1e-5))
              .Example("layer_norm"),
          [](const Params& params, Violations&) {
            return std::make_unique<LayerNorm>(params.Num("epsilon"));
          }};
}

}  // namespace trainyard::layers
