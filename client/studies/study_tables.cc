#include "client/studies/study_tables.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/figures/number.h"
#include "client/lib/job_names.h"
#include "client/studies/study_numbers.h"
#include "client/studies/study_text.h"

namespace trainyard::client {
namespace {

using figures::DataTable;
using figures::NumberFormat;
using figures::ShortNumber;

// Differences of percents have no sign of their own.
NumberFormat SpreadFormat(const v1::Study& study) {
  return ErrorFormat(study) == NumberFormat::kPercent ? NumberFormat::kPoints
                                                      : NumberFormat::kPlain;
}

std::string Range(const v1::Study& study, double low, double high) {
  return absl::StrCat(ShortNumber(low, SpreadFormat(study)), " – ",
                      ShortNumber(high, ErrorFormat(study)));
}

std::string Size(const v1::StudyPoint& point) {
  return WholeText(static_cast<double>(point.size()));
}

double Finite(double value) { return std::isfinite(value) ? value : 0; }

}  // namespace

std::string WholeText(double value) {
  constexpr double kMostDigits = 1e6;
  return std::isfinite(value) && value < kMostDigits
             ? figures::TickLabels({value}, NumberFormat::kPlain)[0]
             : ShortNumber(value, NumberFormat::kPlain);
}

std::string FlopsText(double flops) {
  if (!(flops > 0)) return "–";
  constexpr const char* kUnits[] = {"", " k", " M", " G", " T", " P", " E"};
  size_t unit = 0;
  while (flops >= 999.5 && unit + 1 < std::size(kUnits)) {
    flops /= 1000;
    ++unit;
  }
  return absl::StrFormat("%.3g%s", flops, kUnits[unit]);
}

std::string DurationText(double seconds) {
  constexpr double kMinute = 60;
  constexpr double kHour = 3600;
  if (!(seconds > 0)) return "–";
  if (seconds < 10 * kMinute) return absl::StrFormat("%.3g s", seconds);
  if (seconds < 10 * kHour) return absl::StrFormat("%.3g min", seconds / kMinute);
  return absl::StrFormat("%.3g h", seconds / kHour);
}

DataTable FailureTable(const v1::Study& study) {
  DataTable table{"Points that ended without a number",
                  {{"contender"}, {"samples", true}, {"state"}, {"job"}, {"why"}}};
  for (const v1::StudyPoint& point : study.points()) {
    if (IsMeasured(point) || !HasEnded(point.state())) continue;
    const bool odd = point.state() == v1::SUCCEEDED && point.message().empty();
    table.rows.push_back({point.contender(), Size(point), v1::JobState_Name(point.state()),
                          ShortJobName(point.job()),
                          odd ? "no seed left a finite error" : point.message()});
  }
  return table;
}

DataTable CrossingTable(const v1::Study& study) {
  DataTable table{"Where one contender overtakes another",
                  {{"up to there"}, {"beyond"}, {"training samples", true}}};
  for (const v1::StudyCrossing& crossing : study.analysis().crossings()) {
    table.rows.push_back(
        {crossing.below(), crossing.above(), EstimateText(crossing.size(), NumberFormat::kPlain)});
  }
  return table;
}

DataTable LawTable(const v1::Study& study) {
  DataTable table{"Fitted laws of the error, n the number of training samples",
                  {{"contender"}, {"law"}, {"exponent", true}, {"asymptote", true}}};
  for (const v1::StudyLaw& law : study.analysis().laws()) {
    if (law.formula().empty()) continue;
    table.rows.push_back(
        {law.contender(), LawText(law),
         law.has_exponent() ? EstimateText(law.exponent(), NumberFormat::kPlain) : "–",
         law.has_asymptote() ? EstimateText(law.asymptote(), ErrorFormat(study)) : "–"});
  }
  return table;
}

DataTable ExactLawTable(const v1::Study& study) {
  DataTable table{"Coefficients of the laws, none rounded", {{"contender"}, {"law"}, {"numbers"}}};
  for (const v1::StudyLaw& law : study.analysis().laws()) {
    if (law.formula().empty()) continue;
    table.rows.push_back({law.contender(), law.formula(), ExactLawText(law)});
  }
  return table;
}

DataTable ForecastTable(const v1::Study& study) {
  DataTable table{"Forecasts of the error",
                  {{"contender"},
                   {"training samples", true},
                   {"forecast", true},
                   {"80 %", true},
                   {"95 %", true}}};
  for (const v1::StudyLaw& law : study.analysis().laws()) {
    for (const v1::StudyLaw::Forecast& forecast : law.forecasts()) {
      table.rows.push_back({law.contender(), WholeText(forecast.size()),
                            ShortNumber(forecast.value(), ErrorFormat(study)),
                            Range(study, forecast.low80(), forecast.high80()),
                            Range(study, forecast.low95(), forecast.high95())});
    }
  }
  return table;
}

DataTable CostTable(const v1::Study& study) {
  DataTable table{"What the contenders cost, over all their points",
                  {{"contender"},
                   {"family"},
                   {"trains"},
                   {"parameters", true},
                   {"runs", true},
                   {"core time", true},
                   {"FLOPs", true}}};
  for (const v1::Contender& contender : study.specification().contenders()) {
    double core_seconds = 0;
    double flops = 0;
    uint64_t parameters = 0;
    uint64_t runs = 0;
    for (const v1::StudyPoint& point : study.points()) {
      if (point.contender() != contender.name()) continue;
      core_seconds += Finite(point.core_seconds());
      flops += Finite(point.flops());
      parameters = std::max(parameters, point.parameters());
      runs += RunsOfAPoint(study, contender);
    }
    table.rows.push_back({contender.name(), FamilyText(contender), WhatIsTrained(contender),
                          parameters == 0 ? "–" : WholeText(static_cast<double>(parameters)),
                          WholeText(static_cast<double>(runs)), DurationText(core_seconds),
                          FlopsText(flops)});
  }
  return table;
}

DataTable PointTable(const v1::Study& study) {
  DataTable table{"All measured points",
                  {{"contender"},
                   {"samples", true},
                   {"error, 95 % interval", true},
                   {"deviation", true},
                   {"seeds", true},
                   {"chosen by validation"}}};
  for (const v1::StudyPoint& point : study.points()) {
    if (!IsMeasured(point)) continue;
    table.rows.push_back({point.contender(), Size(point),
                          EstimateText(point.mean(), ErrorFormat(study)),
                          ShortNumber(SeedDeviation(point), SpreadFormat(study)),
                          absl::StrCat(SeedsMeasured(point)), CandidateText(study, point)});
  }
  return table;
}

}  // namespace trainyard::client
