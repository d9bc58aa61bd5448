// Two-dimensional convolution (cross-correlation, as in PyTorch): by minimal filtering where that
// is faster, else by oneDNN's direct kernels, cut by groups of images; the small weight gradients
// are added up over groups in their order.
#include "absl/strings/str_cat.h"
#include "engine/base/saturated.h"
#include "engine/base/status.h"
#include "engine/graph/plan_builder.h"
#include "engine/layers/blocked_convolution.h"
#include "engine/layers/window.h"

namespace trainyard::layers {
namespace {

constexpr int64_t kMaxFilters = 1 << 20;
constexpr int kWeight = 0;
constexpr int kBias = 1;

class Conv2d final : public Layer {
 public:
  explicit Conv2d(const Params& params)
      : filters_(params.Int("filters")),
        window_(params, "kernel", /*stride_is_kernel=*/false),
        groups_(params.Int("groups")),
        bias_(params.Bool("bias")) {
    if (params.Has("initializer")) {
      initializer_ = params.Comp("initializer");
      initializer_path_ = params.PathOf("initializer");
    }
  }

  absl::StatusOr<Shape> OutputShape(absl::Span<const Shape> inputs) const override {
    const Shape& image = inputs[0];
    if (image.rank() != 3) {
      return absl::InvalidArgumentError("conv2d takes [channels, height, width], got " +
                                        image.ToString());
    }
    if (image[0] % groups_ != 0 || filters_ % groups_ != 0) {
      return absl::InvalidArgumentError(absl::StrCat("groups ", groups_, " must divide both the ",
                                                     image[0], " input channels and the ", filters_,
                                                     " filters"));
    }
    ASSIGN_OR_RETURN(const Window::Geometry geometry, window_.Over(image));
    return Shape{filters_, geometry.out_height, geometry.out_width};
  }

  std::vector<ParameterSpec> Parameters(absl::Span<const Shape> inputs) const override {
    const int64_t channels = inputs[0][0] / groups_;
    const int64_t taps = window_.height() * window_.width();
    ParameterSpec weight;
    weight.name = "weight";
    weight.shape = Shape{filters_, channels, window_.height(), window_.width()};
    weight.fans = {channels * taps, filters_ / groups_ * taps};
    weight.initializer = initializer_;
    weight.initializer_path = initializer_path_;
    std::vector<ParameterSpec> specs = {weight};
    if (bias_) {
      ParameterSpec bias;
      bias.name = "bias";
      bias.shape = Shape{filters_};
      bias.fill = ParameterSpec::Fill::kZeros;
      bias.decay = false;
      specs.push_back(bias);
    }
    return specs;
  }

  // Padded taps count, as everywhere in the literature.
  int64_t ForwardFlops(absl::Span<const Shape> inputs) const override {
    const Window::Geometry geometry = *window_.Over(inputs[0]);
    const Shape products = {filters_,           geometry.out_height,
                            geometry.out_width, inputs[0][0] / groups_,
                            window_.height(),   window_.width()};
    return MultiplySaturated(2, products.elements());
  }

  // Where channels fill no whole blocks, kernels differ in what they like best.
  bool MayCopyInput(absl::Span<const Shape> inputs) const override {
    constexpr int64_t kBlock = 16;
    return groups_ > 1 || inputs[0][0] % kBlock != 0;
  }

  int64_t InnerElements(absl::Span<const Shape> inputs, int64_t batch, bool) const override {
    return MostOf(inputs[0], batch, &BlockedConvolution::InnerElements);
  }
  int64_t ScratchElements(absl::Span<const Shape> inputs, int64_t batch) const override {
    return MostOf(inputs[0], batch, &BlockedConvolution::ScratchElements);
  }

