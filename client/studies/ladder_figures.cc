#include "client/studies/ladder_figures.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/figures/number.h"
#include "client/studies/study_numbers.h"
#include "client/studies/study_tables.h"
#include "client/studies/study_text.h"

namespace trainyard::client {
namespace {

using figures::DataTable;
using figures::NumberFormat;
using figures::Plot;
using figures::Series;

constexpr size_t kLeastModels = 3;
constexpr int kDrawnPoints = 25;

// The names of contenders by ladder; without ladders all networks are one, named "".
std::map<std::string, std::set<std::string>> Ladders(const v1::Study& study) {
  const auto& contenders = study.specification().contenders();
  const bool any = std::any_of(contenders.begin(), contenders.end(),
                               [](const auto& one) { return !one.ladder_of().empty(); });
  std::map<std::string, std::set<std::string>> ladders;
  for (const v1::Contender& contender : contenders) {
    if (any ? !contender.ladder_of().empty() : FamilyText(contender) == "network")
      ladders[contender.ladder_of()].insert(contender.name());
  }
  std::erase_if(ladders, [](const auto& ladder) { return ladder.second.size() < kLeastModels; });
  return ladders;
}

const v1::StudyJointLaw* JointLawOf(const v1::Study& study, const std::string& ladder) {
  for (const v1::StudyJointLaw& law : study.analysis().joint_laws()) {
    if (law.ladder() == ladder) return &law;
  }
  return nullptr;
}

double ErrorAt(const v1::StudyJointLaw& law, double parameters, double samples) {
  return law.floor().value() +
         law.model_scale().value() * std::pow(parameters, -law.model_exponent().value()) +
         law.data_scale().value() * std::pow(samples, -law.data_exponent().value());
}

Series SeriesOf(const v1::Study& study, const std::string& ladder,
                const std::set<std::string>& contenders, uint64_t size, bool several) {
  Series series;
  series.name =
      absl::StrCat(several ? ladder + ", " : "", WholeText(static_cast<double>(size)), " samples");
  for (const v1::StudyPoint& point : study.points()) {
    if (point.size() != size || contenders.count(point.contender()) == 0) continue;
    if (!IsMeasured(point) || point.parameters() == 0) continue;
    const bool known = std::isfinite(point.mean().low()) && std::isfinite(point.mean().high());
    series.points.push_back({static_cast<double>(point.parameters()), point.mean().value(),
                             known ? point.mean().low() : figures::kNothing,
                             known ? point.mean().high() : figures::kNothing});
  }
  std::stable_sort(series.points.begin(), series.points.end(),
                   [](const auto& a, const auto& b) { return a.x < b.x; });
  if (series.points.empty()) return series;
  const v1::StudyJointLaw* law = JointLawOf(study, ladder);
  if (law == nullptr || law->ill_behaved()) {
    for (const figures::Point& point : series.points) series.line.push_back({point.x, point.y});
    return series;
  }
  const double first = series.points.front().x;
  const double last = series.points.back().x;
  for (int i = 0; i < kDrawnPoints; ++i) {
    const double parameters = first * std::pow(last / first, i / (kDrawnPoints - 1.0));
    series.line.push_back({parameters, ErrorAt(*law, parameters, static_cast<double>(size))});
  }
  return series;
}

std::string ShareText(const v1::IntervalEstimate& share) {
  return EstimateText(share, NumberFormat::kPercent);
}

std::string LimitText(v1::Limit limit) {
  switch (limit) {
    case v1::DATA_LIMITED:
      return "data";
    case v1::MODEL_LIMITED:
      return "model";
    case v1::NOISE_LIMITED:
      return "noise";
    default:
      return "undecided";
  }
}

std::string ModelsText(const v1::StudyJointLaw& law) {
  return law.ladder().empty() ? "all networks" : law.ladder();
}

std::string Four(const v1::IntervalEstimate& estimate) {
  return EstimateText(estimate, NumberFormat::kPlain);
}

}  // namespace

bool HasLadder(const v1::Study& study) { return !Ladders(study).empty(); }

Plot ParametersFigure(const v1::Study& study) {
  Plot plot;
  plot.heading.title = "Error against size of the model";
  plot.heading.note = WhatIsMissing(study);
  plot.x = {"trained parameters", "", figures::Scale::kLog10};
  plot.y = {ErrorLabel(study), "", figures::Scale::kLog10, ErrorFormat(study)};
  const auto ladders = Ladders(study);
  for (const auto& [ladder, contenders] : ladders) {
    for (const uint64_t size : study.specification().sizes())
      plot.series.push_back(SeriesOf(study, ladder, contenders, size, ladders.size() > 1));
  }
  const uint32_t seeds = study.specification().seeds();
  plot.meanings.points =
      seeds > 1 ? absl::StrCat("mean of ", seeds, " seeds, 95 % interval") : "one seed";
  for (const v1::StudyJointLaw& law : study.analysis().joint_laws()) {
    if (!law.ill_behaved()) {
      plot.meanings.line = "joint law";
      continue;
    }
    absl::StrAppend(&plot.heading.note, plot.heading.note.empty() ? "" : " ", "The joint law of ",
                    ModelsText(law), " misses a point by ",
                    figures::ShortNumber(law.worst_miss(), NumberFormat::kPercent),
                    ", beyond noise, and is not drawn: lines join the points.");
  }
  return plot;
}

DataTable JointLawTable(const v1::Study& study) {
  DataTable table{"error = E + A N^-a + B n^-b: N parameters, n training samples, 95 % intervals",
                  {{"models"},
                   {"E", true},
                   {"A", true},
                   {"a", true},
                   {"B", true},
                   {"b", true},
                   {"largest miss", true}}};
  for (const v1::StudyJointLaw& law : study.analysis().joint_laws()) {
    table.rows.push_back({absl::StrCat(ModelsText(law), law.ill_behaved() ? " (ill-behaved)" : ""),
                          EstimateText(law.floor(), ErrorFormat(study)), Four(law.model_scale()),
                          Four(law.model_exponent()), Four(law.data_scale()),
                          Four(law.data_exponent()),
                          figures::ShortNumber(law.worst_miss(), NumberFormat::kPercent)});
  }
  return table;
}

DataTable LimitTable(const v1::Study& study) {
  DataTable table{
      "What the error is made of, by the joint law: for want of data, for want of "
      "parameters, and what neither lowers",
      {{"models"},
       {"parameters", true},
       {"samples", true},
       {"error", true},
       {"data", true},
       {"model", true},
       {"noise", true},
       {"limited by"}}};
  for (const v1::StudyJointLaw& law : study.analysis().joint_laws()) {
    // Shares of a law that the data refuse say nothing.
    if (law.ill_behaved()) continue;
    for (const v1::StudyLimit& limit : law.limits()) {
      table.rows.push_back({ModelsText(law),
                            WholeText(static_cast<double>(limit.point().parameters())),
                            WholeText(static_cast<double>(limit.point().samples())),
                            EstimateText(limit.error(), ErrorFormat(study)),
                            ShareText(limit.data_share()), ShareText(limit.model_share()),
                            ShareText(limit.noise_share()), LimitText(limit.limit())});
    }
  }
  return table;
}

}  // namespace trainyard::client
