#include "client/studies/frontier.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "client/studies/study_numbers.h"
#include "client/studies/study_tables.h"
#include "client/studies/study_text.h"

namespace trainyard::client {
namespace {

constexpr char kNone[] = "–";

std::string CostText(double cost, RunCost kind) {
  return kind == RunCost::kFlops ? FlopsText(cost) : DurationText(cost);
}

}  // namespace

double CostOfRun(const v1::Study& study, const v1::StudyPoint& point, RunCost cost) {
  const v1::Contender* contender = ContenderOf(study, point.contender());
  const double all = cost == RunCost::kFlops ? point.flops() : point.core_seconds();
  if (contender == nullptr || !(all > 0)) return figures::kNothing;
  return all / static_cast<double>(RunsOfAPoint(study, *contender));
}

std::vector<FrontierPoint> Frontier(const v1::Study& study, RunCost cost) {
  std::vector<FrontierPoint> all;
  for (const v1::StudyPoint& point : study.points()) {
    const double spent = CostOfRun(study, point, cost);
    if (IsMeasured(point) && std::isfinite(spent)) all.push_back({&point, spent, nullptr});
  }
  const auto error = [](const FrontierPoint& at) { return at.point->mean().value(); };
  std::stable_sort(all.begin(), all.end(), [&](const FrontierPoint& a, const FrontierPoint& b) {
    return a.cost != b.cost ? a.cost < b.cost : error(a) < error(b);
  });
  std::vector<FrontierPoint> frontier;
  for (size_t i = 0; i < all.size(); ++i) {
    if (!frontier.empty() && error(all[i]) >= error(frontier.back())) continue;
    FrontierPoint best = all[i];
    for (size_t other = 0; other <= i; ++other) {
      const v1::StudyPoint* rival = all[other].point;
      if (rival->contender() == best.point->contender()) continue;
      if (best.next == nullptr || rival->mean().value() < best.next->mean().value())
        best.next = rival;
    }
    frontier.push_back(best);
  }
  return frontier;
}

std::string PointText(const v1::StudyPoint& point) {
  return absl::StrCat(point.contender(), " at ", WholeText(static_cast<double>(point.size())));
}

figures::DataTable FrontierTable(const v1::Study& study, RunCost cost) {
  figures::DataTable table{
      absl::StrCat("The best for the same computation, by ",
                   cost == RunCost::kFlops ? "FLOPs" : "core time", " of a run"),
      {{"from", true},
       {"best", false},
       {"parameters", true},
       {"samples", true},
       {"error, 95 % interval", true},
       {"next for no more", false},
       {"its error", true}}};
  for (const FrontierPoint& at : Frontier(study, cost)) {
    const v1::StudyPoint& point = *at.point;
    table.rows.push_back(
        {CostText(at.cost, cost), point.contender(),
         point.parameters() == 0 ? kNone : WholeText(static_cast<double>(point.parameters())),
         WholeText(static_cast<double>(point.size())),
         EstimateText(point.mean(), ErrorFormat(study)),
         at.next == nullptr ? kNone : PointText(*at.next),
         at.next == nullptr ? kNone : EstimateText(at.next->mean(), ErrorFormat(study))});
  }
  return table;
}

}  // namespace trainyard::client