  absl::StatusOr<Value> Emit(PlanBuilder& plan, absl::Span<const Value> inputs) const override {
    const Value input = inputs[0];
    const Shape image = plan.shape(input);
    ASSIGN_OR_RETURN(const Window::Geometry geometry, window_.Over(image));
    if (const auto blocked = Blocked(image, geometry, plan.batch(), plan.compute_type())) {
      plan.ChoseAlgorithm(blocked->algorithm());
      return blocked->Emit(plan, input);
    }
    plan.ChoseAlgorithm("direct convolution");
    const Shape out = {filters_, geometry.out_height, geometry.out_width};
    onednn::ConvolutionShape shape;
    shape.strides = geometry.strides;
    shape.padding_begin = geometry.padding_begin;
    shape.padding_end = geometry.padding_end;
    shape.bias = bias_;
    const onednn::Dims source_dims = BatchDims(plan.largest_group(), image);
    const onednn::Dims weight_dims = WeightDims(image);
    const onednn::Dims destination_dims = BatchDims(plan.largest_group(), out);

    const onednn::Type type = ComputeType(plan.compute_type(), image);
    shape.source = onednn::Any(source_dims, type);
    shape.weights = onednn::Any(weight_dims, type);
    shape.destination = onednn::Any(destination_dims);
    const int weight_index = plan.parameter(kWeight);
    if (plan.training() && type != onednn::Type::kFloat32)
      RETURN_IF_ERROR(OwnLayoutOfGradient(plan, shape, source_dims, weight_dims, destination_dims));
    ASSIGN_OR_RETURN(const onednn::Primitive chosen, onednn::ConvolutionForward(shape));
    ASSIGN_OR_RETURN(const View source, plan.InLayout(plan.ViewOf(input), chosen.source));
    ASSIGN_OR_RETURN(const BufferRef weight, plan.Weight(weight_index, chosen.weights));
    std::optional<BufferRef> bias;
    if (bias_) {
      ASSIGN_OR_RETURN(bias, plan.Weight(plan.parameter(kBias), onednn::Plain({filters_})));
    }
    const Value output = plan.NewValue(out, chosen.destination);
    shape.weights = chosen.weights;
    for (const Group& group : plan.groups()) {
      shape.source = onednn::ForBatch(source.layout, group.count);
      shape.destination = onednn::ForBatch(chosen.destination, group.count);
      ASSIGN_OR_RETURN(const onednn::Primitive forward, onednn::ConvolutionForward(shape));
      std::vector<Operand> operands = {plan.On(DNNL_ARG_SRC, source, group),
                                       {DNNL_ARG_WEIGHTS, weight, chosen.weights},
                                       plan.On(DNNL_ARG_DST, plan.ViewOf(output), group)};
      if (bias) operands.push_back({DNNL_ARG_BIAS, *bias, onednn::Plain({filters_})});
      RETURN_IF_ERROR(plan.AddToGroup("conv2d", group, forward, std::move(operands)));
    }
    plan.OnBackward([=, *this](PlanBuilder& plan) -> absl::Status {
      ASSIGN_OR_RETURN(const View gradient, plan.GradientOf(output));
      onednn::ConvolutionShape any = shape;
      any.destination = onednn::Any(destination_dims, type);
      if (plan.input_gradient()) {
        any.source = onednn::Any(source_dims);
        any.weights = onednn::Any(weight_dims, type);
        RETURN_IF_ERROR(EmitBackwardData(plan, any, input, gradient));
      }
      any.source = onednn::Any(source_dims, type);
      any.weights = onednn::Any(weight_dims);
      return EmitBackwardWeights(plan, any, source, gradient);
    });
    return output;
  }

 private:
  std::optional<BlockedConvolution> Blocked(const Shape& image, const Window::Geometry& geometry,
                                            int64_t batch, onednn::Type products) const {
    if (groups_ != 1) return std::nullopt;
    return BlockedConvolution::IfFaster(image, filters_, geometry, bias_, batch, products);
  }
  // Whichever type the products have.
  int64_t MostOf(const Shape& image, int64_t batch,
                 int64_t (BlockedConvolution::*elements)() const) const {
    const Window::Geometry geometry = *window_.Over(image);
    int64_t most = 0;
    for (const onednn::Type products : {onednn::Type::kFloat32, onednn::Type::kBfloat16}) {
      if (const auto blocked = Blocked(image, geometry, batch, products))
        most = std::max(most, ((*blocked).*elements)());
    }
    return most;
  }

