// Which model with how much data is best for the same computation: the points of a study that none
// is both cheaper and better than, by cost of a run. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "client/figures/report.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard::client {

enum class RunCost { kFlops, kCoreSeconds };

// Of one run of the point: of all its runs by their number. NaN where it was not counted.
double CostOfRun(const v1::Study& study, const v1::StudyPoint& point, RunCost cost);

struct FrontierPoint {
  const v1::StudyPoint* point = nullptr;
  double cost = 0;
  // The best of another contender for no more; absent where there is none.
  const v1::StudyPoint* next = nullptr;
};
// By ascending cost, so by descending error.
std::vector<FrontierPoint> Frontier(const v1::Study& study, RunCost cost);

// "mlp-32 at 3,000".
std::string PointText(const v1::StudyPoint& point);
// A row a point of the frontier: from which cost on it is the best, and how close the next is.
figures::DataTable FrontierTable(const v1::Study& study, RunCost cost);

}  // namespace trainyard::client
