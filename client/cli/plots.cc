#include "client/cli/plots.h"

#include "absl/strings/str_cat.h"
#include "client/cli/exit_codes.h"
#include "client/cli/figure_file.h"
#include "client/cli/metric_figures.h"
#include "client/figures/terminal.h"
#include "engine/base/status.h"
#include "trainyard/v1/metric_service.pb.h"
#include "trainyard/v1/server_service.pb.h"

namespace trainyard::cli {
namespace {
constexpr int kPage = 1000;
}

absl::StatusOr<std::vector<std::string>> SeriesNames(client::Client& client,
                                                     const std::string& job) {
  std::vector<std::string> names;
  v1::ListSeriesRequest request;
  request.set_job(job);
  request.set_page_size(kPage);
  do {
    ASSIGN_OR_RETURN(const v1::ListSeriesResponse page, client.ListSeries(request));
    for (const auto& series : page.series()) names.push_back(series.name());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return names;
}

void PrintPlots(Console& console, const std::vector<figures::Plot>& plots) {
  figures::TerminalOptions options;
  options.unicode = console.unicode;
  options.color = console.color && console.out_is_terminal;
  if (console.out_is_terminal) options.width = console.width();
  for (const figures::Plot& plot : plots) {
    if (&plot != plots.data()) console.out << "\n";
    console.out << figures::TerminalText(plot, options);
  }
}

int WritePlots(Session& session, client::Client& client, const std::string& title,
               const std::vector<figures::Plot>& plots, const std::string& path,
               const std::string& theme) {
  figures::Report report;
  report.title = title;
  figures::Section section;
  for (const figures::Plot& plot : plots) section.blocks.push_back(figures::Exhibit{plot, ""});
  section.blocks.push_back(LastValues(plots));
  report.sections.push_back(std::move(section));
  // A page says where it comes from; without an answer it does not.
  if (const auto info = client.GetServerInfo(); info.ok()) {
    report.provenance = {{"server", absl::StrCat("trainyardd ", info->version())},
                         {"instruction set", info->isa()},
                         {"oneDNN", info->onednn_version()}};
  }
  const absl::Status written = WriteFigureFile(path, report, ThemeOf(theme));
  if (!written.ok()) return session.Fail(written);
  session.console().out << path << "\n";
  return kExitOk;
}

}  // namespace trainyard::cli
