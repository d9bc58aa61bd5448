// One map a feature, y = (x - shift) * scale + offset: standardisation, rescaling, and bytes to
// floats. Neighbouring maps join into one, in doubles, so that a chain of them costs one pass. The
// form with `shift` keeps digits where the mean is large against the spread. Value type.
#pragma once

#include <cstdint>
#include <vector>

namespace trainyard {

// Feature i belongs to group i / (features / groups): one group for all, one a channel, or one a
// feature.
struct AffineMap {
  std::vector<double> shift;  // [groups]
  std::vector<double> scale;
  std::vector<double> offset;

  int64_t groups() const { return static_cast<int64_t>(shift.size()); }
  // The same map for every feature.
  static AffineMap Uniform(double shift, double scale, double offset);
};

// `second` after `first`, for samples of `features` values.
AffineMap Join(const AffineMap& first, const AffineMap& second, int64_t features);

// A map made ready for the inner loop. Thread-safe.
class AffineKernel {
 public:
  AffineKernel() = default;
  AffineKernel(const AffineMap& map, int64_t features);

  // in, out: [features]; may be the same.
  void Run(const float* in, float* out) const;
  void Run(const uint8_t* in, float* out) const;

 private:
  int64_t features_ = 0;
  // One a group, or one a feature.
  std::vector<float> shift_, scale_, offset_;
};

}  // namespace trainyard
