// Plots of series on their way from the server to a screen or a file. What `job plot` and `compare`
// share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/session.h"
#include "client/figures/figure.h"

namespace trainyard::cli {

// A few a column of a picture: buckets keep their least and largest value.
inline constexpr uint32_t kPlotBuckets = 1000;

// Names of everything that the job has measured.
absl::StatusOr<std::vector<std::string>> SeriesNames(client::Client& client,
                                                     const std::string& job);

void PrintPlots(Console& console, const std::vector<figures::Plot>& plots);

// Into a file, see figure_file.h; prints its name. `theme`: auto, light or dark. Returns the exit
// code.
int WritePlots(Session& session, client::Client& client, const std::string& title,
               const std::vector<figures::Plot>& plots, const std::string& path,
               const std::string& theme);

}  // namespace trainyard::cli
