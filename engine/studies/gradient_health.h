// What the health series of a run say in words: vanishing or exploding gradients, a learning rate
// that is too high, dead and saturated units.
//
// The numbers are those of Network::Health(), by name and in the order of the layers:
// <layer>/gradient_rms, <layer>/update_ratio (weights only), <layer>/saturation,
// <layer>/dead_units. A leading "health/" is allowed, other names are passed over.
#pragma once

#include <string>
#include <vector>

#include "engine/studies/verdict.h"

namespace trainyard::studies {

enum class Symptom {
  kVanishing,   // early layers hardly learn
  kExploding,   // gradients grow towards the early layers, or are not finite
  kDiverging,   // steps move the weights by a large share of themselves
  kDeadUnits,   // units that no sample of the batch activates
  kSaturation,  // units whose slope is next to nothing
};

struct HealthThresholds {
  double vanishing = 1e-3;    // gradient of an early layer over that of the last
  double exploding = 1e3;     // the same the other way
  double update_ratio = 0.2;  // of any layer; healthy ones are near 1e-3
  double dead_units = 0.5;    // share of a layer's units
  double saturation = 0.4;    // share of a layer's outputs
};

struct Diagnosis {
  Symptom symptom = Symptom::kVanishing;
  std::string layer;     // the worst one
  double value = 0;      // what crossed the threshold
  std::string sentence;  // what was seen, and what to try
};

// Gradients first; empty for a healthy run.
std::vector<Diagnosis> DiagnoseGradients(const std::vector<NamedNumber>& health,
                                         const HealthThresholds& thresholds = {});

// All of it in one line; "gradients are healthy" where there is nothing.
std::string Describe(const std::vector<Diagnosis>& diagnoses);

}  // namespace trainyard::studies
