#include "engine/studies/gradient_health.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace trainyard::studies {
namespace {

struct LayerValue {
  std::string layer;
  double value = 0;
};

// Values of "<layer>/<kind>", in order.
std::vector<LayerValue> OfKind(const std::vector<NamedNumber>& health, std::string_view kind) {
  constexpr std::string_view kPrefix = "health/";
  std::vector<LayerValue> values;
  for (const NamedNumber& number : health) {
    std::string_view name = number.name;
    if (name.substr(0, kPrefix.size()) == kPrefix) name.remove_prefix(kPrefix.size());
    const size_t slash = name.rfind('/');
    if (slash == std::string_view::npos || name.substr(slash + 1) != kind) continue;
    values.push_back({std::string(name.substr(0, slash)), number.value});
  }
  return values;
}

const LayerValue* Largest(const std::vector<LayerValue>& values) {
  const auto most =
      std::max_element(values.begin(), values.end(), [](const LayerValue& a, const LayerValue& b) {
        return std::isnan(b.value) ? !std::isnan(a.value) : a.value < b.value;
      });
  return most == values.end() ? nullptr : &*most;
}

// Gradients of the layers with weights: scales and offsets of normalisations are of another kind.
std::vector<LayerValue> WeightGradients(const std::vector<NamedNumber>& health) {
  std::set<std::string> weighted;
  for (const LayerValue& ratio : OfKind(health, "update_ratio")) weighted.insert(ratio.layer);
  std::vector<LayerValue> gradients = OfKind(health, "gradient_rms");
  if (!weighted.empty()) {
    std::erase_if(gradients,
                  [&](const LayerValue& gradient) { return !weighted.count(gradient.layer); });
  }
  return gradients;
}

void JudgeGradients(const std::vector<LayerValue>& gradients, const HealthThresholds& thresholds,
                    std::vector<Diagnosis>& diagnoses) {
  for (const LayerValue& gradient : gradients) {
    if (std::isfinite(gradient.value)) continue;
    diagnoses.push_back(
        {Symptom::kExploding, gradient.layer, gradient.value,
         absl::StrCat(gradient.layer, "'s gradient is not finite: exploding; try a ",
                      "lower learning rate or clip_gradient_norm")});
    return;
  }
  if (gradients.size() < 2 || !(gradients.back().value > 0)) return;
  const LayerValue& last = gradients.back();
  const auto [least, most] = std::minmax_element(
      gradients.begin(), gradients.end() - 1,
      [](const LayerValue& a, const LayerValue& b) { return a.value < b.value; });
  if (least->value < thresholds.vanishing * last.value) {
    const double share = least->value / last.value;
    diagnoses.push_back(
        {Symptom::kVanishing, least->layer, share,
         absl::StrCat(least->layer, "'s gradient is ", Readable(share), " of ", last.layer,
                      "'s: vanishing; try relu, he initialisation or a ", "normalisation")});
  }
  if (most->value > thresholds.exploding * last.value) {
    const double share = most->value / last.value;
    diagnoses.push_back({Symptom::kExploding, most->layer, share,
                         absl::StrCat(most->layer, "'s gradient is ", Readable(share), " times ",
                                      last.layer, "'s: exploding; try clip_gradient_norm, smaller ",
                                      "initial weights or a normalisation")});
  }
}

void JudgeShare(const std::vector<NamedNumber>& health, const char* kind, double threshold,
                Symptom symptom, const std::string& what, const std::string& advice,
                std::vector<Diagnosis>& diagnoses) {
  const std::vector<LayerValue> values = OfKind(health, kind);
  const LayerValue* const most = Largest(values);
  if (!most || !(most->value > threshold)) return;
  diagnoses.push_back({symptom, most->layer, most->value,
                       absl::StrCat(ReadableShare(most->value), " of ", most->layer, "'s ", what,
                                    "; try ", advice)});
}

}  // namespace

std::vector<Diagnosis> DiagnoseGradients(const std::vector<NamedNumber>& health,
                                         const HealthThresholds& thresholds) {
  std::vector<Diagnosis> dead;
  JudgeShare(health, "dead_units", thresholds.dead_units, Symptom::kDeadUnits,
             "units are dead: no sample activates them",
             "a lower learning rate, leaky_relu or he initialisation", dead);
  std::vector<Diagnosis> diagnoses;
  JudgeGradients(WeightGradients(health), thresholds, diagnoses);
  // What is dead passes nothing on: it is the cause, and vanishing gradients are the effect.
  const auto is_vanishing = [](const Diagnosis& one) { return one.symptom == Symptom::kVanishing; };
  if (!dead.empty()) std::erase_if(diagnoses, is_vanishing);
  const bool vanishing = std::any_of(diagnoses.begin(), diagnoses.end(), is_vanishing);
  const std::vector<LayerValue> ratios = OfKind(health, "update_ratio");
  const LayerValue* const step = Largest(ratios);
  if (step && (step->value > thresholds.update_ratio || std::isnan(step->value))) {
    diagnoses.push_back(
        {Symptom::kDiverging, step->layer, step->value,
         absl::StrCat("a step moves ", step->layer, "'s weights by ", ReadableShare(step->value),
                      " of themselves: the learning rate is too high; try a tenth of it")});
  }
  diagnoses.insert(diagnoses.end(), dead.begin(), dead.end());
  JudgeShare(health, "saturation", vanishing ? thresholds.saturation : thresholds.saturation_alone,
             Symptom::kSaturation, "outputs are saturated",
             "relu, smaller initial weights or a normalisation", diagnoses);
  return diagnoses;
}

double LargestUpdateRatio(const std::vector<NamedNumber>& health) {
  const std::vector<LayerValue> ratios = OfKind(health, "update_ratio");
  const LayerValue* const most = Largest(ratios);
  if (most == nullptr) return 0;
  return std::isfinite(most->value) ? most->value : std::numeric_limits<double>::infinity();
}

std::string Describe(const std::vector<Diagnosis>& diagnoses) {
  std::string text;
  for (const Diagnosis& diagnosis : diagnoses) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", diagnosis.sentence);
  }
  return text.empty() ? "gradients are healthy" : text;
}

}  // namespace trainyard::studies
