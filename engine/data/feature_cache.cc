#include "engine/data/feature_cache.h"

#include <cstring>

#include "engine/data/cache_meta.h"

namespace trainyard {
namespace {

std::string MetaText(const std::vector<FittedValues>& fitted) {
  MetaWriter meta;
  meta.Number(fitted.size());
  for (const FittedValues& transform : fitted) {
    meta.Number(transform.size());
    for (const auto& [name, values] : transform) {
      meta.Text(name);
      meta.Text({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
    }
  }
  return meta.Take();
}

bool ParseMeta(const std::string& text, std::vector<FittedValues>& fitted) {
  MetaReader meta(text);
  for (uint64_t transforms = meta.Count(); transforms > 0; --transforms) {
    FittedValues& transform = fitted.emplace_back();
    for (uint64_t count = meta.Count(); count > 0; --count) {
      const std::string name = meta.Text();
      const std::string bytes = meta.Text();
      std::vector<float>& values = transform[name];
      values.resize(bytes.size() / sizeof(float));
      std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    }
  }
  return meta.good();
}

}  // namespace

std::optional<KeptFeatures> FeatureCache::Find(const std::string& key) const {
  const std::optional<CacheFile> file = folder_.Find(key);
  KeptFeatures features;
  if (!file.has_value() || !ParseMeta(file->meta, features.fitted)) return std::nullopt;
  features.values = file->Array<float>(0);
  return features;
}

void FeatureCache::Keep(const std::string& key, const KeptFeatures& features) const {
  const CacheSection section = SectionOf(features.values.data(), features.values.size());
  folder_.Keep(key, MetaText(features.fitted), {section});
}

}  // namespace trainyard
