#include "engine/spec/catalogs.h"

namespace trainyard {
namespace {

template <typename T>
void Append(const Catalog<T>& catalog, const std::string& kind,
            std::vector<Catalogs::Item>& items) {
  for (const auto& [type, entry] : catalog.entries()) items.push_back({kind, &entry.schema});
}

}  // namespace

Catalogs::Catalogs()
    : layers(layers::MakeCatalog()),
      losses(losses::MakeCatalog()),
      optimizers(optimizers::MakeCatalog()),
      schedules(schedules::MakeCatalog()),
      initializers(initializers::MakeCatalog()),
      metrics(metrics::MakeCatalog()),
      data_sources(data::MakeCatalog()),
      transforms(transforms::MakeCatalog()),
      augmentations(augmentations::MakeCatalog()),
      learners(learners::MakeCatalog()) {}

std::vector<Catalogs::Item> Catalogs::Items() const {
  std::vector<Item> items;
  Append(layers, "layer", items);
  Append(losses, "loss", items);
  Append(optimizers, "optimizer", items);
  Append(schedules, "schedule", items);
  Append(initializers, "initializer", items);
  Append(metrics, "metric", items);
  Append(data_sources, "data_source", items);
  Append(transforms, "transform", items);
  Append(augmentations, "augmentation", items);
  Append(learners, "learner", items);
  return items;
}

}  // namespace trainyard
