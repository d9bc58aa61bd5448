#include "client/studies/named_figure.h"

#include "client/studies/activation_figures.h"
#include "client/studies/study_figures.h"

namespace trainyard::client {
namespace {

constexpr char kError[] = "error";
constexpr char kGradients[] = "gradients";
constexpr char kSaturation[] = "saturation";
constexpr char kSpeedUp[] = "speed-up";

figures::Figure Deepest(const v1::Study& study) {
  const std::vector<ActivationGroup> groups = ActivationGroups(study);
  return TrainingCurvesOf(study, groups.empty() ? ActivationGroup() : groups.back());
}

}  // namespace

const std::vector<std::string>& FigureNames() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names = StudyFigureNames();
    for (const char* name : {kGradients, kSaturation, kSpeedUp}) names.push_back(name);
    return names;
  }();
  return kNames;
}

figures::Figure FigureNamed(const v1::Study& study, const std::string& name) {
  if (IsActivationStudy(study)) {
    if (name == kError) return Deepest(study);
    if (name == kGradients) return GradientsOf(study, /*at_the_first_step=*/true);
    if (name == kSaturation) return SaturationOf(study);
    if (name == kSpeedUp) return SpeedUpsOf(study, Cost::kSteps);
  }
  if (const auto which = ParseStudyFigure(name); which.has_value()) return FigureOf(study, *which);
  figures::Plot empty;
  empty.heading.title = "No figure '" + name + "'";
  empty.heading.note = "It is one of activation studies.";
  return empty;
}

}  // namespace trainyard::client
