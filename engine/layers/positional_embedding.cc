// Learned positions (Gehring et al. 2017): adds a vector that depends on nothing but the place in
// the sequence. PyTorch: an Embedding of arange(positions), added.
#include "engine/base/status.h"
#include "engine/graph/plan_builder.h"
#include "engine/layers/linear.h"

namespace trainyard::layers {
namespace {

constexpr double kDeviation = 0.02;

class PositionalEmbedding final : public Layer {
 public:
  explicit PositionalEmbedding(const Params& params) {
    initializer_ = {"normal", {{"stddev", {kDeviation}}}};
    if (params.Has("initializer")) initializer_ = params.Comp("initializer");
    initializer_path_ = params.PathOf("initializer");
  }

  absl::StatusOr<Shape> OutputShape(absl::Span<const Shape> inputs) const override {
    if (inputs[0].rank() != 2) {
      return absl::InvalidArgumentError("positional_embedding takes [positions, features], got " +
                                        inputs[0].ToString() +
                                        "; put an embedding layer before it");
    }
    return inputs[0];
  }

  std::vector<ParameterSpec> Parameters(absl::Span<const Shape> inputs) const override {
    ParameterSpec weight;
    weight.name = "weight";
    weight.shape = inputs[0];
    weight.fans = {inputs[0][0], inputs[0][1]};
    weight.initializer = initializer_;
    weight.initializer_path = initializer_path_;
    return {weight};
  }

  absl::StatusOr<Value> Emit(PlanBuilder& plan, absl::Span<const Value> inputs) const override {
    const Value input = inputs[0];
    const Shape shape = plan.shape(input);
    const int64_t elements = shape.elements();
    const onednn::Layout layout = onednn::Plain(BatchDims(plan.largest_group(), shape));
    ASSIGN_OR_RETURN(const View source, plan.InLayout(plan.ViewOf(input), layout));
    ASSIGN_OR_RETURN(const BufferRef weight,
                     plan.Weight(plan.parameter(0), onednn::Plain(shape.dims())));
    const Value output = plan.NewValue(shape, layout);
    for (const Group& group : plan.groups()) {
      const BufferRef x = plan.At(source, group);
      const BufferRef y = plan.At(plan.ViewOf(output), group);
      plan.AddToGroup("positional_embedding", group, {x, y},
                      [=](const StepContext&, const Memory& memory) {
                        const float* const add = memory.Get<float>(weight);
                        const float* from = memory.Get<float>(x);
                        float* to = memory.Get<float>(y);
                        for (int64_t sample = 0; sample < group.count; ++sample) {
                          for (int64_t i = 0; i < elements; ++i) to[i] = from[i] + add[i];
                          from += elements;
                          to += elements;
                        }
                      });
    }
    plan.OnBackward([=](PlanBuilder& plan) -> absl::Status {
      ASSIGN_OR_RETURN(const View given, plan.GradientOf(output));
      ASSIGN_OR_RETURN(const View gradient, plan.InLayout(given, layout));
      plan.BeginStage("positional_embedding backward", ColumnSumTiles(plan.batch(), elements));
      EmitColumnSums(plan, 0, gradient.ref, plan.batch(), elements,
                     plan.Gradient(plan.parameter(0)));
      if (plan.input_gradient()) plan.AddGradient(input, gradient);
      return absl::OkStatus();
    });
    return output;
  }

 private:
  RawComponent initializer_;
  std::string initializer_path_;
};

}  // namespace

CatalogEntry<Layer> PositionalEmbeddingEntry() {
  return {Schema("positional_embedding",
                 "Adds a learned vector for each position. Input and output [positions, features].")
              .Add(ComponentParam("initializer", "initializer",
                                  "Where absent normal with a standard deviation of 0.02."))
              .Example("positional_embedding"),
          [](const Params& params, Violations&) {
            return std::make_unique<PositionalEmbedding>(params);
          }};
}

}  // namespace trainyard::layers
