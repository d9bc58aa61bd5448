#include "client/studies/activation_report.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/studies/activation_figures.h"
#include "client/studies/activation_tables.h"
#include "client/studies/study_numbers.h"

namespace trainyard::client {
namespace {

using figures::DataTable;
using figures::Exhibit;
using figures::Section;

std::string Count(int count, const std::string& one) {
  return absl::StrCat(count, " ", one, count == 1 ? "" : "s");
}

void Add(DataTable table, Section& section) {
  if (!table.rows.empty()) section.blocks.push_back(std::move(table));
}

Section SpeedSection(const v1::Study& study) {
  Section section{"How fast"};
  if (!study.analysis().speed_ups().empty()) {
    section.blocks.push_back(
        Exhibit{SpeedUpsOf(study, Cost::kSteps),
                "The axis is logarithmic: twice as fast and half as fast are equally far from the "
                "line"});
    section.blocks.push_back(
        Exhibit{SpeedUpsOf(study, Cost::kSeconds),
                "Of training alone, on the run's own threads; steps of different activations do "
                "not take equally long"});
  }
  Add(SpeedUpTable(study), section);
  Add(ReachTable(study), section);
  return section;
}

Section CurvesSection(const v1::Study& study) {
  Section section{"Training curves"};
  for (const ActivationGroup& group : ActivationGroups(study)) {
    section.blocks.push_back(
        Exhibit{TrainingCurvesOf(study, group),
                "Where a line crosses the threshold is what the comparison is about"});
  }
  return section;
}

Section GradientSection(const v1::Study& study) {
  Section section{"Gradients and units"};
  section.blocks.push_back(
      Exhibit{GradientsOf(study, /*at_the_first_step=*/true),
              "Gradients that fade towards the first layer have vanished: it hardly learns"});
  section.blocks.push_back(Exhibit{GradientsOf(study, /*at_the_first_step=*/false), ""});
  const figures::HeatMap saturation = SaturationOf(study);
  if (!saturation.rows.empty()) section.blocks.push_back(Exhibit{saturation, ""});
  Add(DiagnosisTable(study), section);
  return section;
}

}  // namespace

std::string ActivationSubtitle(const v1::Study& study) {
  const v1::ActivationStudy& activation = study.specification().activation();
  return absl::StrCat(Count(activation.activations_size(), "activation"), ", ",
                      Count(activation.depths_size(), "depth"), ", ",
                      Count(activation.initializers_size(), "initializer"), ", ",
                      Count(activation.learning_rates_size(), "learning rate"), ", ",
                      Count(static_cast<int>(study.specification().seeds()), "seed"));
}

std::string ActivationAbstract(const v1::Study& study) {
  const Progress progress = ProgressOf(study);
  return absl::StrCat(
      "This study trained nets that differ in their activation, depth and initializer, without "
      "regularisation and each at the learning rate that is fastest for it, and asks what they "
      "take to a training error of ",
      ThresholdText(study), ": ", progress.measured, " of ", Count(progress.points, "combination"),
      " were measured.");
}

void AddActivationSections(const v1::Study& study, figures::Report& report) {
  report.sections.push_back(SpeedSection(study));
  report.sections.push_back(CurvesSection(study));
  report.sections.push_back(GradientSection(study));
  report.methods.push_back(
      "After Krizhevsky et al. 2012, figure 1, and Glorot and Bengio 2010: no weight decay, "
      "dropout or augmentation, so that the training error shows how fast a net can be fitted. All "
      "runs "
      "have the same training samples; a seed is one of initial weights and of the order of "
      "samples.");
  report.methods.push_back(
      "The training error is that while training, over 4,096 samples, told of the middle of them; "
      "it is at the threshold where the line between its points crosses it.");
  report.methods.push_back(
      "Each combination was trained at every learning rate with every seed. For a seed the rate is "
      "taken that reached the threshold in the fewest steps at the other seeds: what suited the "
      "seed itself is not known beforehand. Figures of curves and gradients have the rate that is "
      "fastest over all seeds; '(edge)' marks one that is the lowest or highest of those tried.");
  report.methods.push_back(
      "Speed-ups are ratios of costs, paired by seed, with 95 % intervals by Student's t of their "
      "logarithms. Runs that did not reach the threshold, or diverged, count as taking at least "
      "the whole budget (a censored regression), never as if they had reached it.");
  report.methods.push_back(
      "Gradients count as vanishing where one of an early layer is below a thousandth of the last "
      "layer's.");
}

}  // namespace trainyard::client
