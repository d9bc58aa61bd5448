// Mean of each channel over the whole image (Lin et al. 2014): images to vectors.
#include "engine/base/status.h"
#include "engine/layers/flattening.h"
#include "engine/layers/pooling.h"

namespace trainyard::layers {
namespace {

class GlobalAvgPool final : public Layer {
 public:
  absl::StatusOr<Shape> OutputShape(absl::Span<const Shape> inputs) const override {
    RETURN_IF_ERROR(CheckImage("global_avg_pool", inputs[0]));
    return Shape{inputs[0][0]};
  }
  absl::StatusOr<Value> Emit(PlanBuilder& plan, absl::Span<const Value> inputs) const override {
    const Shape image = plan.shape(inputs[0]);
    Window::Geometry whole;
    whole.kernel = whole.strides = {image[1], image[2]};
    whole.padding_begin = whole.padding_end = {0, 0};
    whole.out_height = whole.out_width = 1;
    ASSIGN_OR_RETURN(
        const Value mean,
        EmitPooling(plan, inputs[0], onednn::PoolingKind::kAverageExcludePadding, whole));
    return EmitFlatten(plan, mean);
  }
};

}  // namespace

CatalogEntry<Layer> GlobalAvgPoolEntry() {
  return {Schema("global_avg_pool",
                 "Mean of each channel over the image. Input [channels, height, width], output "
                 "[channels].")
              .Example("global_avg_pool"),
          [](const Params&, Violations&) { return std::make_unique<GlobalAvgPool>(); }};
}

}  // namespace trainyard::layers
