#include "client/studies/activation_numbers.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/figures/number.h"
#include "client/studies/study_numbers.h"

namespace trainyard::client {
namespace {

using figures::NumberFormat;
using Layer = v1::ActivationMeasurement::Layer;

double Of(const v1::CostToThreshold& cost, Cost which) {
  switch (which) {
    case Cost::kSteps:
      return cost.steps();
    case Cost::kSamples:
      return cost.samples();
    case Cost::kSeconds:
      return cost.seconds();
  }
  return 0;
}

}  // namespace

std::string LevelOf(const v1::Contender& contender, const std::string& level) {
  const auto found = contender.levels().find(level);
  return found == contender.levels().end() ? "" : found->second;
}

const v1::StudyPoint* ActivationPointOf(const v1::Study& study, const std::string& contender) {
  for (const v1::StudyPoint& point : study.points()) {
    if (point.contender() == contender && point.has_activation()) return &point;
  }
  return nullptr;
}

std::vector<ActivationGroup> ActivationGroups(const v1::Study& study) {
  std::vector<ActivationGroup> groups;
  for (const v1::Contender& contender : study.specification().contenders()) {
    const std::string depth = LevelOf(contender, "depth");
    const std::string initializer = LevelOf(contender, "initializer");
    if (groups.empty() || groups.back().depth != depth || groups.back().initializer != initializer)
      groups.push_back({depth, initializer, {}});
    groups.back().contenders.push_back(&contender);
  }
  return groups;
}

std::vector<const Layer*> WeightedLayers(const v1::StudyPoint& point) {
  std::vector<const Layer*> layers;
  for (const Layer& layer : point.activation().layers()) {
    if (!std::isnan(layer.update_ratio())) layers.push_back(&layer);
  }
  return layers;
}

std::vector<const Layer*> CountedLayers(const v1::StudyPoint& point) {
  std::vector<const Layer*> layers;
  for (const Layer& layer : point.activation().layers()) {
    if (!std::isnan(UselessShare(layer))) layers.push_back(&layer);
  }
  return layers;
}

double UselessShare(const Layer& layer) {
  return std::isnan(layer.saturation()) ? layer.dead_units() : layer.saturation();
}

std::string CostText(const v1::StudyPoint& point, Cost cost, bool unicode) {
  double logs = 0;
  int count = 0;
  double low = std::numeric_limits<double>::infinity();
  double high = 0;
  for (const v1::CostToThreshold& one : point.activation().costs()) {
    const double value = Of(one, cost);
    if (!one.reached() || !(value > 0) || !std::isfinite(value)) continue;
    logs += std::log(value);
    ++count;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (count == 0) return unicode ? "–" : "-";
  if (count == 1) low = high = figures::kNothing;
  return figures::WithInterval(std::exp(logs / count), low, high, NumberFormat::kPlain, unicode);
}

int SeedsThatReached(const v1::StudyPoint& point) {
  return static_cast<int>(std::count_if(point.activation().costs().begin(),
                                        point.activation().costs().end(),
                                        [](const auto& cost) { return cost.reached(); }));
}

std::string ThresholdText(const v1::Study& study) {
  return absl::StrFormat("%.3g %%", 100 * study.specification().activation().threshold());
}

std::string RatioText(const v1::IntervalEstimate& ratio, bool unicode) {
  if (std::isfinite(ratio.value()) && ratio.value() > 0) {
    return figures::WithInterval(ratio.value(), ratio.low(), ratio.high(), NumberFormat::kPlain,
                                 unicode);
  }
  if (ratio.low() > 0)
    return "at least " + figures::ShortNumber(ratio.low(), NumberFormat::kPlain, unicode);
  if (ratio.high() > 0 && std::isfinite(ratio.high()))
    return "at most " + figures::ShortNumber(ratio.high(), NumberFormat::kPlain, unicode);
  return "not known";
}

std::string RateText(const v1::Study& study, const v1::StudyPoint& point) {
  const v1::ActivationStudy& activation = study.specification().activation();
  if (point.candidate() >= static_cast<uint32_t>(activation.learning_rates_size())) return "";
  return absl::StrCat(
      figures::ExactNumber(activation.learning_rates(static_cast<int>(point.candidate()))),
      point.activation().at_the_edge() ? " (edge)" : "");
}

}  // namespace trainyard::client
