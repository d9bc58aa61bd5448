#include "engine/layers/flattening.h"

#include "engine/base/status.h"

namespace trainyard::layers {

absl::StatusOr<Value> EmitFlatten(PlanBuilder& plan, Value input) {
  const Shape image = plan.shape(input);
  const Shape flat = {image.elements()};
  const onednn::Layout plain_image = onednn::Plain(BatchDims(plan.largest_group(), image));
  const onednn::Layout plain_flat = onednn::Plain(BatchDims(plan.largest_group(), flat));
  ASSIGN_OR_RETURN(const View source, plan.InLayout(plan.ViewOf(input), plain_image));
  const Value output = plan.NewValueAt(flat, {source.ref, plain_flat});
  plan.OnBackward([=](PlanBuilder& plan) -> absl::Status {
    ASSIGN_OR_RETURN(const View given, plan.GradientOf(output));
    ASSIGN_OR_RETURN(const View gradient, plan.InLayout(given, plain_flat));
    plan.AddGradient(input, {gradient.ref, plain_image});
    return absl::OkStatus();
  });
  return output;
}

}  // namespace trainyard::layers
