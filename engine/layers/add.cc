// Sum of two or more activations: the joint of residual networks (He et al. 2016).
#include "engine/base/status.h"
#include "engine/graph/plan_builder.h"

namespace trainyard::layers {
namespace {

constexpr int kMaxInputs = 64;

// The gradient before a relu whose result is `output`.
absl::StatusOr<View> BehindRelu(PlanBuilder& plan, const View& given, const View& output) {
  ASSIGN_OR_RETURN(const View gradient, plan.InLayout(given, output.layout));
  const View to = plan.NewView(output.layout);
  for (const Group& group : plan.groups()) {
    const onednn::Layout layout = onednn::ForBatch(output.layout, group.count);
    ASSIGN_OR_RETURN(const onednn::Primitive backward,
                     onednn::ActivationBackward(onednn::Activation::kRelu, 0.0f, layout));
    // The result is positive where the source was: relu takes either.
    RETURN_IF_ERROR(plan.AddToGroup(
        "relu backward", group, backward,
        {plan.On(DNNL_ARG_SRC, output, group), plan.On(DNNL_ARG_DIFF_DST, gradient, group),
         plan.On(DNNL_ARG_DIFF_SRC, to, group)}));
  }
  return to;
}

class Add final : public Layer {
 public:
  int min_inputs() const override { return 2; }
  int max_inputs() const override { return kMaxInputs; }

  absl::StatusOr<Shape> OutputShape(absl::Span<const Shape> inputs) const override {
    for (const Shape& shape : inputs) {
      if (shape != inputs[0]) {
        return absl::InvalidArgumentError("add takes inputs of one shape, got " +
                                          inputs[0].ToString() + " and " + shape.ToString());
      }
    }
    return inputs[0];
  }

  bool CanAppendRelu() const override { return true; }

  absl::StatusOr<Value> Emit(PlanBuilder& plan, absl::Span<const Value> inputs) const override {
    const onednn::Layout layout = plan.LayoutOf(inputs[0]);
    std::vector<View> terms;
    for (const Value& input : inputs) {
      ASSIGN_OR_RETURN(View term, plan.InLayout(plan.ViewOf(input), layout));
      terms.push_back(std::move(term));
    }
    const Value output = plan.NewValue(plan.shape(inputs[0]), layout);
    const bool relu = plan.append_relu();
    plan.AddSum(terms, plan.ViewOf(output), relu);
    const std::vector<Value> sources(inputs.begin(), inputs.end());
    plan.OnBackward([=](PlanBuilder& plan) -> absl::Status {
      ASSIGN_OR_RETURN(View gradient, plan.GradientOf(output));
      if (relu) {
        ASSIGN_OR_RETURN(gradient, BehindRelu(plan, gradient, plan.ViewOf(output)));
      }
      for (const Value& source : sources) plan.AddGradient(source, gradient);
      return absl::OkStatus();
    });
    return output;
  }
};

}  // namespace

CatalogEntry<Layer> AddEntry() {
  return {Schema("add", "Sum of its inputs, which have one shape. Name them: inputs: [a, b].")
              .Example("{type: add, inputs: [a, b]}"),
          [](const Params&, Violations&) { return std::make_unique<Add>(); }};
}

}  // namespace trainyard::layers
