// A study as a report: abstract and verdicts, figures, laws, forecasts, cost, all points, the
// specification. What failed or has not ended is said wherever numbers of it would stand. Pure.
//
//   client::WriteFile("scaling.html", figures::Html(ReportOf(study, {{"server", "..."}})));
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "client/figures/report.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard::client {

// `provenance`: what is known beside the study, such as the server and its hardware.
figures::Report ReportOf(const v1::Study& study,
                         const std::vector<std::pair<std::string, std::string>>& provenance);

}  // namespace trainyard::client
