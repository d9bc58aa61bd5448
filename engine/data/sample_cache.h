// Loaded samples kept as files that are mapped, so that decompressing or parsing a data set happens
// once and not once a run. A file is written beside its name and renamed, carries checksums of all
// that it holds, and is named by its key; one that is broken or of another key counts as absent.
// Failing to write costs nothing but time. Thread-safe, across processes too.
#pragma once

#include <optional>
#include <string>

#include "engine/data/source.h"

namespace trainyard {

class SampleCache {
 public:
  // An empty folder: finds and keeps nothing. The folder is made when first needed.
  explicit SampleCache(std::string folder) : folder_(std::move(folder)) {}

  // `key` tells everything that decides the samples: the source's parameters and FileVersion of
  // each file.
  std::optional<Samples> Find(const std::string& key) const;
  // The same without checking the samples themselves.
  std::optional<SourceDescription> Describe(const std::string& key) const;
  // Drops the files unused for longest where the folder grows beyond its limit.
  void Keep(const std::string& key, const Samples& samples) const;

 private:
  std::string PathOf(const std::string& key) const;
  void MakeRoom(int64_t bytes) const;

  std::string folder_;
};

}  // namespace trainyard
