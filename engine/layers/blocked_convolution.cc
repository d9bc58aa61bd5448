#include "engine/layers/blocked_convolution.h"

#include <algorithm>

#include "engine/base/status.h"
#include "engine/base/vectorized.h"
#include "engine/layers/tile_convolution.h"
#include "engine/layers/winograd.h"

namespace trainyard::layers {
namespace {

using convolution::CeilDivide;
using convolution::kBlock;
using convolution::kSliceBlocks;
using convolution::Range;

constexpr int kWeight = 0;
constexpr int kBias = 1;
constexpr int64_t kFloatBytes = sizeof(float);
// A stage should have so many tiles of the plan, where that costs little.
constexpr int64_t kEnoughTasks = 8;
// Blocks of channels of either kind whose weight gradient is made in one task.
constexpr int64_t kGradientBlocks = 8;

int64_t Blocks(int64_t channels) { return CeilDivide(channels, kBlock); }

convolution::Geometry GeometryOf(const Shape& image, int64_t filters,
                                 const Window::Geometry& window) {
  convolution::Geometry geometry;
  geometry.in_blocks = Blocks(image[0]);
  geometry.out_blocks = Blocks(filters);
  geometry.in_height = image[1];
  geometry.in_width = image[2];
  geometry.out_height = window.out_height;
  geometry.out_width = window.out_width;
  geometry.padding_top = window.padding_begin[0];
  geometry.padding_left = window.padding_begin[1];
  geometry.taps_high = window.kernel[0];
  geometry.taps_wide = window.kernel[1];
  geometry.stride_high = window.strides[0];
  geometry.stride_wide = window.strides[1];
  return geometry;
}

// Pairs of a result and a tap along an axis that direct kernels multiply: those within the image.
int64_t ValidTaps(int64_t results, int64_t inputs, int64_t padding, int64_t count) {
  int64_t taps = 0;
  for (int64_t tap = 0; tap < count; ++tap) {
    const int64_t first = std::max<int64_t>(0, padding - tap);
    const int64_t end = std::min(results, inputs + padding - tap);
    taps += std::max<int64_t>(0, end - first);
  }
  return taps;
}

// sums[channel] = over images and positions of images [image][blocks][positions][kBlock].
TRAINYARD_VECTORIZED
void SumPositions(const float* values, int64_t images, int64_t blocks, int64_t positions,
                  int64_t block, float* sums) {
  std::fill(sums, sums + kBlock, 0.0f);
  for (int64_t image = 0; image < images; ++image) {
    const float* from = values + (image * blocks + block) * positions * kBlock;
    for (int64_t i = 0; i < positions; ++i) {
      for (int64_t lane = 0; lane < kBlock; ++lane) sums[lane] += from[i * kBlock + lane];
    }
  }
}

// The working memory of a thread grows with the channels; blocks are of 16.
bool HasFittingChannels(const Shape& image, int64_t filters) {
  constexpr int64_t kLeastChannels = 16;
  constexpr int64_t kMostChannels = 2048;
  return std::min(image[0], filters) >= kLeastChannels &&
         std::max(image[0], filters) <= kMostChannels;
}

// Minimal filtering, where it takes fewer products than direct convolution without its padded taps.
bool SavesProducts(const convolution::Geometry& geometry, int64_t batch) {
  constexpr int64_t kTaps = 3;
  // Fewer do not pay for the transforms of the weights.
  constexpr int64_t kLeastTiles = 32;
  // Products of direct convolution for one of these: the transforms want their share.
  constexpr double kLeastSaving = 1.4;
  if (!winograd::Supported() || geometry.taps_high != kTaps || geometry.taps_wide != kTaps ||
      geometry.Strided()) {
    return false;
  }
  const int64_t tiles = winograd::Tiles(geometry);
  const int64_t direct =
      ValidTaps(geometry.out_height, geometry.in_height, geometry.padding_top, kTaps) *
      ValidTaps(geometry.out_width, geometry.in_width, geometry.padding_left, kTaps);
  return batch * tiles >= kLeastTiles &&
         static_cast<double>(direct) >=
             kLeastSaving * static_cast<double>(winograd::kPoints * tiles);
}

}  // namespace

std::optional<BlockedConvolution> BlockedConvolution::IfFaster(const Shape& image, int64_t filters,
                                                               const Window::Geometry& window,
                                                               bool bias, int64_t batch,
                                                               onednn::Type products) {
  if (!HasFittingChannels(image, filters)) return {};
  for (const onednn::Dims& padding : {window.padding_begin, window.padding_end}) {
    if (padding[0] >= window.kernel[0] || padding[1] >= window.kernel[1]) return {};
  }
  BlockedConvolution convolution;
  convolution.out_ = {filters, window.out_height, window.out_width};
  convolution.channels_ = image[0];
  convolution.filters_ = filters;
  convolution.bias_ = bias;
  convolution.geometry_ = GeometryOf(image, filters, window);
  if (products == onednn::Type::kBfloat16 && tile_convolution::Takes(convolution.geometry_)) {
    convolution.kernels_ = &tile_convolution::Kernels();
  } else if (SavesProducts(convolution.geometry_, batch)) {
    convolution.kernels_ = &winograd::Kernels();
  } else {
    return {};
  }
  return convolution;
}

int64_t BlockedConvolution::InnerElements() const { return kernels_->TransformedFloats(geometry_); }

int64_t BlockedConvolution::ScratchElements() const {
  return std::max(
      {kernels_->ConvolveScratchFloats(geometry_),
       kernels_->ConvolveScratchFloats(geometry_.Reversed()),
       kernels_->GradientScratchFloats(geometry_, std::min(kGradientBlocks, geometry_.in_blocks),
                                       std::min(kGradientBlocks, geometry_.out_blocks))});
}

absl::StatusOr<Value> BlockedConvolution::Emit(PlanBuilder& plan, Value input) const {
  const onednn::Layout in_layout =
      onednn::BlockedImages(BatchDims(plan.largest_group(), plan.shape(input)));
  const onednn::Layout out_layout = onednn::BlockedImages(BatchDims(plan.largest_group(), out_));
  ASSIGN_OR_RETURN(const View source, plan.InLayout(plan.ViewOf(input), in_layout));
  const Value output = plan.NewValue(out_, out_layout);
  Pass pass = {"conv2d", geometry_, false, source, plan.ViewOf(output), std::nullopt};
  if (bias_) {
    ASSIGN_OR_RETURN(pass.bias, plan.Weight(plan.parameter(kBias), onednn::Plain({filters_})));
  }
  RETURN_IF_ERROR(EmitImages(plan, pass));
  plan.OnBackward([=, *this](PlanBuilder& plan) -> absl::Status {
    ASSIGN_OR_RETURN(const View given, plan.GradientOf(output));
    ASSIGN_OR_RETURN(const View gradient, plan.InLayout(given, out_layout));
    if (plan.input_gradient()) {
      const View to = plan.NewView(in_layout);
      RETURN_IF_ERROR(EmitImages(
          plan, {"conv2d backward data", geometry_.Reversed(), true, gradient, to, std::nullopt}));
      plan.AddGradient(input, to);
    }
    return EmitWeightGradient(plan, source, gradient);
  });
  return output;
}

onednn::Layout BlockedConvolution::WeightLayout() const {
  return onednn::BlockedWeights({filters_, channels_, geometry_.taps_high, geometry_.taps_wide});
}

absl::Status BlockedConvolution::EmitImages(PlanBuilder& plan, const Pass& pass) const {
  const convolution::Geometry geometry = pass.geometry;
  const onednn::Layout layout = WeightLayout();
  ASSIGN_OR_RETURN(const BufferRef weights, plan.Weight(plan.parameter(kWeight), layout));
  const BufferRef transformed = plan.NewBuffer(kernels_->TransformedFloats(geometry) * kFloatBytes);
  std::vector<Kernel> transforms;
  for (int64_t block = 0; block < geometry.in_blocks; ++block) {
    transforms.push_back([=, kernels = kernels_, reversed = pass.reversed](const StepContext&,
                                                                           const Memory& memory) {
      kernels->TransformWeights(geometry, memory.Get<float>(weights), reversed, block,
                                memory.Get<float>(transformed));
    });
  }
  plan.AddStageBefore("conv2d transform weights", {weights, transformed}, std::move(transforms));

  const BufferRef scratch = plan.Scratch(ScratchElements() * kFloatBytes);
  const int64_t channels = pass.reversed ? channels_ : filters_;
  const auto convolve = [&](const Group& part, Range outputs) -> Kernel {
    return
        [=, kernels = kernels_, bias = pass.bias, source = plan.At(pass.source, part),
         destination = plan.At(pass.destination, part)](const StepContext&, const Memory& memory) {
          kernels->Convolve(geometry, memory.Get<float>(source), part.count,
                            memory.Get<float>(transformed),
                            bias ? memory.Get<float>(*bias) : nullptr, channels, outputs,
                            memory.Get<float>(destination), memory.Get<float>(scratch));
        };
  };
  const std::vector<BufferRef> uses = {pass.source.ref, pass.destination.ref, transformed};
  const int64_t least = kernels_->LeastImages(geometry);
  if (plan.groups().back().count >= least) {
    for (const Group& group : plan.groups())
      plan.AddToGroup(pass.name, group, uses, convolve(group, {0, geometry.out_blocks}));
    return absl::OkStatus();
  }
  const std::vector<Group> parts = DivideBatch(plan.batch(), plan.batch() / (2 * least));
  const int64_t slices = CeilDivide(geometry.out_blocks, kSliceBlocks);
  const int64_t slices_a_task =
      CeilDivide(slices, CeilDivide(kEnoughTasks, static_cast<int64_t>(parts.size())));
  const int64_t step = slices_a_task * kSliceBlocks;
  const int64_t ranges = CeilDivide(geometry.out_blocks, step);
  plan.BeginStage(pass.name, static_cast<int>(ranges * parts.size()));
  int task = 0;
  for (int64_t begin = 0; begin < geometry.out_blocks; begin += step) {
    for (const Group& part : parts)
      plan.AddToTile(task++, uses,
                     convolve(part, {begin, std::min(begin + step, geometry.out_blocks)}));
  }
  return absl::OkStatus();
}

absl::Status BlockedConvolution::EmitWeightGradient(PlanBuilder& plan, const View& source,
                                                    const View& gradient) const {
  const convolution::Geometry geometry = geometry_;
  const onednn::Layout layout = WeightLayout();
  const int64_t ranges = CeilDivide(geometry.in_blocks, kGradientBlocks) *
                         CeilDivide(geometry.out_blocks, kGradientBlocks);
  const std::vector<Group> parts =
      DivideBatch(plan.batch(), std::min(CeilDivide(kEnoughTasks, ranges),
                                         plan.batch() / kernels_->LeastGradientImages(geometry)));
  const int count = static_cast<int>(parts.size());
  const int64_t weight_bytes = onednn::Bytes(layout);
  const int weight = plan.parameter(kWeight);
  const std::optional<BufferRef> whole =
      count == 1 ? plan.GradientIn(weight, layout) : std::nullopt;
  const BufferRef partials = whole ? *whole : plan.NewBuffer(weight_bytes * count);
  const int64_t bias_bytes = filters_ * kFloatBytes;
  const BufferRef bias_partials = bias_ ? plan.NewBuffer(bias_bytes * count) : BufferRef();
  const BufferRef scratch = plan.Scratch(ScratchElements() * kFloatBytes);
  plan.BeginStage("conv2d backward weights", static_cast<int>(ranges * count));
  int task = 0;
  for (int64_t out = 0; out < geometry.out_blocks; out += kGradientBlocks) {
    const Range outputs = {out, std::min(out + kGradientBlocks, geometry.out_blocks)};
    for (int64_t in = 0; in < geometry.in_blocks; in += kGradientBlocks) {
      const Range inputs = {in, std::min(in + kGradientBlocks, geometry.in_blocks)};
      for (const Group& part : parts) {
        const BufferRef images = plan.At(source, part);
        const BufferRef slopes = plan.At(gradient, part);
        const BufferRef to = partials.At(weight_bytes * part.index);
        plan.AddToTile(task, {images, slopes, to},
                       [=, kernels = kernels_](const StepContext&, const Memory& memory) {
                         kernels->WeightGradient(geometry, memory.Get<float>(images),
                                                 memory.Get<float>(slopes), part.count, inputs,
                                                 outputs, memory.Get<float>(to),
                                                 memory.Get<float>(scratch));
                       });
        if (bias_ && in == 0) {
          const BufferRef bias = bias_partials.At(bias_bytes * part.index);
          const int64_t filters = filters_;
          plan.AddToTile(task, {slopes, bias}, [=](const StepContext&, const Memory& memory) {
            const int64_t positions = geometry.out_height * geometry.out_width;
            for (int64_t block = outputs.begin; block < outputs.end; ++block) {
              float sums[kBlock];
              SumPositions(memory.Get<float>(slopes), part.count, geometry.out_blocks, positions,
                           block, sums);
              std::copy_n(sums, std::min(kBlock, filters - block * kBlock),
                          memory.Get<float>(bias) + block * kBlock);
            }
          });
        }
        ++task;
      }
    }
  }
  if (!whole) RETURN_IF_ERROR(plan.ReduceGradient(weight, partials, count, layout));
  if (!bias_) return absl::OkStatus();
  return plan.ReduceGradient(plan.parameter(kBias), bias_partials, count,
                             onednn::Plain({filters_}));
}

}  // namespace trainyard::layers
