// A sweep as a page to be read and kept: best trial, figures, all trials, methods. Pure.
#pragma once

#include "client/figures/report.h"
#include "trainyard/v1/sweep.pb.h"

namespace trainyard::client {

figures::Report SweepReport(const v1::Sweep& sweep);

}  // namespace trainyard::client
