// The tables of a study's report: each may be empty, and is then left out. Pure functions.
#pragma once

#include <string>

#include "client/figures/report.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard::client {

figures::DataTable FailureTable(
    const v1::Study& study);  // points that ended without a number, and why
figures::DataTable CrossingTable(const v1::Study& study);  // who overtakes whom, and where
figures::DataTable LawTable(const v1::Study& study);       // rounded for reading
figures::DataTable ExactLawTable(const v1::Study& study);  // not rounded
figures::DataTable ForecastTable(const v1::Study& study);
figures::DataTable CostTable(const v1::Study& study);   // by contender
figures::DataTable PointTable(const v1::Study& study);  // all that were measured

// 54,000; 1.2M.
std::string WholeText(double value);
// "1.9 P", "36 M"; a dash where nothing was counted.
std::string FlopsText(double flops);
// "12.5 s", "14.2 min", "3.1 h"; a dash where nothing was metered.
std::string DurationText(double seconds);

}  // namespace trainyard::client
