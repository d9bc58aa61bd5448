// All catalogs of the engine in one object. Constructed by main (or a test) and passed on.
// Immutable.
#pragma once

#include <string>
#include <vector>

#include "engine/base/catalog.h"
#include "engine/data/source.h"
#include "engine/data/transform.h"
#include "engine/graph/layer.h"
#include "engine/initializers/initializer.h"
#include "engine/learners/learner.h"
#include "engine/losses/loss.h"
#include "engine/metrics/metric.h"
#include "engine/optimizers/optimizer.h"
#include "engine/schedules/schedule.h"

namespace trainyard {

struct Catalogs {
  Catalogs();

  Catalog<Layer> layers;
  Catalog<Loss> losses;
  Catalog<Optimizer> optimizers;
  Catalog<Schedule> schedules;
  Catalog<Initializer> initializers;
  Catalog<Metric> metrics;
  Catalog<DataSource> data_sources;
  Catalog<Transform> transforms;
  Catalog<Augmentation> augmentations;
  Catalog<Learner> learners;

  struct Item {
    std::string kind;  // "layer", "loss" ...
    const Schema* schema;
  };
  // Every component, by kind and then type.
  std::vector<Item> Items() const;
};

}  // namespace trainyard
