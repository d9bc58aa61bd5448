// What the report of an activation study has that others do not: its figures, tables and methods.
// Called by study_report.cc. Pure.
#pragma once

#include <string>

#include "client/figures/report.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard::client {

// "3 activations, 2 depths, 1 initializer, 4 learning rates, 5 seeds"
std::string ActivationSubtitle(const v1::Study& study);
// What was compared, and how much of it was measured.
std::string ActivationAbstract(const v1::Study& study);
void AddActivationSections(const v1::Study& study, figures::Report& report);

}  // namespace trainyard::client
