// Emits convolutions by kernels of ours: the layer conv2d asks for it where they are faster than
// oneDNN's direct ones. Minimal filtering in float32, whatever type the plan's products have; or,
// where these are bfloat16 and the machine has matrix tiles, direct convolution by those.
#pragma once

#include <optional>

#include "engine/graph/plan_builder.h"
#include "engine/layers/convolution_kernels.h"
#include "engine/layers/window.h"

namespace trainyard::layers {

class BlockedConvolution {
 public:
  // A convolution without groups of `filters` filters over `image` [channels, height, width]; none
  // where oneDNN is faster. A rule of the shape alone, on machines that can:
  // docs/decisions/winograd.md.
  static std::optional<BlockedConvolution> IfFaster(const Shape& image, int64_t filters,
                                                    const Window::Geometry& geometry, bool bias,
                                                    int64_t batch, onednn::Type products);

  const char* algorithm() const { return kernels_->algorithm(); }
  // What a plan holds beside images, weights and their gradients.
  int64_t InnerElements() const;
  // Of a thread.
  int64_t ScratchElements() const;

  // The weight [filters, channels, height, width] is the node's parameter 0, the bias [filters] 1.
  absl::StatusOr<Value> Emit(PlanBuilder& plan, Value input) const;

 private:
  // One way of the weights: images to images.
  struct Pass {
    const char* name;
    convolution::Geometry geometry;
    bool reversed;
    View source, destination;
    std::optional<BufferRef> bias;
  };

  BlockedConvolution() = default;
  onednn::Layout WeightLayout() const;
  absl::Status EmitImages(PlanBuilder& plan, const Pass& pass) const;
  absl::Status EmitWeightGradient(PlanBuilder& plan, const View& source,
                                  const View& gradient) const;

  const convolution::Kernels* kernels_ = nullptr;
  Shape out_;
  int64_t channels_ = 0;
  int64_t filters_ = 0;
  bool bias_ = false;
  convolution::Geometry geometry_;
};

}  // namespace trainyard::layers
