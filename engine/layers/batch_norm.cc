// Batch normalisation (Ioffe & Szegedy 2015) with statistics of the whole batch, per channel of an
// image or per feature of a vector. Means and variances are combined over groups by Chan et al.
// (1979).
#include <cmath>
#include <vector>

#include "engine/base/status.h"
#include "engine/graph/plan_builder.h"
#include "engine/layers/normalization.h"

namespace trainyard::layers {
namespace {

constexpr int kScale = 0;
constexpr int kShift = 1;
constexpr int kRunningMean = 2;
constexpr int kRunningVariance = 3;
constexpr int64_t kFloatBytes = sizeof(float);
constexpr int64_t kDoubleBytes = sizeof(double);

// Arrays of one value a (padded) channel.
struct ChannelBuffers {
  BufferRef mean, inverse_deviation;  // of the batch
  BufferRef factor, offset;           // y = factor * x + offset
};

class BatchNorm final : public Layer {
 public:
  explicit BatchNorm(const Params& params)
      : momentum_(params.Num("momentum")), epsilon_(params.Num("epsilon")) {}

  absl::StatusOr<Shape> OutputShape(absl::Span<const Shape> inputs) const override {
    if (inputs[0].rank() != 1 && inputs[0].rank() != 3) {
      return absl::InvalidArgumentError(
          "batch_norm takes [features] or [channels, height, width], got " + inputs[0].ToString());
    }
    return inputs[0];
  }

  std::vector<ParameterSpec> Parameters(absl::Span<const Shape> inputs) const override {
    using Fill = ParameterSpec::Fill;
    const auto make = [&](const char* name, Fill fill, bool trainable) {
      ParameterSpec spec;
      spec.name = name;
      spec.shape = Shape{inputs[0][0]};
      spec.fill = fill;
      spec.trainable = trainable;
      spec.decay = false;
      return spec;
    };
    return {make("scale", Fill::kOnes, true), make("shift", Fill::kZeros, true),
            make("running_mean", Fill::kZeros, false),
            make("running_variance", Fill::kOnes, false)};
  }

  bool CanAppendRelu() const override { return true; }

  absl::StatusOr<Value> Emit(PlanBuilder& plan, absl::Span<const Value> inputs) const override {
    const Value input = inputs[0];
    onednn::BlockForm form;
    View source = plan.ViewOf(input);
    if (!onednn::FormOf(source.layout, form)) {
      const onednn::Layout plain =
          onednn::Plain(BatchDims(plan.largest_group(), plan.shape(input)));
      ASSIGN_OR_RETURN(source, plan.InLayout(source, plain));
      onednn::FormOf(plain, form);
    }
    const int64_t padded = form.channel_blocks * form.block;
    ChannelBuffers channels;
    for (BufferRef* ref :
         {&channels.mean, &channels.inverse_deviation, &channels.factor, &channels.offset}) {
      *ref = plan.NewBuffer(padded * kFloatBytes);
    }
    const onednn::Layout vector = onednn::Plain({form.channels});
    ASSIGN_OR_RETURN(const BufferRef scale, plan.Weight(plan.parameter(kScale), vector));
    ASSIGN_OR_RETURN(const BufferRef shift, plan.Weight(plan.parameter(kShift), vector));
    ASSIGN_OR_RETURN(const BufferRef running_mean,
                     plan.Weight(plan.parameter(kRunningMean), vector));
    ASSIGN_OR_RETURN(const BufferRef running_variance,
                     plan.Weight(plan.parameter(kRunningVariance), vector));
    if (plan.training()) {
      EmitBatchStatistics(plan, form, source, channels, scale, shift, running_mean,
                          running_variance);
    } else {
      EmitRunningStatistics(plan, form, channels, scale, shift, running_mean, running_variance);
    }
    const Value output = plan.NewValue(plan.shape(input), source.layout);
    const bool relu = plan.append_relu();
    for (const Group& group : plan.groups()) {
      const BufferRef x = plan.At(source, group);
      const BufferRef y = plan.At(plan.ViewOf(output), group);
      plan.AddToGroup("batch_norm", group, {x, y, channels.factor, channels.offset},
                      [=](const StepContext&, const Memory& memory) {
                        ChannelAffine(form, group.count, memory.Get<float>(x),
                                      memory.Get<float>(channels.factor),
                                      memory.Get<float>(channels.offset), relu,
                                      memory.Get<float>(y));
                      });
    }
    plan.OnBackward([=, *this](PlanBuilder& plan) {
      return EmitBackward(plan, form, input, output, source, channels, relu);
    });
    return output;
  }

