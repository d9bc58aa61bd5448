#include "client/cli/figure_file.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/figures/export.h"
#include "client/figures/png.h"
#include "client/figures/terminal.h"
#include "client/lib/files.h"
#include "engine/base/status.h"

namespace trainyard::cli {
namespace {

const figures::Figure* FirstFigure(const figures::Report& report) {
  for (const figures::Section& section : report.sections) {
    for (const figures::Block& block : section.blocks) {
      if (const auto* exhibit = std::get_if<figures::Exhibit>(&block)) return &exhibit->figure;
    }
  }
  return nullptr;
}

}  // namespace

std::string FileKind(const std::string& path) {
  const size_t dot = path.rfind('.');
  const size_t slash = path.rfind('/');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) return "";
  return absl::AsciiStrToLower(path.substr(dot + 1));
}

figures::Theme ThemeOf(const std::string& name) {
  return name == "light"  ? figures::Theme::kLight
         : name == "dark" ? figures::Theme::kDark
                          : figures::Theme::kAuto;
}

absl::StatusOr<std::string> FigureBytes(const figures::Figure& figure, const std::string& kind,
                                        figures::Theme theme) {
  if (kind == "csv") return figures::Csv(figure);
  if (kind == "json") return figures::Json(figure);
  if (kind == "txt") return figures::TerminalText(figure, figures::TerminalOptions());
  figures::SvgOptions options;
  options.theme = theme;
  return kind == "png" ? figures::Png(figure, options) : figures::Svg(figure, options);
}

absl::Status CheckFigureFile(const std::string& path, size_t figures) {
  const std::string kind = FileKind(path);
  bool known = false;
  for (const char* each : {"svg", "png", "html", "csv", "json", "txt"})
    known = known || kind == each;
  if (!known) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--out: expected a name that ends in .svg, .png, .html, .csv, .json or .txt, not '", path,
        "'", kind == "pdf" ? "; write an .svg and convert it, for example with rsvg-convert" : ""));
  }
  if (figures > 1 && kind != "html") {
    return absl::InvalidArgumentError(absl::StrCat("--out: '", path,
                                                   "' has room for one figure, not for ", figures,
                                                   "; an .html file for all"));
  }
  return client::CheckReplaceable(path);
}

absl::Status WriteFigureFile(const std::string& path, const figures::Report& report,
                             figures::Theme theme) {
  const std::string kind = FileKind(path);
  if (kind == "html") return client::WriteFile(path, figures::Html(report));
  const figures::Figure* figure = FirstFigure(report);
  if (figure == nullptr) return absl::InternalError("the report has no figure");
  ASSIGN_OR_RETURN(const std::string bytes, FigureBytes(*figure, kind, theme));
  return client::WriteFile(path, bytes);
}

}  // namespace trainyard::cli
