// Loaded samples kept in the cache folder (see CacheFolder), so that decompressing or parsing a
// data set happens once and not once a run. Thread-safe, across processes too.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "engine/data/cache_folder.h"
#include "engine/data/source.h"

namespace trainyard {

class SampleCache {
 public:
  // An empty folder: finds and keeps nothing.
  explicit SampleCache(std::string folder) : folder_(std::move(folder)) {}

  // `key` tells everything that decides the samples: the source's parameters and FileVersion of
  // each file.
  std::optional<Samples> Find(const std::string& key) const;
  // The same without checking the samples themselves.
  std::optional<SourceDescription> Describe(const std::string& key) const;
  void Keep(const std::string& key, const Samples& samples) const;

 private:
  CacheFolder folder_;
};

}  // namespace trainyard
