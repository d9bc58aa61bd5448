#include "client/studies/activation_figures.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "client/studies/study_numbers.h"

namespace trainyard::client {
namespace {

using figures::HeatMap;
using figures::NumberFormat;
using figures::Plot;
using figures::RowChart;
using figures::Scale;
using figures::Series;
using Layer = v1::ActivationMeasurement::Layer;

// What the figure is of, and what is not in it.
std::string Note(const v1::Study& study, const std::string& text) {
  const std::string missing = WhatIsMissing(study);
  return missing.empty() ? text : absl::StrCat(text, " ", missing);
}

// Of a row that is as long as the widest.
template <typename Value>
void AddRow(const std::string& name, const std::vector<const Layer*>& layers, const Value& value,
            HeatMap& map) {
  map.rows.push_back(name);
  std::vector<double>& row = map.values.emplace_back();
  for (const Layer* layer : layers) row.push_back(value(*layer));
}

void SquareUp(HeatMap& map) {
  size_t widest = 0;
  for (const auto& row : map.values) widest = std::max(widest, row.size());
  for (auto& row : map.values) row.resize(widest, figures::kNothing);
  for (size_t i = 0; i < widest; ++i) map.columns.push_back(absl::StrCat(i + 1));
}

const v1::IntervalEstimate& RatioOf(const v1::StudySpeedUp& speed_up, Cost cost) {
  switch (cost) {
    case Cost::kSamples:
      return speed_up.samples();
    case Cost::kSeconds:
      return speed_up.seconds();
    case Cost::kSteps:
      break;
  }
  return speed_up.steps();
}

const char* WordOf(Cost cost) {
  return cost == Cost::kSteps ? "steps" : cost == Cost::kSamples ? "samples" : "seconds";
}

std::string ActivationOf(const v1::Study& study, const std::string& contender) {
  const v1::Contender* found = ContenderOf(study, contender);
  return found == nullptr ? contender : LevelOf(*found, "activation");
}

}  // namespace

Plot TrainingCurvesOf(const v1::Study& study, const ActivationGroup& group) {
  Plot plot;
  plot.heading.title = absl::StrCat("Training error by activation: ", group.name());
  plot.x.label = "steps";
  plot.y.label = "training error";
  plot.y.format = NumberFormat::kPercent;
  plot.y.low = 0;
  for (const v1::Contender* contender : group.contenders) {
    Series series;
    series.name = LevelOf(*contender, "activation");
    const v1::StudyPoint* point = ActivationPointOf(study, contender->name());
    if (point != nullptr) {
      for (const auto& at : point->activation().curve()) {
        const auto step = static_cast<double>(at.step());
        series.line.push_back({step, at.mean()});
        series.band.push_back({step, at.low(), at.high()});
      }
      absl::StrAppend(&series.name, ", rate ", RateText(study, *point));
    }
    plot.series.push_back(std::move(series));
  }
  plot.references.push_back({study.specification().activation().threshold(), "threshold"});
  plot.meanings.line = absl::StrCat("mean of ", study.specification().seeds(), " seeds");
  plot.meanings.band = "lowest to highest seed";
  plot.heading.note =
      Note(study,
           "While training, over 4,096 samples; each activation at the learning rate that is "
           "fastest for it.");
  return plot;
}

HeatMap GradientsOf(const v1::Study& study, bool at_the_first_step) {
  HeatMap map;
  map.heading.title = at_the_first_step ? "Gradients by layer, before training"
                                        : "Gradients by layer, over training";
  map.heading.note =
      Note(study, absl::StrCat("Root mean square of the gradient of a layer's parameters, ",
                               at_the_first_step ? "at the first step" : "median over training",
                               ", geometric mean over seeds."));
  map.row_title = "activation, depth, initializer";
  map.column_title = "layer, from the input";
  map.scale = figures::ColorScale::kLog10;
  map.value_label = "gradient RMS";
  for (const v1::Contender& contender : study.specification().contenders()) {
    const v1::StudyPoint* point = ActivationPointOf(study, contender.name());
    if (point == nullptr) continue;
    AddRow(
        contender.name(), WeightedLayers(*point),
        [&](const Layer& layer) {
          return at_the_first_step ? layer.initial_gradient_rms() : layer.gradient_rms();
        },
        map);
  }
  SquareUp(map);
  return map;
}

HeatMap SaturationOf(const v1::Study& study) {
  HeatMap map;
  map.heading.title = "Saturated outputs and dead units, at the end of training";
  map.heading.note = Note(
      study,
      "Of sigmoid and tanh the share of outputs near their bounds, of relu the share of units that "
      "no sample of a batch activates; of others nothing is counted.");
  map.row_title = "activation, depth, initializer";
  map.column_title = "hidden layer, from the input";
  map.value_label = "share of the layer";
  map.format = NumberFormat::kPercent;
  for (const v1::Contender& contender : study.specification().contenders()) {
    const v1::StudyPoint* point = ActivationPointOf(study, contender.name());
    if (point == nullptr) continue;
    const std::vector<const Layer*> layers = CountedLayers(*point);
    if (!layers.empty()) AddRow(contender.name(), layers, UselessShare, map);
  }
  SquareUp(map);
  return map;
}

RowChart SpeedUpsOf(const v1::Study& study, Cost cost) {
  RowChart chart;
  chart.heading.title =
      absl::StrCat("Speed-up to ", ThresholdText(study), " training error, in ", WordOf(cost));
  chart.axis.label = absl::StrCat(WordOf(cost), " of the baseline over those of the activation");
  chart.axis.scale = Scale::kLog10;
  chart.mark = figures::RowMark::kDot;
  chart.reference = 1;
  chart.reference_label = "as fast";
  bool bounds = false;
  for (const v1::StudySpeedUp& speed_up : study.analysis().speed_ups()) {
    const v1::IntervalEstimate& ratio = RatioOf(speed_up, cost);
    figures::Row row;
    row.label = absl::StrCat(ActivationOf(study, speed_up.treatment()), " : ",
                             ActivationOf(study, speed_up.baseline()));
    const v1::Contender* contender = ContenderOf(study, speed_up.treatment());
    if (contender != nullptr) {
      row.group = absl::StrCat("depth ", LevelOf(*contender, "depth"), ", ",
                               LevelOf(*contender, "initializer"));
    }
    if (std::isfinite(ratio.value()) && ratio.value() > 0) {
      row.value = ratio.value();
      row.low = ratio.low() > 0 ? ratio.low() : figures::kNothing;
      row.high = std::isfinite(ratio.high()) ? ratio.high() : figures::kNothing;
    } else {
      const bool at_least = ratio.low() > 0;
      const bool at_most = ratio.high() > 0 && std::isfinite(ratio.high());
      row.value = at_least ? ratio.low() : at_most ? ratio.high() : figures::kNothing;
      row.label += at_least ? " (at least)" : at_most ? " (at most)" : " (not known)";
      bounds = true;
    }
    chart.rows.push_back(std::move(row));
  }
  chart.heading.note = Note(
      study,
      absl::StrCat("Right of the line the activation named first is faster. 95 % intervals over "
                   "paired seeds.",
                   bounds ? " At least, at most: one side did not reach the threshold." : ""));
  return chart;
}

}  // namespace trainyard::client
