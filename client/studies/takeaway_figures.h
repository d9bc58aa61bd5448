// The figures and tables of a takeaway study: by what each factor multiplies the error, alone and
// with the others, and the error of every combination. Pure functions.
#pragma once

#include "client/figures/figure.h"
#include "client/figures/report.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard::client {

bool IsTakeaway(const v1::Study& study);

// Rows of ratios with their intervals; empty where the effects are not known yet.
figures::RowChart EffectsFigure(const v1::Study& study);
// A row a combination, as far as they have ended.
figures::RowChart CellsFigure(const v1::Study& study);

// Every effect with its interval and p value.
figures::DataTable EffectTable(const v1::Study& study);
// Every combination: what is on, error, cost.
figures::DataTable CellTable(const v1::Study& study);

}  // namespace trainyard::client
