#include "client/studies/activation_tables.h"

#include <cstddef>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/studies/activation_numbers.h"
#include "client/studies/study_numbers.h"
#include "client/studies/study_text.h"

namespace trainyard::client {

using figures::DataTable;

namespace {

void Drop(DataTable& table, const std::string& title) {
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].title != title) continue;
    const auto at = static_cast<std::ptrdiff_t>(i);
    table.columns.erase(table.columns.begin() + at);
    for (std::vector<std::string>& row : table.rows) row.erase(row.begin() + at);
    return;
  }
}

// Whether the activation takes fewer steps.
const char* Answer(v1::Verdict verdict) {
  switch (VerdictOf(verdict)) {
    case figures::Verdict::kHolds:
      return "yes";
    case figures::Verdict::kDoesNotHold:
      return "no";
    case figures::Verdict::kInsufficientData:
      return "too few";
    default:
      return "undecided";
  }
}

}  // namespace

DataTable ReachTable(const v1::Study& study, bool narrow, bool unicode) {
  DataTable table{absl::StrCat("What it takes to ", ThresholdText(study),
                               " training error: mean and range of seeds that do"),
                  {{"contender"},
                   {"steps", true},
                   {"seconds", true},
                   {"seeds", true},
                   {"rate", true},
                   {"test error", true}}};
  for (const v1::Contender& contender : study.specification().contenders()) {
    const v1::StudyPoint* point = ActivationPointOf(study, contender.name());
    if (point == nullptr) continue;
    table.rows.push_back(
        {contender.name(), CostText(*point, Cost::kSteps, unicode),
         CostText(*point, Cost::kSeconds, unicode),
         absl::StrCat(SeedsThatReached(*point), " of ", point->activation().costs_size()),
         RateText(study, *point),
         IsMeasured(*point) ? EstimateText(point->mean(), ErrorFormat(study), unicode) : ""});
  }
  if (narrow) Drop(table, "seconds");
  return table;
}

DataTable SpeedUpTable(const v1::Study& study, bool narrow, bool unicode) {
  DataTable table{"Speed-up: costs of the baseline over those of the activation",
                  {{"activation"},
                   {"baseline"},
                   {"steps", true},
                   {"samples", true},
                   {"seconds", true},
                   {"faster"}}};
  for (const v1::StudySpeedUp& one : study.analysis().speed_ups()) {
    table.rows.push_back({one.treatment(), one.baseline(), RatioText(one.steps(), unicode),
                          RatioText(one.samples(), unicode), RatioText(one.seconds(), unicode),
                          Answer(one.verdict())});
  }
  if (narrow) Drop(table, "samples");
  return table;
}

DataTable DiagnosisTable(const v1::Study& study) {
  DataTable table{"Diagnosis in words", {{"contender"}, {"what was seen, and what to try"}}};
  for (const v1::Contender& contender : study.specification().contenders()) {
    const v1::StudyPoint* point = ActivationPointOf(study, contender.name());
    if (point != nullptr) table.rows.push_back({contender.name(), point->activation().diagnosis()});
  }
  return table;
}

std::string ReachSentence(const v1::Study& study, const v1::StudyPoint& point, bool unicode) {
  const int reached = SeedsThatReached(point);
  const std::string seeds =
      absl::StrCat(reached, " of ", point.activation().costs_size(), " seeds");
  const std::string cost = reached == 0
                               ? absl::StrCat(ThresholdText(study), " training error not reached")
                               : absl::StrCat(ThresholdText(study), " training error after ",
                                              CostText(point, Cost::kSteps, unicode), " steps");
  return absl::StrCat(cost, ", ", seeds, ", learning_rate ", RateText(study, point), "; ",
                      point.activation().diagnosis());
}

}  // namespace trainyard::client
