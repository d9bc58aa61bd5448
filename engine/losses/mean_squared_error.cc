// Mean over targets of (output - target)^2: PyTorch's MSELoss.
#include "engine/losses/check.h"
#include "engine/losses/loss.h"

namespace trainyard::losses {
namespace {

constexpr char kType[] = "mean_squared_error";

class MeanSquaredError final : public Loss {
 public:
  absl::Status Check(const DataInfo& data) const override { return NeedsTargets(kType, data); }

  double Compute(const LossRows& rows, float scale, float* gradient) const override {
    const int64_t count = rows.count * rows.width;
    double total = 0;
    for (int64_t i = 0; i < count; ++i) {
      const double difference = static_cast<double>(rows.outputs[i]) - rows.targets[i];
      total += difference * difference;
    }
    if (gradient != nullptr) {
      const float factor = 2.0f * scale / static_cast<float>(rows.width);
      for (int64_t i = 0; i < count; ++i)
        gradient[i] = (rows.outputs[i] - rows.targets[i]) * factor;
    }
    return total / static_cast<double>(rows.width);
  }
};

}  // namespace

CatalogEntry<Loss> MeanSquaredErrorEntry() {
  return {Schema(kType, "Mean over targets of the squared difference between output and target.")
              .Example(kType),
          [](const Params&, Violations&) { return std::make_unique<MeanSquaredError>(); }};
}

}  // namespace trainyard::losses