 private:
  // Means, squares and their combination; leaves factor and offset, and updates the running
  // statistics.
  void EmitBatchStatistics(PlanBuilder& plan, const onednn::BlockForm& form, const View& source,
                           const ChannelBuffers& channels, const BufferRef& scale,
                           const BufferRef& shift, const BufferRef& running_mean,
                           const BufferRef& running_variance) const {
    const int64_t padded = form.channel_blocks * form.block;
    const int64_t group_count = static_cast<int64_t>(plan.groups().size());
    const BufferRef means = plan.NewBuffer(group_count * padded * kFloatBytes);
    const BufferRef sums = plan.NewBuffer(group_count * padded * kDoubleBytes);
    for (const Group& group : plan.groups()) {
      const BufferRef x = plan.At(source, group);
      const BufferRef mean = means.At(group.index * padded * kFloatBytes);
      const BufferRef sum = sums.At(group.index * padded * kDoubleBytes);
      plan.AddToGroup("batch_norm statistics", group, {x, means, sums},
                      [=](const StepContext&, const Memory& memory) {
                        double* const total = memory.Get<double>(sum);
                        float* const center = memory.Get<float>(mean);
                        ChannelSums(form, group.count, memory.Get<float>(x), total);
                        const double count = static_cast<double>(group.count * form.spatial);
                        for (int64_t c = 0; c < padded; ++c)
                          center[c] = static_cast<float>(total[c] / count);
                        ChannelSquares(form, group.count, memory.Get<float>(x), center, total);
                      });
    }
    const std::vector<Group> groups = plan.groups();
    const double momentum = momentum_;
    const double epsilon = epsilon_;
    plan.BeginStage("batch_norm combine", 1);
    plan.AddToTile(
        0,
        {means, sums, channels.mean, channels.inverse_deviation, channels.factor, channels.offset},
        [=](const StepContext&, const Memory& memory) {
          const float* const group_mean = memory.Get<float>(means);
          const double* const group_squares = memory.Get<double>(sums);
          for (int64_t c = 0; c < padded; ++c) {
            double count = 0;
            double mean = 0;
            double squares = 0;
            for (size_t g = 0; g < groups.size(); ++g) {
              const double more = static_cast<double>(groups[g].count * form.spatial);
              const double difference = group_mean[g * padded + c] - mean;
              squares += group_squares[g * padded + c] +
                         difference * difference * count * more / (count + more);
              mean += difference * more / (count + more);
              count += more;
            }
            const double variance = squares / count;
            const bool real = c < form.channels;  // padding stays zero
            const double inverse = 1.0 / std::sqrt(variance + epsilon);
            const double factor = real ? memory.Get<float>(scale)[c] * inverse : 0.0;
            memory.Get<float>(channels.mean)[c] = static_cast<float>(mean);
            memory.Get<float>(channels.inverse_deviation)[c] = static_cast<float>(inverse);
            memory.Get<float>(channels.factor)[c] = static_cast<float>(factor);
            memory.Get<float>(channels.offset)[c] =
                real ? static_cast<float>(memory.Get<float>(shift)[c] - factor * mean) : 0.0f;
            // One value has no spread: it would pull the running variance to zero. PyTorch refuses
            // such a batch; here it may be an epoch's last one.
            if (!real || count == 1) continue;
            float& kept_mean = memory.Get<float>(running_mean)[c];
            float& kept_variance = memory.Get<float>(running_variance)[c];
            const double unbiased = squares / (count - 1);
            kept_mean = static_cast<float>((1 - momentum) * kept_mean + momentum * mean);
            kept_variance =
                static_cast<float>((1 - momentum) * kept_variance + momentum * unbiased);
          }
        });
  }

  void EmitRunningStatistics(PlanBuilder& plan, const onednn::BlockForm& form,
                             const ChannelBuffers& channels, const BufferRef& scale,
                             const BufferRef& shift, const BufferRef& running_mean,
                             const BufferRef& running_variance) const {
    const int64_t padded = form.channel_blocks * form.block;
    const double epsilon = epsilon_;
    plan.BeginStage("batch_norm running statistics", 1);
    plan.AddToTile(
        0, {channels.factor, channels.offset}, [=](const StepContext&, const Memory& memory) {
          for (int64_t c = 0; c < padded; ++c) {
            double factor = 0;
            double offset = 0;
            if (c < form.channels) {
              factor = memory.Get<float>(scale)[c] /
                       std::sqrt(memory.Get<float>(running_variance)[c] + epsilon);
              offset = memory.Get<float>(shift)[c] - factor * memory.Get<float>(running_mean)[c];
            }
            memory.Get<float>(channels.factor)[c] = static_cast<float>(factor);
            memory.Get<float>(channels.offset)[c] = static_cast<float>(offset);
          }
        });
  }

