#include "client/cli/figure_file.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/figures/export.h"
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

absl::Status CheckFigureFile(const std::string& path, size_t figures) {
  bool known = false;
  for (const char* end : {".svg", ".html", ".csv", ".json", ".txt"}) {
    known = known || absl::EndsWith(path, end);
  }
  if (!known) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--out: expected a name that ends in .svg, .html, .csv, .json or .txt, not '", path, "'",
        absl::EndsWith(path, ".png") || absl::EndsWith(path, ".pdf")
            ? "; write an .svg and convert it, for example with rsvg-convert"
            : ""));
  }
  if (figures > 1 && !absl::EndsWith(path, ".html")) {
    return absl::InvalidArgumentError(absl::StrCat("--out: '", path,
                                                   "' has room for one figure, not for ", figures,
                                                   "; an .html file for all"));
  }
  return client::CheckReplaceable(path);
}

absl::Status WriteFigureFile(const std::string& path, const figures::Report& report,
                             figures::Theme theme) {
  if (absl::EndsWith(path, ".html")) return client::WriteFile(path, figures::Html(report));
  const figures::Figure* figure = FirstFigure(report);
  if (figure == nullptr) return absl::InternalError("the report has no figure");
  if (absl::EndsWith(path, ".csv")) return client::WriteFile(path, figures::Csv(*figure));
  if (absl::EndsWith(path, ".json")) return client::WriteFile(path, figures::Json(*figure));
  if (absl::EndsWith(path, ".txt")) {
    return client::WriteFile(path, figures::TerminalText(*figure, figures::TerminalOptions()));
  }
  figures::SvgOptions options;
  options.theme = theme;
  return client::WriteFile(path, figures::Svg(*figure, options));
}

}  // namespace trainyard::cli