  // oneDNN 2.6 has no fast bfloat16 weight gradient for few channels: 1.0 ms against 0.15 ms in
  // float32 for 1 channel under 5x5 taps.
  onednn::Type ComputeType(onednn::Type wanted, const Shape& image) const {
    constexpr int64_t kFewChannels = 16;
    return image[0] / groups_ < kFewChannels || filters_ / groups_ < kFewChannels
               ? onednn::Type::kFloat32
               : wanted;
  }

  // The parameter's own float32 layout becomes that of its gradient, so that only the narrow copy
  // is reordered in each step.
  static absl::Status OwnLayoutOfGradient(PlanBuilder& plan, onednn::ConvolutionShape shape,
                                          const onednn::Dims& source_dims,
                                          const onednn::Dims& weight_dims,
                                          const onednn::Dims& destination_dims) {
    const onednn::Type type = onednn::TypeOf(shape.source);
    shape.source = onednn::Any(source_dims, type);
    shape.weights = onednn::Any(weight_dims);
    shape.destination = onednn::Any(destination_dims, type);
    ASSIGN_OR_RETURN(const onednn::Primitive backward, onednn::ConvolutionBackwardWeights(shape));
    return plan.Weight(plan.parameter(kWeight), backward.diff_weights).status();
  }

  onednn::Dims WeightDims(const Shape& image) const {
    const int64_t channels = image[0] / groups_;
    if (groups_ == 1) return {filters_, channels, window_.height(), window_.width()};
    return {groups_, filters_ / groups_, channels, window_.height(), window_.width()};
  }

  absl::Status EmitBackwardData(PlanBuilder& plan, onednn::ConvolutionShape shape, Value input,
                                const View& gradient) const {
    ASSIGN_OR_RETURN(const onednn::Primitive chosen, onednn::ConvolutionBackwardData(shape));
    ASSIGN_OR_RETURN(const View from, plan.InLayout(gradient, chosen.diff_destination));
    ASSIGN_OR_RETURN(const BufferRef weight, plan.Weight(plan.parameter(kWeight), chosen.weights));
    const View to = plan.NewView(chosen.diff_source);
    shape.weights = chosen.weights;
    for (const Group& group : plan.groups()) {
      shape.source = onednn::ForBatch(to.layout, group.count);
      shape.destination = onednn::ForBatch(from.layout, group.count);
      ASSIGN_OR_RETURN(const onednn::Primitive backward, onednn::ConvolutionBackwardData(shape));
      RETURN_IF_ERROR(plan.AddToGroup("conv2d backward data", group, backward,
                                      {plan.On(DNNL_ARG_DIFF_DST, from, group),
                                       {DNNL_ARG_WEIGHTS, weight, chosen.weights},
                                       plan.On(DNNL_ARG_DIFF_SRC, to, group)}));
    }
    plan.AddGradient(input, to);
    return absl::OkStatus();
  }

  // Ranges of the batch with a weight gradient each: the plan's groups, or several of them together
  // where so many gradients would not stay in the cache until they are added up.
  static std::vector<Group> GradientParts(const PlanBuilder& plan, int64_t weight_bytes) {
    constexpr int64_t kMostBytes = int64_t{16} << 20;
    constexpr size_t kLeastParts = 4;
    std::vector<Group> parts = plan.groups();
    while (parts.size() / 2 >= kLeastParts &&
           static_cast<int64_t>(parts.size()) * weight_bytes > kMostBytes) {
      std::vector<Group> pairs;
      for (size_t i = 0; i < parts.size(); i += 2) {
        Group pair = {static_cast<int>(pairs.size()), parts[i].begin, parts[i].count};
        if (i + 1 < parts.size()) pair.count += parts[i + 1].count;
        pairs.push_back(pair);
      }
      parts = std::move(pairs);
    }
    return parts;
  }

