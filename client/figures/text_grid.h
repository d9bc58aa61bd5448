// Characters with colours on a grid, and dots at eight times its resolution: what the terminal's
// figures are drawn on. What lies outside is dropped. Used by one thread.
#pragma once

#include <string>
#include <vector>

namespace trainyard::figures {

inline constexpr int kNoColor = -1;
inline constexpr int kDim = -2;

class TextGrid {
 public:
  TextGrid(int columns, int rows);
  int columns() const { return columns_; }
  int rows() const { return rows_; }

  // One character of one column.
  void Put(int column, int row, const std::string& glyph, int color = kNoColor);
  // Where nothing stands yet.
  void PutBehind(int column, int row, const std::string& glyph, int color = kNoColor);
  // Printable text, cut at the right end.
  void Write(int column, int row, const std::string& text, int color = kNoColor);

  // Dots of braille: x in [0, 2 * columns), y in [0, 4 * rows), from the top left. They show where
  // no character stands.
  void Dot(int x, int y, int color);
  // Every `period`th dots are left out from `on` on: Line(..., 2, 4) is dashed.
  void DotLine(double x1, double y1, double x2, double y2, int color, int on, int period);

  // Rows without trailing spaces. `color`: with terminal sequences, all reset at the ends of lines.
  std::vector<std::string> Lines(bool color) const;

 private:
  struct Cell {
    std::string glyph;     // "" for none
    bool covered = false;  // by the wide character before it
    int color = kNoColor;
    unsigned dots = 0;
    int dot_color = kNoColor;
  };
  Cell* At(int column, int row);

  int columns_;
  int rows_;
  int dash_ = 0;
  std::vector<Cell> cells_;
};

// `text` in a colour, kDim or none.
std::string Colored(const std::string& text, int color);

}  // namespace trainyard::figures
