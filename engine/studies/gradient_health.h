// What one measurement of the health of a run says in words: vanishing or exploding gradients, a
// learning rate that is too high, dead and saturated units. What is said of a run over time is
// training_diagnosis.h's; thresholds are from the runs of docs/decisions/diagnosis.md.
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
  kNoSignal,    // labels have nothing to do with inputs, see label_signal.h
};

struct HealthThresholds {
  double vanishing = 1e-3;    // gradient of an early layer over that of the last
  double exploding = 1e3;     // the same the other way
  double update_ratio = 0.3;  // of any layer; healthy ones are near 1e-3
  double dead_units = 0.7;    // share of a layer's units; healthy ones have up to half
  // Share of a layer's outputs. Nets of sigmoids and tanh that have learned saturate, and are well:
  // later than the first step it is a symptom only beside vanishing gradients.
  double saturation = 0.4;
  double saturation_alone = 2;
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

// Of any layer's weights by one step; 0 where none is known, infinite where it is not finite.
double LargestUpdateRatio(const std::vector<NamedNumber>& health);

// All of it in one line; "gradients are healthy" where there is nothing.
std::string Describe(const std::vector<Diagnosis>& diagnoses);

}  // namespace trainyard::studies
