// Softmax over a vector. The losses take logits: at the end of a classifier it is not wanted.
#include "engine/base/status.h"
#include "engine/graph/plan_builder.h"

namespace trainyard::layers {
namespace {

class Softmax final : public Layer {
 public:
  absl::StatusOr<Shape> OutputShape(absl::Span<const Shape> inputs) const override {
    if (inputs[0].rank() != 1) {
      return absl::InvalidArgumentError("softmax takes [features], got " + inputs[0].ToString() +
                                        "; put a flatten layer before it");
    }
    return inputs[0];
  }

  absl::StatusOr<Value> Emit(PlanBuilder& plan, absl::Span<const Value> inputs) const override {
    const Value input = inputs[0];
    const onednn::Layout plain = onednn::Plain(BatchDims(plan.largest_group(), plan.shape(input)));
    ASSIGN_OR_RETURN(const View source, plan.InLayout(plan.ViewOf(input), plain));
    const Value output = plan.NewValue(plan.shape(input), plain);
    const View result = plan.ViewOf(output);
    for (const Group& group : plan.groups()) {
      ASSIGN_OR_RETURN(const onednn::Primitive forward,
                       onednn::SoftmaxForward(onednn::ForBatch(plain, group.count)));
      RETURN_IF_ERROR(plan.AddToGroup(
          "softmax", group, forward,
          {plan.On(DNNL_ARG_SRC, source, group), plan.On(DNNL_ARG_DST, result, group)}));
    }
    plan.OnBackward([=](PlanBuilder& plan) -> absl::Status {
      ASSIGN_OR_RETURN(const View given, plan.GradientOf(output));
      ASSIGN_OR_RETURN(const View gradient, plan.InLayout(given, plain));
      const View to = plan.NewView(plain);
      for (const Group& group : plan.groups()) {
        ASSIGN_OR_RETURN(const onednn::Primitive backward,
                         onednn::SoftmaxBackward(onednn::ForBatch(plain, group.count)));
        RETURN_IF_ERROR(plan.AddToGroup(
            "softmax backward", group, backward,
            {plan.On(DNNL_ARG_DST, result, group), plan.On(DNNL_ARG_DIFF_DST, gradient, group),
             plan.On(DNNL_ARG_DIFF_SRC, to, group)}));
      }
      plan.AddGradient(input, to);
      return absl::OkStatus();
    });
    return output;
  }
};

}  // namespace

CatalogEntry<Layer> SoftmaxEntry() {
  return {Schema("softmax",
                 "exp(x) / sum(exp(x)). Input [features]. The classification losses take logits "
                 "and need none.")
              .Example("softmax"),
          [](const Params&, Violations&) { return std::make_unique<Softmax>(); }};
}

}  // namespace trainyard::layers
