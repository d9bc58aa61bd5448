#include "engine/layers/winograd_convolution.h"

#include <algorithm>

#include "engine/base/status.h"
#include "engine/base/vectorized.h"

namespace trainyard::layers {
namespace {

using winograd::kBlock;
using winograd::kSliceBlocks;
using winograd::Range;

constexpr int kWeight = 0;
constexpr int kBias = 1;
constexpr int64_t kFloatBytes = sizeof(float);
constexpr int64_t kTaps = 3;
// A stage should have so many tiles of the plan, where that costs little.
constexpr int64_t kEnoughTasks = 8;
// Blocks of channels of either kind whose weight gradient is made in one task.
constexpr int64_t kGradientBlocks = 8;

int64_t CeilDivide(int64_t value, int64_t by) { return (value + by - 1) / by; }

int64_t Blocks(int64_t channels) { return CeilDivide(channels, kBlock); }

winograd::Geometry GeometryOf(const Shape& image, int64_t filters, const Window::Geometry& window) {
  winograd::Geometry geometry;
  geometry.in_blocks = Blocks(image[0]);
  geometry.out_blocks = Blocks(filters);
  geometry.in_height = image[1];
  geometry.in_width = image[2];
  geometry.out_height = window.out_height;
  geometry.out_width = window.out_width;
  geometry.padding_top = window.padding_begin[0];
  geometry.padding_left = window.padding_begin[1];
  return geometry;
}

// Pairs of a result and a tap along an axis that direct kernels multiply: those within the image.
int64_t ValidTaps(int64_t results, int64_t inputs, int64_t padding) {
  int64_t taps = 0;
  for (int64_t tap = 0; tap < kTaps; ++tap) {
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

}  // namespace

WinogradConvolution::WinogradConvolution(const Shape& image, int64_t filters,
                                         const Window::Geometry& geometry, bool bias)
    : out_({filters, geometry.out_height, geometry.out_width}),
      channels_(image[0]),
      filters_(filters),
      bias_(bias),
      geometry_(GeometryOf(image, filters, geometry)) {}

bool WinogradConvolution::IsFaster(const Shape& image, int64_t filters,
                                   const Window::Geometry& window, int64_t batch) {
  constexpr int64_t kLeastChannels = 16;
  // The working memory of a thread grows with the channels.
  constexpr int64_t kMostChannels = 2048;
  // Fewer do not pay for the transforms of the weights.
  constexpr int64_t kLeastTiles = 32;
  // Products of direct convolution for one of these: the transforms want their share.
  constexpr double kLeastSaving = 1.4;
  const onednn::Dims taps = {kTaps, kTaps};
  if (!winograd::Supported() || window.kernel != taps || window.strides != onednn::Dims{1, 1})
    return false;
  for (const onednn::Dims& padding : {window.padding_begin, window.padding_end}) {
    if (padding[0] >= kTaps || padding[1] >= kTaps) return false;
  }
  if (std::min(image[0], filters) < kLeastChannels || std::max(image[0], filters) > kMostChannels)
    return false;
  const winograd::Geometry geometry = GeometryOf(image, filters, window);
  const int64_t direct = ValidTaps(geometry.out_height, geometry.in_height, geometry.padding_top) *
                         ValidTaps(geometry.out_width, geometry.in_width, geometry.padding_left);
  return batch * geometry.Tiles() >= kLeastTiles &&
         static_cast<double>(direct) >=
             kLeastSaving * static_cast<double>(winograd::kPoints * geometry.Tiles());
}

int64_t WinogradConvolution::InnerElements() const {
  return winograd::TransformedFloats(geometry_);
}

int64_t WinogradConvolution::ScratchElements() const {
  return std::max(
      {winograd::ConvolveScratchFloats(geometry_),
       winograd::ConvolveScratchFloats(geometry_.Reversed()),
       winograd::GradientScratchFloats(std::min(kGradientBlocks, geometry_.in_blocks),
                                       std::min(kGradientBlocks, geometry_.out_blocks))});
}

absl::StatusOr<Value> WinogradConvolution::Emit(PlanBuilder& plan, Value input) const {
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

absl::Status WinogradConvolution::EmitImages(PlanBuilder& plan, const Pass& pass) const {
  const winograd::Geometry geometry = pass.geometry;
  const onednn::Layout layout = onednn::BlockedWeights({filters_, channels_, kTaps, kTaps});
  ASSIGN_OR_RETURN(const BufferRef weights, plan.Weight(plan.parameter(kWeight), layout));
  const BufferRef transformed = plan.NewBuffer(winograd::TransformedFloats(geometry) * kFloatBytes);
  std::vector<Kernel> transforms;
  for (int64_t block = 0; block < geometry.in_blocks; ++block) {
    transforms.push_back([=, reversed = pass.reversed](const StepContext&, const Memory& memory) {
      winograd::TransformWeights(geometry, memory.Get<float>(weights), reversed, block,
                                 memory.Get<float>(transformed));
    });
  }
  plan.AddStageBefore("conv2d transform weights", {weights, transformed}, std::move(transforms));

  const BufferRef scratch = plan.Scratch(ScratchElements() * kFloatBytes);
  const int64_t channels = pass.reversed ? channels_ : filters_;
  const auto convolve = [&](const Group& part, Range outputs) -> Kernel {
    return
        [=, bias = pass.bias, source = plan.At(pass.source, part),
         destination = plan.At(pass.destination, part)](const StepContext&, const Memory& memory) {
          winograd::Convolve(geometry, memory.Get<float>(source), part.count,
                             memory.Get<float>(transformed),
                             bias ? memory.Get<float>(*bias) : nullptr, channels, outputs,
                             memory.Get<float>(destination), memory.Get<float>(scratch));
        };
  };
  const std::vector<BufferRef> uses = {pass.source.ref, pass.destination.ref, transformed};
  // The transformed weights are worth loading for so many tiles.
  constexpr int64_t kLeastTiles = 24;
  if (plan.groups().back().count * geometry.Tiles() >= kLeastTiles) {
    for (const Group& group : plan.groups())
      plan.AddToGroup(pass.name, group, uses, convolve(group, {0, geometry.out_blocks}));
    return absl::OkStatus();
  }
  const int64_t images = CeilDivide(2 * kLeastTiles, geometry.Tiles());
  const std::vector<Group> parts = DivideBatch(plan.batch(), plan.batch() / images);
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

absl::Status WinogradConvolution::EmitWeightGradient(PlanBuilder& plan, const View& source,
                                                     const View& gradient) const {
  const winograd::Geometry geometry = geometry_;
  const onednn::Layout layout = onednn::BlockedWeights({filters_, channels_, kTaps, kTaps});
  const int64_t ranges = CeilDivide(geometry.in_blocks, kGradientBlocks) *
                         CeilDivide(geometry.out_blocks, kGradientBlocks);
  // A part's gradient is transformed back once, which its tiles must be worth.
  constexpr int64_t kLeastTiles = 64;
  const std::vector<Group> parts = DivideBatch(
      plan.batch(),
      std::min(CeilDivide(kEnoughTasks, ranges), plan.batch() * geometry.Tiles() / kLeastTiles));
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
        plan.AddToTile(task, {images, slopes, to}, [=](const StepContext&, const Memory& memory) {
          winograd::WeightGradient(geometry, memory.Get<float>(images), memory.Get<float>(slopes),
                                   part.count, inputs, outputs, memory.Get<float>(to),
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
