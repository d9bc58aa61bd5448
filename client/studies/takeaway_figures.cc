#include "client/studies/takeaway_figures.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/studies/study_numbers.h"
#include "client/studies/study_tables.h"
#include "client/studies/study_text.h"

namespace trainyard::client {
namespace {

using figures::DataTable;
using figures::NumberFormat;
using figures::Row;
using figures::RowChart;

// Below it a logarithmic axis has too few ticks, and looks like a linear one.
constexpr double kLeastSpreadOfLog = 4;

std::string Name(const v1::TakeawayEffect& effect) {
  return absl::StrJoin(effect.factors(), " x ");
}

Row RatioRow(const std::string& label, const v1::IntervalEstimate& ratio,
             const std::string& group) {
  return {label, ratio.value(), ratio.low(), ratio.high(), group};
}

// The largest end of an interval over the smallest.
double Spread(const std::vector<Row>& rows) {
  double low = 1;
  double high = 1;
  for (const Row& row : rows) {
    if (std::isfinite(row.low)) low = std::min(low, row.low);
    if (std::isfinite(row.high)) high = std::max(high, row.high);
  }
  return low > 0 ? high / low : figures::kNothing;
}

std::string RatioText(const v1::IntervalEstimate& ratio) {
  return EstimateText(ratio, NumberFormat::kPlain);
}

std::string PValueText(double value) {
  return value < 0.001 ? "< 0.001" : absl::StrFormat("%.3f", value);
}

// The points of a study by what is on: few factors first, without data before with them.
struct Cell {
  const v1::StudyPoint* point = nullptr;
  bool data = false;
  std::vector<std::string> on;
};

std::vector<Cell> CellsOf(const v1::Study& study) {
  const auto& sizes = study.specification().sizes();
  std::vector<Cell> cells;
  for (const v1::StudyPoint& point : study.points()) {
    const v1::Contender* contender = ContenderOf(study, point.contender());
    if (contender == nullptr || sizes.empty()) continue;
    cells.push_back({&point,
                     point.size() == sizes[sizes.size() - 1],
                     {contender->factors_on().begin(), contender->factors_on().end()}});
  }
  std::stable_sort(cells.begin(), cells.end(),
                   [](const Cell& a, const Cell& b) { return a.data < b.data; });
  return cells;
}

std::string OnText(const Cell& cell) {
  return cell.on.empty() ? "none" : absl::StrJoin(cell.on, ", ");
}

std::string DataText(const Cell& cell) {
  return absl::StrCat(cell.data ? "data on: " : "data off: ",
                      WholeText(static_cast<double>(cell.point->size())), " samples");
}

std::string SeedsText(const v1::Study& study) {
  return absl::StrCat(study.analysis().takeaway().seeds(), " seeds");
}

}  // namespace

bool IsTakeaway(const v1::Study& study) { return study.specification().has_takeaway(); }

RowChart EffectsFigure(const v1::Study& study) {
  const v1::TakeawayAnalysis& takeaway = study.analysis().takeaway();
  RowChart chart;
  chart.heading.title = "What each factor does to the error";
  chart.axis = {"error with over error without", "", figures::Scale::kLog10};
  chart.mark = figures::RowMark::kDot;
  chart.reference = 1;
  chart.reference_label = "no effect";
  chart.heading.note = WhatIsMissing(study);
  if (!study.analysis().has_takeaway()) return chart;
  chart.heading.subtitle = absl::StrCat("error ratios, left of 1 is better; ", SeedsText(study),
                                        ", intervals of 95 % each");
  for (const v1::TakeawayEffect& effect : takeaway.alone())
    chart.rows.push_back(RatioRow(Name(effect), effect.ratio(), "each alone"));
  chart.rows.push_back(RatioRow("product of these", takeaway.product(), "each alone"));
  chart.rows.push_back(RatioRow("all", takeaway.together().ratio(), "together"));
  chart.rows.push_back(RatioRow("over the product", takeaway.beyond_product(), "together"));
  for (const v1::TakeawayEffect& effect : takeaway.effects()) {
    chart.rows.push_back(
        RatioRow(Name(effect), effect.ratio(),
                 effect.factors_size() == 1 ? "mean over the other factors" : "interactions"));
  }
  if (Spread(chart.rows) < kLeastSpreadOfLog) chart.axis.scale = figures::Scale::kLinear;
  const std::string hollow = "Hollow: the interval includes no effect.";
  chart.heading.note =
      chart.heading.note.empty() ? hollow : absl::StrCat(hollow, " ", chart.heading.note);
  return chart;
}

RowChart CellsFigure(const v1::Study& study) {
  RowChart chart;
  chart.heading.title = "Error of every combination of factors";
  chart.heading.note = WhatIsMissing(study);
  chart.axis = {ErrorLabel(study), "", figures::Scale::kLog10, ErrorFormat(study)};
  chart.mark = figures::RowMark::kDot;
  for (const Cell& cell : CellsOf(study)) {
    Row row{OnText(cell), figures::kNothing, figures::kNothing, figures::kNothing, DataText(cell)};
    if (IsMeasured(*cell.point)) {
      row.value = cell.point->mean().value();
      row.low = cell.point->mean().low();
      row.high = cell.point->mean().high();
    }
    chart.rows.push_back(std::move(row));
  }
  chart.heading.subtitle = absl::StrCat("mean of ", study.specification().seeds(),
                                        " seeds, 95 % interval; what is on beside data");
  return chart;
}

DataTable EffectTable(const v1::Study& study) {
  DataTable table{"Effects on the error: with over without, intervals of 95 % each",
                  {{"what"}, {"measured"}, {"ratio", true}, {"p", true}}};
  const v1::TakeawayAnalysis& takeaway = study.analysis().takeaway();
  if (!study.analysis().has_takeaway()) return table;
  for (const v1::TakeawayEffect& effect : takeaway.alone()) {
    table.rows.push_back({Name(effect), "alone, the others off", RatioText(effect.ratio()),
                          PValueText(effect.p_value())});
  }
  table.rows.push_back({"product of these", "", RatioText(takeaway.product()), ""});
  table.rows.push_back({"all", "together", RatioText(takeaway.together().ratio()),
                        PValueText(takeaway.together().p_value())});
  table.rows.push_back({"all over the product", "", RatioText(takeaway.beyond_product()), ""});
  for (const v1::TakeawayEffect& effect : takeaway.effects()) {
    table.rows.push_back(
        {Name(effect),
         effect.factors_size() == 1 ? "mean over the settings of the others" : "interaction",
         RatioText(effect.ratio()), PValueText(effect.p_value())});
  }
  return table;
}

DataTable CellTable(const v1::Study& study) {
  DataTable table{"Every combination of factors; FLOPs of a run"};
  table.columns = {{"data", true}};
  std::vector<std::string> factors;
  for (const v1::Factor& factor : study.specification().takeaway().factors()) {
    factors.push_back(factor.name());
    table.columns.push_back({factor.name()});
  }
  table.columns.insert(
      table.columns.end(),
      {{"parameters", true}, {"error, 95 % interval", true}, {"FLOPs", true}, {"chosen"}});
  for (const Cell& cell : CellsOf(study)) {
    const v1::StudyPoint& point = *cell.point;
    std::vector<std::string> row = {WholeText(static_cast<double>(point.size()))};
    for (const std::string& factor : factors) {
      const bool on = std::find(cell.on.begin(), cell.on.end(), factor) != cell.on.end();
      row.push_back(on ? "on" : "–");
    }
    const double runs =
        static_cast<double>(RunsOfAPoint(study, *ContenderOf(study, point.contender())));
    const bool measured = IsMeasured(point);
    row.insert(row.end(),
               {point.parameters() == 0 ? "–" : WholeText(static_cast<double>(point.parameters())),
                measured ? EstimateText(point.mean(), ErrorFormat(study)) : "–",
                FlopsText(point.flops() / runs), measured ? CandidateText(study, point) : "–"});
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace trainyard::client
