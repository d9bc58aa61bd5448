// Transforms made from parameters, fitted and applied as LoadData would.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/data/transform.h"

namespace trainyard {

inline RawValue Text(const std::string& text) { return {text}; }
inline RawValue Value(double number) { return {number}; }

// "" and a transform, or the violations.
inline std::unique_ptr<Transform> MakeTransform(const std::string& type, const RawMap& params,
                                                std::string* wrong = nullptr) {
  Violations violations;
  auto made = transforms::MakeCatalog().Make({type, params}, "data.transforms[0]", violations);
  if (wrong != nullptr) *wrong = Message(violations.ToStatus());
  if (wrong == nullptr) {
    EXPECT_TRUE(violations.empty()) << violations.ToStatus();
  }
  return made;
}

// Fits on the samples [count, shape] and applies to them.
inline std::vector<float> FitAndApply(Transform& transform, const Shape& shape,
                                      const std::vector<float>& samples) {
  const int64_t size = shape.elements();
  FittingSamples fitting;
  fitting.shape = shape;
  fitting.count = static_cast<int64_t>(samples.size()) / size;
  fitting.read = [&](int64_t i, float* out) { std::copy_n(samples.data() + i * size, size, out); };
  EXPECT_TRUE(transform.Fit(fitting).ok());
  const int64_t out_size = transform.OutputShape(shape)->elements();
  std::vector<float> out(static_cast<size_t>(fitting.count * out_size));
  for (int64_t i = 0; i < fitting.count; ++i)
    transform.Apply(shape, samples.data() + i * size, out.data() + i * out_size);
  return out;
}

}  // namespace trainyard
