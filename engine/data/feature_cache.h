// What transforms that are worth keeping gave, in the cache folder (see CacheFolder): the next job
// with the same data need neither fit nor apply them. Thread-safe, across processes too.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/data/cache_folder.h"
#include "engine/data/transform.h"

namespace trainyard {

struct KeptFeatures {
  SharedArray<float> values;  // [rows, shape after the transforms]
  // Of each transform up to the one that gave the values.
  std::vector<FittedValues> fitted;
};

class FeatureCache {
 public:
  // An empty folder: finds and keeps nothing.
  explicit FeatureCache(std::string folder) : folder_(std::move(folder)) {}

  bool present() const { return folder_.present(); }
  // `key` tells everything that decides the values: samples, transforms, and which of the samples
  // they were fitted on.
  std::optional<KeptFeatures> Find(const std::string& key) const;
  void Keep(const std::string& key, const KeptFeatures& features) const;

 private:
  CacheFolder folder_;
};

}  // namespace trainyard