  // dx = factor * (dy - mean(dy) - xhat * mean(dy * xhat)), xhat = (x - mean) * inverse_deviation.
  absl::Status EmitBackward(PlanBuilder& plan, const onednn::BlockForm& form, Value input,
                            Value output, const View& source, const ChannelBuffers& channels,
                            bool relu) const {
    ASSIGN_OR_RETURN(const View given, plan.GradientOf(output));
    ASSIGN_OR_RETURN(const View gradient, plan.InLayout(given, source.layout));
    const int64_t padded = form.channel_blocks * form.block;
    const int64_t group_count = static_cast<int64_t>(plan.groups().size());
    const BufferRef sums = plan.NewBuffer(group_count * padded * kDoubleBytes);
    const BufferRef products = plan.NewBuffer(group_count * padded * kDoubleBytes);
    const auto gradient_of = [=](const BufferRef& x, const BufferRef& dy, const Memory& memory) {
      return ChannelGradient{memory.Get<float>(x),
                             memory.Get<float>(dy),
                             memory.Get<float>(channels.mean),
                             memory.Get<float>(channels.factor),
                             memory.Get<float>(channels.offset),
                             relu};
    };
    for (const Group& group : plan.groups()) {
      const BufferRef x = plan.At(source, group);
      const BufferRef dy = plan.At(gradient, group);
      const int64_t place = group.index * padded * kDoubleBytes;
      plan.AddToGroup("batch_norm backward sums", group,
                      {x, dy, sums, products, channels.mean, channels.factor, channels.offset},
                      [=](const StepContext&, const Memory& memory) {
                        ChannelProducts(form, group.count, gradient_of(x, dy, memory),
                                        memory.Get<double>(sums.At(place)),
                                        memory.Get<double>(products.At(place)));
                      });
    }
    const BufferRef coefficients = plan.NewBuffer(3 * padded * kFloatBytes);  // a, b, c
    const BufferRef scale_gradient = plan.Gradient(plan.parameter(kScale));
    const BufferRef shift_gradient = plan.Gradient(plan.parameter(kShift));
    const double count = static_cast<double>(plan.batch() * form.spatial);
    plan.BeginStage("batch_norm backward combine", 1);
    plan.AddToTile(0, {sums, products, coefficients, channels.inverse_deviation, channels.factor},
                   [=](const StepContext&, const Memory& memory) {
                     float* const a = memory.Get<float>(coefficients);
                     for (int64_t c = 0; c < padded; ++c) {
                       double sum = 0;
                       double product = 0;
                       for (int64_t g = 0; g < group_count; ++g) {
                         sum += memory.Get<double>(sums)[g * padded + c];
                         product += memory.Get<double>(products)[g * padded + c];
                       }
                       const double inverse = memory.Get<float>(channels.inverse_deviation)[c];
                       const double factor = memory.Get<float>(channels.factor)[c];
                       a[c] = static_cast<float>(factor);
                       a[padded + c] =
                           static_cast<float>(-factor * inverse * inverse * product / count);
                       a[2 * padded + c] = static_cast<float>(-factor * sum / count);
                       if (c >= form.channels) continue;
                       memory.Get<float>(scale_gradient)[c] = static_cast<float>(product * inverse);
                       memory.Get<float>(shift_gradient)[c] = static_cast<float>(sum);
                     }
                   });
    if (!plan.input_gradient()) return absl::OkStatus();
    const View to = plan.NewView(source.layout);
    for (const Group& group : plan.groups()) {
      const BufferRef x = plan.At(source, group);
      const BufferRef dy = plan.At(gradient, group);
      const BufferRef dx = plan.At(to, group);
      plan.AddToGroup("batch_norm backward", group,
                      {x, dy, dx, coefficients, channels.mean, channels.factor, channels.offset},
                      [=](const StepContext&, const Memory& memory) {
                        const float* const a = memory.Get<float>(coefficients);
                        ChannelBackward(form, group.count, gradient_of(x, dy, memory), a,
                                        a + padded, a + 2 * padded, memory.Get<float>(dx));
                      });
    }
    plan.AddGradient(input, to);
    return absl::OkStatus();
  }

  double momentum_;
  double epsilon_;
};

}  // namespace

CatalogEntry<Layer> BatchNormEntry() {
  return {Schema("batch_norm",
                 "Normalises each channel of [channels, height, width] or feature of [features] "
                 "over the batch, then "
                 "scales and shifts it.")
              .Add(Number("momentum", "Share of a new batch in the running statistics.")
                       .Above(0)
                       .AtMost(1)
                       .Default(0.1))
              .Add(Number("epsilon", "Added to the variance.").Above(0).AtMost(1).Default(1e-5))
              .Example("batch_norm"),
          [](const Params& params, Violations&) { return std::make_unique<BatchNorm>(params); }};
}

}  // namespace trainyard::layers
