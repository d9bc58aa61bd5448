// Inverted dropout (Srivastava et al. 2014). The mask is a function of (seed, layer, step, place),
// drawn again in the backward pass instead of being kept.
#include <cmath>

#include "engine/base/philox.h"
#include "engine/base/status.h"
#include "engine/graph/plan_builder.h"

namespace trainyard::layers {
namespace {

// A Philox call gives eight 16-bit draws: the rate is kept to 1/65536.
constexpr int64_t kDraws = 8;
constexpr double kDrawRange = 65536.0;

struct Mask {
  uint32_t item = 0;
  uint32_t threshold = 0;  // a draw below it drops
  float scale = 1;
};

// to[i] = from[i] * scale where kept, 0 elsewhere; `first` is the place of from[0] in the step.
void Apply(const Mask& mask, const StepContext& context, int64_t first, int64_t count,
           const float* from, float* to) {
  const RandomStream stream(context.seed, RandomPurpose::kDropout, mask.item);
  for (int64_t block = first / kDraws; block * kDraws < first + count; ++block) {
    const auto words = stream.Words(context.step, static_cast<uint64_t>(block));
    const int64_t begin = std::max(block * kDraws, first);
    const int64_t end = std::min((block + 1) * kDraws, first + count);
    for (int64_t place = begin; place < end; ++place) {
      const int64_t draw = place - block * kDraws;
      const uint32_t bits = words[draw / 2] >> (draw % 2 * 16) & 0xffffu;
      const int64_t i = place - first;
      to[i] = bits < mask.threshold ? 0.0f : from[i] * mask.scale;
    }
  }
}

void Emit(PlanBuilder& plan, const char* name, const Mask& mask, const View& from, const View& to) {
  const int64_t sample = onednn::Bytes(from.layout) / onednn::DimsOf(from.layout)[0] /
                         static_cast<int64_t>(sizeof(float));
  for (const Group& group : plan.groups()) {
    const BufferRef in = plan.At(from, group);
    const BufferRef out = plan.At(to, group);
    plan.AddToGroup(name, group, {in, out}, [=](const StepContext& context, const Memory& memory) {
      Apply(mask, context, (context.first_sample + group.begin) * sample, group.count * sample,
            memory.Get<float>(in), memory.Get<float>(out));
    });
  }
}

class Dropout final : public Layer {
 public:
  explicit Dropout(double rate) : rate_(rate) {}

  absl::StatusOr<Shape> OutputShape(absl::Span<const Shape> inputs) const override {
    return inputs[0];
  }

  absl::StatusOr<Value> Emit(PlanBuilder& plan, absl::Span<const Value> inputs) const override {
    const Value input = inputs[0];
    if (!plan.training() || rate_ == 0) return input;
    const View source = plan.ViewOf(input);
    const Value output = plan.NewValue(plan.shape(input), source.layout);
    Mask mask;
    mask.item = static_cast<uint32_t>(plan.node_index());
    mask.threshold = static_cast<uint32_t>(std::lround(rate_ * kDrawRange));
    mask.scale = static_cast<float>(1.0 / (1.0 - mask.threshold / kDrawRange));
    trainyard::layers::Emit(plan, "dropout", mask, source, plan.ViewOf(output));
    plan.OnBackward([=](PlanBuilder& plan) -> absl::Status {
      ASSIGN_OR_RETURN(const View given, plan.GradientOf(output));
      ASSIGN_OR_RETURN(const View gradient, plan.InLayout(given, source.layout));
      const View to = plan.NewView(source.layout);
      trainyard::layers::Emit(plan, "dropout backward", mask, gradient, to);
      plan.AddGradient(input, to);
      return absl::OkStatus();
    });
    return output;
  }

 private:
  double rate_;
};

}  // namespace

CatalogEntry<Layer> DropoutEntry() {
  return {Schema("dropout",
                 "Sets a random share of its inputs to zero in training and scales the others up. "
                 "Any shape.")
              .Add(Number("rate", "Share that is dropped.").Required().AtLeast(0).AtMost(0.99))
              .Example("{type: dropout, rate: 0.5}"),
          [](const Params& params, Violations&) {
            return std::make_unique<Dropout>(params.Num("rate"));
          }};
}

}  // namespace trainyard::layers
