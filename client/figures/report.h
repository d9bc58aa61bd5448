// A study's report as one HTML file that needs nothing else: what was claimed and what came out,
// with figures, tables, methods and where it ran. Made to be read on a screen, in the dark and on
// paper. Every text may be anything: it is escaped. Pure.
//
//   Report report;
//   report.title = "Scaling study of Fashion-MNIST";
//   report.verdicts.push_back({"Large networks keep improving", Verdict::kHolds, "slope ..."});
//   report.sections.push_back({"Results", {Paragraph{"..."}, Exhibit{figure, "..."}}});
//   client::WriteFile("report.html", Html(report));
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "client/figures/figure.h"

namespace trainyard::figures {

enum class Verdict { kHolds, kDoesNotHold, kUndecided, kInsufficientData, kIllBehaved };

struct Finding {
  std::string claim;
  Verdict verdict = Verdict::kInsufficientData;
  std::string numbers = {};            // "-0.31 points per doubling [-0.42, -0.19]"
  std::vector<std::string> runs = {};  // ids of the runs behind it
};

struct Paragraph {
  std::string text;
};

// A figure with its caption; numbered by the report.
struct Exhibit {
  Figure figure;
  std::string caption = {};  // behind the figure's own title and subtitle
};

struct TableColumn {
  std::string title;
  bool number = false;  // to the right, figures of one width
};
struct DataTable {
  std::string caption = {};
  std::vector<TableColumn> columns = {};
  std::vector<std::vector<std::string>> rows = {};
};

// Text as it is: a specification, a command.
struct Listing {
  std::string text;
};

using Block = std::variant<Paragraph, Exhibit, DataTable, Listing>;

struct Section {
  std::string title;
  std::vector<Block> blocks = {};
};

struct Report {
  std::string title;
  std::string subtitle;
  std::string abstract;
  std::vector<Finding> verdicts;
  std::vector<Section> sections;
  std::vector<std::string> methods;
  // Hardware, instruction set, precision, versions, date: a name and what it is.
  std::vector<std::pair<std::string, std::string>> provenance = {};
  // Behind all else: long tables, listings.
  std::vector<Section> appendices = {};
};

// "holds", "does not hold here", "undecided", "insufficient data", "ill-behaved"
const char* VerdictWords(Verdict verdict);

std::string Html(const Report& report);

}  // namespace trainyard::figures
