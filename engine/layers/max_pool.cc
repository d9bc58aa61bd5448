// Maximum over sliding windows.
#include "absl/strings/str_cat.h"
#include "engine/base/saturated.h"
#include "engine/base/status.h"
#include "engine/layers/max_pooling.h"
#include "engine/layers/pooling.h"

namespace trainyard::layers {
namespace {

constexpr int64_t kPlaceBytes = sizeof(uint16_t);

class MaxPool final : public Layer {
 public:
  explicit MaxPool(const Params& params) : window_(params, "size", /*stride_is_kernel=*/true) {}

  absl::StatusOr<Shape> OutputShape(absl::Span<const Shape> inputs) const override {
    RETURN_IF_ERROR(CheckImage("max_pool", inputs[0]));
    ASSIGN_OR_RETURN(const Window::Geometry geometry, window_.Over(inputs[0]));
    if (window_.height() * window_.width() > max_pooling::kMostTaps) {
      return absl::InvalidArgumentError(absl::StrCat("size: max_pool takes windows of at most ",
                                                     max_pooling::kMostTaps, " numbers, got ",
                                                     window_.height(), "x", window_.width()));
    }
    return Shape{inputs[0][0], geometry.out_height, geometry.out_width};
  }
  int64_t InnerElements(absl::Span<const Shape> inputs, int64_t batch,
                        bool training) const override {
    const int64_t places = PlacesOf(inputs[0][0], *window_.Over(inputs[0]));
    return training ? MultiplySaturated(batch, places / 2) : 0;
  }
  // Its kernels want blocks of 16 channels.
  bool MayCopyInput(absl::Span<const Shape> inputs) const override {
    return inputs[0][0] % max_pooling::kBlock != 0;
  }
  bool CanAppendRelu() const override { return true; }
  bool CommutesWithRelu() const override { return true; }

  absl::StatusOr<Value> Emit(PlanBuilder& plan, absl::Span<const Value> inputs) const override {
    const Value input = inputs[0];
    const Shape image = plan.shape(input);
    ASSIGN_OR_RETURN(const Window::Geometry window, window_.Over(image));
    const bool relu = plan.append_relu();
    const max_pooling::Geometry geometry = max_pooling::Geometry::Of(image, window);
    const Shape out = {image[0], window.out_height, window.out_width};
    const onednn::Layout in_layout = onednn::BlockedImages(BatchDims(plan.largest_group(), image));
    const onednn::Layout out_layout = onednn::BlockedImages(BatchDims(plan.largest_group(), out));
    ASSIGN_OR_RETURN(const View source, plan.InLayout(plan.ViewOf(input), in_layout));
    const Value output = plan.NewValue(out, out_layout);
    const int64_t blocks = RoundUp(image[0], max_pooling::kBlock) / max_pooling::kBlock;
    const int64_t place_bytes = PlacesOf(image[0], window) * kPlaceBytes;  // of an image
    std::optional<BufferRef> places;
    if (plan.training()) places = plan.NewBuffer(plan.batch() * place_bytes);
    for (const Group& group : plan.groups()) {
      const BufferRef from = plan.At(source, group);
      const BufferRef to = plan.At(plan.ViewOf(output), group);
      std::vector<BufferRef> uses = {from, to};
      std::optional<BufferRef> group_places;
      if (places) uses.push_back(*(group_places = places->At(group.begin * place_bytes)));
      plan.AddToGroup("pooling", group, uses, [=](const StepContext&, const Memory& memory) {
        max_pooling::Forward(geometry, memory.Get<float>(from), group.count * blocks, relu,
                             memory.Get<float>(to),
                             group_places ? memory.Get<uint16_t>(*group_places) : nullptr);
      });
    }
    plan.OnBackward([=](PlanBuilder& plan) -> absl::Status {
      ASSIGN_OR_RETURN(const View given, plan.GradientOf(output));
      ASSIGN_OR_RETURN(const View gradient, plan.InLayout(given, out_layout));
      const View to = plan.NewView(in_layout);
      for (const Group& group : plan.groups()) {
        const BufferRef slopes = plan.At(gradient, group);
        const BufferRef group_places = places->At(group.begin * place_bytes);
        const BufferRef by_source = plan.At(to, group);
        plan.AddToGroup("pooling backward", group, {slopes, group_places, by_source},
                        [=](const StepContext&, const Memory& memory) {
                          max_pooling::Backward(geometry, memory.Get<float>(slopes),
                                                memory.Get<uint16_t>(group_places),
                                                group.count * blocks, memory.Get<float>(by_source));
                        });
      }
      plan.AddGradient(input, to);
      return absl::OkStatus();
    });
    return output;
  }

 private:
  // Numbers of an image's result, channels in whole blocks.
  static int64_t PlacesOf(int64_t channels, const Window::Geometry& window) {
    return RoundUp(channels, max_pooling::kBlock) * window.out_height * window.out_width;
  }

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
