// Components of data as a specification would make them.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/data/source.h"
#include "engine/data/transform.h"

namespace trainyard {

// Null where violations were added.
inline std::unique_ptr<DataSource> MakeSource(const std::string& type, const RawMap& params,
                                              Violations& violations) {
  return data::MakeCatalog().Make({type, params}, "data.source", violations);
}

inline std::unique_ptr<DataSource> MakeSource(const std::string& type, const RawMap& params) {
  Violations violations;
  std::unique_ptr<DataSource> source = MakeSource(type, params, violations);
  EXPECT_TRUE(violations.empty()) << violations.ToStatus();
  return source;
}

inline RawValue Text(const std::string& text) { return {text}; }
inline RawValue Value(double number) { return {number}; }
inline RawValue Texts(const std::vector<std::string>& texts) {
  RawList list;
  for (const std::string& text : texts) list.push_back({text});
  return {list};
}

inline std::vector<float> Floats(const Samples& samples) {
  const auto& values = std::get<SharedArray<float>>(samples.features);
  return {values.begin(), values.end()};
}
inline std::vector<int> Bytes(const Samples& samples) {
  const auto& values = std::get<SharedArray<uint8_t>>(samples.features);
  return {values.begin(), values.end()};
}
inline std::vector<int> LabelsOf(const Samples& samples) {
  return {samples.labels.begin(), samples.labels.end()};
}
inline std::vector<float> TargetsOf(const Samples& samples) {
  return {samples.targets.begin(), samples.targets.end()};
}

}  // namespace trainyard
