// Base of the transforms that are one affine map a feature: they only make the map.
#pragma once

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/data/transform.h"

namespace trainyard {

class AffineTransform : public Transform {
 public:
  absl::StatusOr<Shape> OutputShape(const Shape& input) const override {
    RETURN_IF_ERROR(Check(input));
    return input;
  }
  absl::Status Fit(const FittingSamples& samples) final {
    ASSIGN_OR_RETURN(const AffineMap exact, MakeMap(samples));
    // Floats, as a model file keeps them: a restored transform is the same one.
    return Restore(samples.shape, {{kShift, ToFloats(exact.shift)},
                                   {kScale, ToFloats(exact.scale)},
                                   {kOffset, ToFloats(exact.offset)}});
  }
  FittedValues Fitted() const final {
    return {{kShift, ToFloats(map_.shift)},
            {kScale, ToFloats(map_.scale)},
            {kOffset, ToFloats(map_.offset)}};
  }
  absl::Status Restore(const Shape& input, const FittedValues& values) final {
    const auto take = [&](const char* name) {
      const auto found = values.find(name);
      return found == values.end()
                 ? std::vector<double>()
                 : std::vector<double>(found->second.begin(), found->second.end());
    };
    AffineMap map = {take(kShift), take(kScale), take(kOffset)};
    const int64_t groups = map.groups();
    if (groups == 0 || input.elements() % groups != 0 || map.scale.size() != map.shift.size() ||
        map.offset.size() != map.shift.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("its fitted values are not those of samples of shape ", input.ToString()));
    }
    map_ = std::move(map);
    kernel_ = AffineKernel(map_, input.elements());
    return absl::OkStatus();
  }
  std::optional<AffineMap> Affine(const Shape& input) const final { return map_; }
  void Apply(const Shape& input, const float* in, float* out) const final { kernel_.Run(in, out); }

 protected:
  virtual absl::Status Check(const Shape& input) const = 0;
  virtual absl::StatusOr<AffineMap> MakeMap(const FittingSamples& samples) const = 0;

 private:
  static constexpr char kShift[] = "shift";
  static constexpr char kScale[] = "scale";
  static constexpr char kOffset[] = "offset";

  static std::vector<float> ToFloats(const std::vector<double>& values) {
    return {values.begin(), values.end()};
  }

  AffineMap map_;
  AffineKernel kernel_;
};

}  // namespace trainyard
