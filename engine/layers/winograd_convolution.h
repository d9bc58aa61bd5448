// Emits convolutions by the kernels of winograd.h: the layer conv2d asks for it where it is faster
// than direct convolution. In float32, whatever type the plan's products have: bfloat16's direct
// kernels are slower, and nothing is to be copied.
#pragma once

#include "engine/graph/plan_builder.h"
#include "engine/layers/window.h"
#include "engine/layers/winograd.h"

namespace trainyard::layers {

class WinogradConvolution {
 public:
  // A convolution without groups of `filters` filters over `image` [channels, height, width].
  WinogradConvolution(const Shape& image, int64_t filters, const Window::Geometry& geometry,
                      bool bias);

  // A rule of the shape alone, on machines that can: docs/decisions/winograd.md.
  static bool IsFaster(const Shape& image, int64_t filters, const Window::Geometry& geometry,
                       int64_t batch);
  // What a plan holds beside images, weights and their gradients.
  int64_t InnerElements() const;
  // Of a thread.
  int64_t ScratchElements() const;

  // The weight [filters, channels, 3, 3] is the node's parameter 0, the bias [filters] 1.
  absl::StatusOr<Value> Emit(PlanBuilder& plan, Value input) const;

 private:
  // One way of the weights: images to images.
  struct Pass {
    const char* name;
    winograd::Geometry geometry;
    bool reversed;
    View source, destination;
    std::optional<BufferRef> bias;
  };

  absl::Status EmitImages(PlanBuilder& plan, const Pass& pass) const;
  absl::Status EmitWeightGradient(PlanBuilder& plan, const View& source,
                                  const View& gradient) const;

  Shape out_;
  int64_t channels_;
  int64_t filters_;
  bool bias_;
  winograd::Geometry geometry_;
};

}  // namespace trainyard::layers
