// Figures as files: what kind of file is said by the end of its name.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/figures/report.h"
#include "client/figures/svg.h"

namespace trainyard::cli {

// The end of the name in lower case, "svg" of "a/curves.SVG"; "" where it has none.
std::string FileKind(const std::string& path);

// auto, light or dark: the choices of --theme.
figures::Theme ThemeOf(const std::string& name);

// A figure as "svg", "png", "csv", "json" or "txt". INTERNAL where a .png cannot be drawn.
absl::StatusOr<std::string> FigureBytes(const figures::Figure& figure, const std::string& kind,
                                        figures::Theme theme);

// INVALID_ARGUMENT where no figure has such a file, or `figures` do not fit into one. To be called
// before any work.
absl::Status CheckFigureFile(const std::string& path, size_t figures);

// .html holds the whole report, every other kind its one figure.
absl::Status WriteFigureFile(const std::string& path, const figures::Report& report,
                             figures::Theme theme);

}  // namespace trainyard::cli
