#include "client/cli/difference_view.h"

#include "absl/strings/str_cat.h"
#include "client/cli/table.h"
#include "client/text/text.h"

namespace trainyard::cli {
namespace {

std::string ValueText(const std::string& value) {
  return value.empty() ? "absent" : Printable(value);
}

}  // namespace

void PrintDifferences(Console& console, const std::vector<std::string>& jobs,
                      const SpecificationDifferences& differences) {
  if (jobs.size() == 2) {
    for (const v1::SpecificationDifference& difference : differences) {
      console.out << Printable(difference.path()) << ": " << ValueText(difference.values(0))
                  << " -> " << ValueText(difference.values(1)) << "\n";
    }
    return;
  }
  std::vector<Column> columns = {{"DIFFERS", Align::kLeft, true}};
  for (const std::string& job : jobs) columns.push_back({Printable(job), Align::kLeft, true});
  Table table(columns);
  for (const v1::SpecificationDifference& difference : differences) {
    std::vector<std::string> cells = {Printable(difference.path())};
    for (const std::string& value : difference.values()) cells.push_back(ValueText(value));
    table.Add(cells);
  }
  if (!table.empty()) table.Print(console);
}

}  // namespace trainyard::cli
