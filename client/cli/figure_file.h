// Figures as files: what kind of file is said by the end of its name.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/figures/report.h"
#include "client/figures/svg.h"

namespace trainyard::cli {

// INVALID_ARGUMENT where no figure has such a file, or `figures` do not fit into one. To be called
// before any work.
absl::Status CheckFigureFile(const std::string& path, size_t figures);

// .svg, .csv, .json and .txt hold the one figure of the report, .html the whole of it.
absl::Status WriteFigureFile(const std::string& path, const figures::Report& report,
                             figures::Theme theme);

}  // namespace trainyard::cli
