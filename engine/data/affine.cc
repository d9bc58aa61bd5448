#include "engine/data/affine.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace trainyard {
namespace {

template <typename T>
void RunOneGroup(const T* in, float* out, int64_t count, float shift, float scale, float offset) {
  for (int64_t i = 0; i < count; ++i) out[i] = (static_cast<float>(in[i]) - shift) * scale + offset;
}

template <typename T>
void RunEachFeature(const T* in, float* out, int64_t count, const float* shift, const float* scale,
                    const float* offset) {
  for (int64_t i = 0; i < count; ++i) {
    out[i] = (static_cast<float>(in[i]) - shift[i]) * scale[i] + offset[i];
  }
}

template <typename T>
void RunGroups(const T* in, float* out, int64_t features, const std::vector<float>& shift,
               const std::vector<float>& scale, const std::vector<float>& offset) {
  const int64_t groups = static_cast<int64_t>(shift.size());
  if (groups == features) {
    RunEachFeature(in, out, features, shift.data(), scale.data(), offset.data());
    return;
  }
  const int64_t width = features / groups;
  for (int64_t g = 0; g < groups; ++g) {
    RunOneGroup(in + g * width, out + g * width, width, shift[g], scale[g], offset[g]);
  }
}

// Of the groups of two maps that cover one feature.
struct Triple {
  double shift, scale, offset;
};

Triple JoinOne(const Triple& first, const Triple& second) {
  const double scale = first.scale * second.scale;
  // The shifts become one, which is taken away before the values are scaled: as an offset after it
  // they would cancel digits.
  const double shift = first.shift + (second.shift - first.offset) / first.scale;
  if (std::abs(shift) <= std::numeric_limits<float>::max()) return {shift, scale, second.offset};
  // `first` is a constant, or so flat that no float holds the shift.
  return {first.shift, scale, (first.offset - second.shift) * second.scale + second.offset};
}

}  // namespace

AffineMap AffineMap::Uniform(double shift, double scale, double offset) {
  return {{shift}, {scale}, {offset}};
}

AffineMap Join(const AffineMap& first, const AffineMap& second, int64_t features) {
  const int64_t groups = std::max(first.groups(), second.groups());
  AffineMap joined;
  for (int64_t g = 0; g < groups; ++g) {
    const int64_t feature = g * (features / groups);
    const int64_t a = feature / (features / first.groups());
    const int64_t b = feature / (features / second.groups());
    const Triple one = JoinOne({first.shift[a], first.scale[a], first.offset[a]},
                               {second.shift[b], second.scale[b], second.offset[b]});
    joined.shift.push_back(one.shift);
    joined.scale.push_back(one.scale);
    joined.offset.push_back(one.offset);
  }
  return joined;
}

AffineKernel::AffineKernel(const AffineMap& map, int64_t features)
    : features_(features),
      shift_(map.shift.begin(), map.shift.end()),
      scale_(map.scale.begin(), map.scale.end()),
      offset_(map.offset.begin(), map.offset.end()) {}

void AffineKernel::Run(const float* in, float* out) const {
  RunGroups(in, out, features_, shift_, scale_, offset_);
}

void AffineKernel::Run(const uint8_t* in, float* out) const {
  RunGroups(in, out, features_, shift_, scale_, offset_);
}

}  // namespace trainyard
