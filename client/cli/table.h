// A table of text: two spaces between columns, numbers to the right. Off a terminal nothing is ever
// cut; on one, the columns marked as flexible give way until the rows fit, or the last one wraps.
//
//   Table table({{"NAME"}, {"STATE"}, {"STEPS", Align::kRight}});
//   table.Add({"lenet", "running", "1,200"});
//   table.Print(console);
#pragma once

#include <string>
#include <vector>

#include "client/cli/console.h"

namespace trainyard::cli {

enum class Align { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
  bool flexible = false;
  // The last column only: on a narrow terminal its text goes on below instead of being cut.
  bool wraps = false;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // Missing cells are empty.
  void Add(std::vector<std::string> cells);
  void Print(Console& console) const;
  bool empty() const { return rows_.empty(); }

 private:
  std::vector<int> Widths(const Console& console) const;
  std::string Line(const std::vector<std::string>& cells, const std::vector<int>& widths,
                   bool unicode) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace trainyard::cli
