// Maximum over sliding windows.
#include "engine/base/status.h"
#include "engine/layers/pooling.h"

namespace trainyard::layers {
namespace {

class MaxPool final : public Layer {
 public:
  explicit MaxPool(const Params& params) : window_(params, "size", /*stride_is_kernel=*/true) {}

  absl::StatusOr<Shape> OutputShape(absl::Span<const Shape> inputs) const override {
    RETURN_IF_ERROR(CheckImage("max_pool", inputs[0]));
    ASSIGN_OR_RETURN(const Window::Geometry geometry, window_.Over(inputs[0]));
    return Shape{inputs[0][0], geometry.out_height, geometry.out_width};
  }
  absl::StatusOr<Value> Emit(PlanBuilder& plan, absl::Span<const Value> inputs) const override {
    ASSIGN_OR_RETURN(const Window::Geometry geometry, window_.Over(plan.shape(inputs[0])));
    return EmitPooling(plan, inputs[0], onednn::PoolingKind::kMax, geometry);
  }

 private:
  Window window_;
};

}  // namespace

CatalogEntry<Layer> MaxPoolEntry() {
  return {
      Schema("max_pool", "Maximum over sliding windows. Input [channels, height, width].")
          .Add(KernelParam(
                   "size",
                   "Size of the window: one value, or [height, width]; also the stride where that "
                   "is absent.")
                   .Required())
          .Add(StrideParam())
          .Add(PaddingParam())
          .Example("{type: max_pool, size: 2}"),
      [](const Params& params, Violations&) { return std::make_unique<MaxPool>(params); }};
}

}  // namespace trainyard::layers
