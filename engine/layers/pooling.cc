#include "engine/layers/pooling.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace trainyard::layers {

absl::Status CheckImage(const char* type, const Shape& shape) {
  if (shape.rank() == 3) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(type, " takes [channels, height, width], got ", shape.ToString()));
}

absl::StatusOr<Value> EmitPooling(PlanBuilder& plan, Value input, onednn::PoolingKind kind,
                                  const Window::Geometry& geometry) {
  const View source = plan.ViewOf(input);
  const Shape out = {plan.shape(input)[0], geometry.out_height, geometry.out_width};
  onednn::PoolingShape shape;
  shape.kind = kind;
  shape.source = source.layout;
  shape.destination = onednn::Any(BatchDims(plan.largest_group(), out));
  shape.kernel = geometry.kernel;
  shape.strides = geometry.strides;
  shape.padding_begin = geometry.padding_begin;
  shape.padding_end = geometry.padding_end;
  ASSIGN_OR_RETURN(const onednn::Primitive chosen, onednn::PoolingForward(shape, plan.training()));
  const Value output = plan.NewValue(out, chosen.destination);
  // Which element was the maximum, for the backward pass; its layout follows the output's.
  const bool keeps_place = plan.training() && kind == onednn::PoolingKind::kMax;
  const View workspace = keeps_place ? plan.NewView(chosen.workspace) : View();
  for (const Group& group : plan.groups()) {
    shape.source = onednn::ForBatch(source.layout, group.count);
    shape.destination = onednn::ForBatch(chosen.destination, group.count);
    ASSIGN_OR_RETURN(const onednn::Primitive forward,
                     onednn::PoolingForward(shape, plan.training()));
    std::vector<Operand> operands = {plan.On(DNNL_ARG_SRC, source, group),
                                     plan.On(DNNL_ARG_DST, plan.ViewOf(output), group)};
    if (keeps_place)
      operands.push_back({DNNL_ARG_WORKSPACE, plan.At(workspace, group), forward.workspace});
    RETURN_IF_ERROR(plan.AddToGroup("pooling", group, forward, std::move(operands)));
  }
  plan.OnBackward([=](PlanBuilder& plan) -> absl::Status {
    ASSIGN_OR_RETURN(const View given, plan.GradientOf(output));
    ASSIGN_OR_RETURN(const View gradient, plan.InLayout(given, chosen.destination));
    const View to = plan.NewView(source.layout);
    onednn::PoolingShape backward_shape = shape;
    for (const Group& group : plan.groups()) {
      backward_shape.source = onednn::ForBatch(source.layout, group.count);
      backward_shape.destination = onednn::ForBatch(chosen.destination, group.count);
      ASSIGN_OR_RETURN(const onednn::Primitive backward, onednn::PoolingBackward(backward_shape));
      std::vector<Operand> operands = {plan.On(DNNL_ARG_DIFF_DST, gradient, group),
                                       plan.On(DNNL_ARG_DIFF_SRC, to, group)};
      if (keeps_place)
        operands.push_back({DNNL_ARG_WORKSPACE, plan.At(workspace, group), backward.workspace});
      RETURN_IF_ERROR(plan.AddToGroup("pooling backward", group, backward, std::move(operands)));
    }
    plan.AddGradient(input, to);
    return absl::OkStatus();
  });
  return output;
}

}  // namespace trainyard::layers