  absl::Status EmitBackwardWeights(PlanBuilder& plan, onednn::ConvolutionShape shape,
                                   const View& forward_source, const View& gradient) const {
    const int64_t weight_bytes = onednn::Bytes(onednn::Plain(onednn::DimsOf(shape.weights)));
    const std::vector<Group> parts = GradientParts(plan, weight_bytes);
    const int count = static_cast<int>(parts.size());
    onednn::Dims source_dims = onednn::DimsOf(shape.source);
    onednn::Dims destination_dims = onednn::DimsOf(shape.destination);
    source_dims[0] = destination_dims[0] = parts[0].count;
    shape.source = onednn::Any(source_dims, onednn::TypeOf(shape.source));
    shape.destination = onednn::Any(destination_dims, onednn::TypeOf(shape.destination));
    ASSIGN_OR_RETURN(const onednn::Primitive chosen, onednn::ConvolutionBackwardWeights(shape));
    const int64_t group = plan.largest_group();
    ASSIGN_OR_RETURN(const View source,
                     plan.InLayout(forward_source, onednn::ForBatch(chosen.source, group)));
    ASSIGN_OR_RETURN(const View from,
                     plan.InLayout(gradient, onednn::ForBatch(chosen.diff_destination, group)));
    const int64_t part_bytes = onednn::Bytes(chosen.diff_weights);
    const onednn::Layout bias_layout = onednn::Plain({filters_});
    const int64_t bias_bytes = onednn::Bytes(bias_layout);
    const BufferRef weight_parts = plan.NewBuffer(part_bytes * count);
    const BufferRef bias_parts = bias_ ? plan.NewBuffer(bias_bytes * count) : BufferRef();
    const bool merged = parts.size() < plan.groups().size();
    constexpr char kName[] = "conv2d backward weights";
    shape.weights = chosen.diff_weights;
    if (merged) plan.BeginStage(kName, count);
    for (const Group& part : parts) {
      shape.source = onednn::ForBatch(chosen.source, part.count);
      shape.destination = onednn::ForBatch(chosen.diff_destination, part.count);
      ASSIGN_OR_RETURN(const onednn::Primitive backward, onednn::ConvolutionBackwardWeights(shape));
      std::vector<Operand> operands = {
          {DNNL_ARG_SRC, plan.At(source, part), shape.source},
          {DNNL_ARG_DIFF_DST, plan.At(from, part), shape.destination},
          {DNNL_ARG_DIFF_WEIGHTS, weight_parts.At(part_bytes * part.index), chosen.diff_weights}};
      if (bias_)
        operands.push_back(
            {DNNL_ARG_DIFF_BIAS, bias_parts.At(bias_bytes * part.index), bias_layout});
      RETURN_IF_ERROR(merged ? plan.AddToTile(part.index, backward, std::move(operands))
                             : plan.AddToGroup(kName, part, backward, std::move(operands)));
    }
    RETURN_IF_ERROR(
        plan.ReduceGradient(plan.parameter(kWeight), weight_parts, count, chosen.diff_weights));
    if (bias_) return plan.ReduceGradient(plan.parameter(kBias), bias_parts, count, bias_layout);
    return absl::OkStatus();
  }

  int64_t filters_;
  Window window_;
  int64_t groups_;
  bool bias_;
  std::optional<RawComponent> initializer_;
  std::string initializer_path_;
};

}  // namespace

CatalogEntry<Layer> Conv2dEntry() {
  return {Schema("conv2d",
                 "Two-dimensional convolution. Input [channels, height, width], output [filters, "
                 "height', width'].")
              .Add(Integer("filters", "Number of output channels.")
                       .Required()
                       .AtLeast(1)
                       .AtMost(kMaxFilters))
              .Add(KernelParam("kernel", "Size of the window: one value, or [height, width].")
                       .Required())
              .Add(StrideParam())
              .Add(PaddingParam())
              .Add(Integer("groups", "Channels are divided into so many independent groups.")
                       .AtLeast(1)
                       .AtMost(kMaxFilters)
                       .Default(1))
              .Add(Boolean("bias", "Adds a learned bias per filter.").Default(true))
              .Add(ComponentParam("initializer", "initializer",
                                  "Of the weight; where absent the model's default."))
              .Example("{type: conv2d, filters: 32, kernel: 3, padding: same}"),
          [](const Params& params, Violations&) { return std::make_unique<Conv2d>(params); }};
}

}  // namespace trainyard::layers
