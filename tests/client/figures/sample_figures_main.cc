// Writes the sample figures and the sample report to a folder, and prints them as in a terminal:
// what a change of the figure library looks like.
//
//   sample_figures_main FOLDER
#include <fstream>
#include <iostream>

#include "client/figures/report.h"
#include "client/figures/svg.h"
#include "client/figures/terminal.h"
#include "tests/client/figures/sample_figures.h"

int main(int argc, char** argv) {
  namespace figures = trainyard::figures;
  if (argc != 2) {
    std::cerr << "usage: sample_figures_main FOLDER\n";
    return 2;
  }
  const std::string folder = argv[1];
  for (const figures::NamedFigure& sample : figures::SampleFigures()) {
    std::ofstream(folder + "/" + sample.name + ".svg")
        << figures::Svg(sample.figure, figures::SvgOptions());
    figures::TerminalOptions options;
    options.color = true;
    std::cout << figures::TerminalText(sample.figure, options) << "\n";
  }
  std::ofstream(folder + "/report.html") << figures::Html(figures::SampleReport());
  return 0;
}
