#include "engine/layers/activation.h"

#include <algorithm>
#include <cmath>

#include "engine/base/status.h"
#include "engine/layers/gelu_kernels.h"

namespace trainyard::layers {
namespace {

constexpr float kSigmoidLow = 0.05f;
constexpr float kSigmoidHigh = 0.95f;
constexpr float kTanhBound = 0.95f;

// Per group: the number of saturated outputs (width 1), or per channel whether any output was not
// zero (width = channels). Padding of blocked layouts is left out.
void EmitProbe(PlanBuilder& plan, const View& output, ActivationProbe kind) {
  onednn::BlockForm form;
  if (!onednn::FormOf(output.layout, form)) return;
  if (const onednn::Dims dims = onednn::DimsOf(output.layout); dims.size() == 3) {
    // [batch, positions, features]: a unit is a feature, as in NHWC.
    form.channels = form.block = dims[2];
    form.channel_blocks = 1;
    form.spatial = dims[1];
  }
  const bool dead = kind == ActivationProbe::kDead;
  const int64_t width = dead ? form.channels : 1;
  const int64_t groups = static_cast<int64_t>(plan.groups().size());
  const BufferRef counts =
      plan.NewPinnedBuffer(groups * width * static_cast<int64_t>(sizeof(float)));
  for (const Group& group : plan.groups()) {
    const BufferRef from = plan.At(output, group);
    const BufferRef to = counts.At(group.index * width * static_cast<int64_t>(sizeof(float)));
    plan.AddToGroup("probe", group, {from, counts},
                    [=](const StepContext& context, const Memory& memory) {
                      if (!context.probe) return;
                      const float* value = memory.Get<float>(from);
                      float* const count = memory.Get<float>(to);
                      std::fill(count, count + width, 0.0f);
                      for (int64_t i = 0; i < group.count * form.channel_blocks * form.spatial;
                           ++i, value += form.block) {
                        const int64_t first = i / form.spatial % form.channel_blocks * form.block;
                        const int64_t lanes = std::min(form.block, form.channels - first);
                        for (int64_t lane = 0; lane < lanes; ++lane) {
                          const float x = value[lane];
                          switch (kind) {
                            case ActivationProbe::kDead:
                              if (x != 0) count[first + lane] = 1;
                              break;
                            case ActivationProbe::kSaturatedSigmoid:
                              count[0] += x < kSigmoidLow || x > kSigmoidHigh;
                              break;
                            case ActivationProbe::kSaturatedTanh:
                              count[0] += std::abs(x) > kTanhBound;
                              break;
                            case ActivationProbe::kNone:
                              break;
                          }
                        }
                      }
                    });
  }
  plan.AddProbe({plan.node_name() + (dead ? "/dead_units" : "/saturation"), counts, width,
                 dead ? 0 : form.channels * form.spatial});
}

class ActivationLayer final : public Layer {
 public:
  ActivationLayer(onednn::Activation kind, float alpha, ActivationProbe probe)
      : kind_(kind), alpha_(alpha), probe_(probe) {}

  absl::StatusOr<Shape> OutputShape(absl::Span<const Shape> inputs) const override {
    return inputs[0];
  }

  bool IsRelu() const override { return kind_ == onednn::Activation::kRelu && alpha_ == 0.0f; }
  void EmitAppended(PlanBuilder& plan, Value output) const override {
    if (plan.training() && probe_ != ActivationProbe::kNone)
      EmitProbe(plan, plan.ViewOf(output), probe_);
  }

  absl::StatusOr<Value> Emit(PlanBuilder& plan, absl::Span<const Value> inputs) const override {
    const Value input = inputs[0];
    const View source = plan.ViewOf(input);
    const Value output = plan.NewValue(plan.shape(input), source.layout);
    for (const Group& group : plan.groups()) {
      if (kind_ == onednn::Activation::kGeluErf) {
        const int64_t count = Elements(source, group);
        const BufferRef x = plan.At(source, group), y = plan.At(plan.ViewOf(output), group);
        plan.AddToGroup("activation", group, {x, y}, [=](const StepContext&, const Memory& memory) {
          GeluForward(memory.Get<float>(x), count, memory.Get<float>(y));
        });
        continue;
      }
      ASSIGN_OR_RETURN(
          const onednn::Primitive forward,
          onednn::ActivationForward(kind_, alpha_, onednn::ForBatch(source.layout, group.count)));
      RETURN_IF_ERROR(plan.AddToGroup("activation", group, forward,
                                      {plan.On(DNNL_ARG_SRC, source, group),
                                       plan.On(DNNL_ARG_DST, plan.ViewOf(output), group)}));
    }
    if (plan.training() && probe_ != ActivationProbe::kNone)
      EmitProbe(plan, plan.ViewOf(output), probe_);
    plan.OnBackward([=, *this](PlanBuilder& plan) -> absl::Status {
      ASSIGN_OR_RETURN(const View given, plan.GradientOf(output));
      ASSIGN_OR_RETURN(const View gradient, plan.InLayout(given, source.layout));
      const View to = plan.NewView(source.layout);
      for (const Group& group : plan.groups()) {
        if (kind_ == onednn::Activation::kGeluErf) {
          const int64_t count = Elements(source, group);
          const BufferRef x = plan.At(source, group), by_y = plan.At(gradient, group);
          const BufferRef by_x = plan.At(to, group);
          plan.AddToGroup("activation backward", group, {x, by_y, by_x},
                          [=](const StepContext&, const Memory& memory) {
                            GeluBackward(memory.Get<float>(x), memory.Get<float>(by_y), count,
                                         memory.Get<float>(by_x));
                          });
          continue;
        }
        ASSIGN_OR_RETURN(const onednn::Primitive backward,
                         onednn::ActivationBackward(kind_, alpha_,
                                                    onednn::ForBatch(source.layout, group.count)));
        RETURN_IF_ERROR(plan.AddToGroup(
            "activation backward", group, backward,
            {plan.On(DNNL_ARG_SRC, source, group), plan.On(DNNL_ARG_DIFF_DST, gradient, group),
             plan.On(DNNL_ARG_DIFF_SRC, to, group)}));
      }
      plan.AddGradient(input, to);
      return absl::OkStatus();
    });
    return output;
  }

 private:
  // Of a group's part, with the padding of its layout.
  static int64_t Elements(const View& view, const Group& group) {
    return onednn::Bytes(onednn::ForBatch(view.layout, group.count)) /
           static_cast<int64_t>(sizeof(float));
  }

  onednn::Activation kind_;
  float alpha_;
  ActivationProbe probe_;
};

}  // namespace

std::unique_ptr<Layer> MakeActivation(onednn::Activation kind, float alpha, ActivationProbe probe) {
  return std::make_unique<ActivationLayer>(kind, alpha, probe);
}

}  // namespace trainyard::layers
