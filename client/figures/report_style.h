// The style sheet of reports, and the icons of verdicts.
#pragma once

#include <string>

#include "client/figures/report.h"

namespace trainyard::figures {

std::string ReportStyle();
// Inline SVG; told apart by shape as much as by colour.
std::string VerdictIcon(Verdict verdict);
// Class of the verdict's colour.
const char* VerdictStyle(Verdict verdict);

}  // namespace trainyard::figures
