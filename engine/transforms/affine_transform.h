// Base of the transforms that are one affine map a feature: they only make the map.
#pragma once

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
    ASSIGN_OR_RETURN(map_, MakeMap(samples));
    kernel_ = AffineKernel(map_, samples.shape.elements());
    return absl::OkStatus();
  }
  std::optional<AffineMap> Affine(const Shape& input) const final { return map_; }
  void Apply(const Shape& input, const float* in, float* out) const final { kernel_.Run(in, out); }

 protected:
  virtual absl::Status Check(const Shape& input) const = 0;
  virtual absl::StatusOr<AffineMap> MakeMap(const FittingSamples& samples) const = 0;

 private:
  AffineMap map_;
  AffineKernel kernel_;
};

}  // namespace trainyard
