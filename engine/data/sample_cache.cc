#include "engine/data/sample_cache.h"

#include <bit>
#include <cstdint>
#include <variant>
#include <vector>

#include "engine/data/cache_meta.h"

namespace trainyard {
namespace {

enum Section { kFeatures, kLabels, kTargets, kSections };

// What a file says beside its sections.
struct Meta {
  DataInfo info;
  int64_t count = 0;
  int64_t train_count = 0;
  float byte_scale = 0;
  bool has_missing = false;
  bool bytes = false;
};

std::string MetaText(const Samples& samples) {
  const DataInfo& info = samples.info;
  MetaWriter meta;
  meta.Number(static_cast<uint64_t>(samples.count));
  meta.Number(static_cast<uint64_t>(samples.train_count));
  meta.Number(std::bit_cast<uint32_t>(samples.byte_scale));
  meta.Number(samples.has_missing);
  meta.Number(std::holds_alternative<SharedArray<uint8_t>>(samples.features));
  meta.Number(info.task == Task::kRegression);
  meta.Number(static_cast<uint64_t>(info.classes));
  meta.Number(static_cast<uint64_t>(info.targets));
  meta.Number(info.best_error.has_value());
  meta.Number(std::bit_cast<uint64_t>(info.best_error.value_or(0)));
  meta.Number(info.input_shape.dims().size());
  for (int64_t dim : info.input_shape.dims()) meta.Number(static_cast<uint64_t>(dim));
  meta.Texts(info.class_names);
  meta.Texts(info.target_columns);
  meta.Number(info.columns.size());
  for (const FeatureColumn& column : info.columns) {
    meta.Text(column.name);
    meta.Texts(column.categories);
  }
  return meta.Take();
}

bool ParseMeta(const std::string& text, Meta& out) {
  MetaReader meta(text);
  DataInfo& info = out.info;
  out.count = static_cast<int64_t>(meta.Number());
  out.train_count = static_cast<int64_t>(meta.Number());
  out.byte_scale = std::bit_cast<float>(static_cast<uint32_t>(meta.Number()));
  out.has_missing = meta.Number() != 0;
  out.bytes = meta.Number() != 0;
  info.task = meta.Number() != 0 ? Task::kRegression : Task::kClassification;
  info.classes = static_cast<int64_t>(meta.Number());
  info.targets = static_cast<int64_t>(meta.Number());
  const bool has_best_error = meta.Number() != 0;
  const double best_error = std::bit_cast<double>(meta.Number());
  if (has_best_error) info.best_error = best_error;
  std::vector<int64_t> dims;
  for (uint64_t count = meta.Count(); count > 0; --count)
    dims.push_back(static_cast<int64_t>(meta.Number()));
  info.input_shape = Shape(std::move(dims));
  info.class_names = meta.Texts();
  info.target_columns = meta.Texts();
  for (uint64_t count = meta.Count(); count > 0; --count) {
    FeatureColumn& column = info.columns.emplace_back();
    column.name = meta.Text();
    column.categories = meta.Texts();
  }
  return meta.good();
}

}  // namespace

std::optional<SourceDescription> SampleCache::Describe(const std::string& key) const {
  const std::optional<CacheFile> file = folder_.Peek(key);
  Meta meta;
  if (!file.has_value() || !ParseMeta(file->meta, meta)) return std::nullopt;
  SourceDescription description;
  description.info = std::move(meta.info);
  description.count = meta.count;
  description.train_count = meta.train_count;
  description.memory_bytes = static_cast<int64_t>(file->sections[kFeatures].size());
  return description;
}

std::optional<Samples> SampleCache::Find(const std::string& key) const {
  const std::optional<CacheFile> file = folder_.Find(key);
  Meta meta;
  if (!file.has_value() || file->sections.size() != kSections || !ParseMeta(file->meta, meta))
    return std::nullopt;
  Samples samples;
  samples.info = std::move(meta.info);
  samples.count = meta.count;
  samples.train_count = meta.train_count;
  samples.byte_scale = meta.byte_scale;
  samples.has_missing = meta.has_missing;
  if (meta.bytes) {
    samples.features = file->Array<uint8_t>(kFeatures);
  } else {
    samples.features = file->Array<float>(kFeatures);
  }
  samples.labels = file->Array<int32_t>(kLabels);
  samples.targets = file->Array<float>(kTargets);
  return samples;
}

void SampleCache::Keep(const std::string& key, const Samples& samples) const {
  if (!folder_.present()) return;
  CacheSection sections[kSections];
  std::visit(
      [&](const auto& features) {
        sections[kFeatures] = SectionOf(features.data(), features.size());
      },
      samples.features);
  sections[kLabels] = SectionOf(samples.labels.data(), samples.labels.size());
  sections[kTargets] = SectionOf(samples.targets.data(), samples.targets.size());
  folder_.Keep(key, MetaText(samples), sections);
}

}  // namespace trainyard
