// Writes the figures and reports of sample studies to a folder, and prints the figures as in a
// terminal: what a change looks like.
//
//   sample_study_main FOLDER
#include <fstream>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "client/figures/svg.h"
#include "client/figures/terminal.h"
#include "client/studies/study_figures.h"
#include "client/studies/study_report.h"
#include "tests/client/studies/sample_activation_study.h"
#include "tests/client/studies/sample_study.h"

namespace trainyard {
namespace {

void Write(const std::string& folder, const std::string& name, const v1::Study& study) {
  std::ofstream(absl::StrCat(folder, "/", name, ".html")) << figures::Html(
      client::ReportOf(study, {{"server", "trainyardd 0.1.0, oneDNN 2.6.3"},
                               {"machine of the server", "2 cores, avx512_core_amx"}}));
  for (const std::string& figure : client::StudyFigureNames()) {
    const figures::Figure drawn = client::FigureOf(study, *client::ParseStudyFigure(figure));
    std::ofstream(absl::StrCat(folder, "/", name, "-", figure, ".svg"))
        << figures::Svg(drawn, figures::SvgOptions());
    if (name != "wide")
      std::cout << figures::TerminalText(drawn, figures::TerminalOptions()) << "\n";
  }
}

}  // namespace
}  // namespace trainyard

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: sample_study_main FOLDER\n";
    return 2;
  }
  namespace client = trainyard::client;
  const std::vector<std::pair<std::string, trainyard::v1::Study>> studies = {
      {"whole", client::SampleStudy()},
      {"unfinished", client::UnfinishedStudy(21)},
      {"flawed", client::FlawedStudy()},
      {"regression", client::RegressionStudy()},
      {"takeaway", client::TakeawayStudy()},
      {"activation", client::SampleActivationStudy()},
      {"wide", client::WideStudy(64, "contender-")}};
  for (const auto& [name, study] : studies) trainyard::Write(argv[1], name, study);
  return 0;
}
