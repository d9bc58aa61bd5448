#include "client/figures/terminal.h"

#include <sstream>

#include "client/figures/text_grid.h"
#include "client/text/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/figures/random_figures.h"

namespace trainyard::figures {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string WithoutColors(const std::string& text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      i = text.find('m', i);
      if (i == std::string::npos) break;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

TEST(TextGrid, DrawsDotsAndCharacters) {
  TextGrid grid(3, 2);
  grid.Dot(0, 0, kNoColor);
  grid.Dot(1, 3, kNoColor);
  grid.Put(2, 1, "x");
  EXPECT_THAT(grid.Lines(false), ElementsAre("⢁", "  x"));
}

TEST(TextGrid, PutsColoursAroundWhatHasThem) {
  TextGrid grid(4, 1);
  grid.Put(0, 0, "a", 32);
  grid.Put(1, 0, "b", 32);
  grid.Put(3, 0, "c");
  EXPECT_THAT(grid.Lines(true), ElementsAre("\x1b[38;5;32mab\x1b[0m c"));
  EXPECT_THAT(grid.Lines(false), ElementsAre("ab c"));
}

TEST(TextGrid, CutsAtItsEnds) {
  TextGrid grid(5, 1);
  grid.Write(1, 0, "学習曲線");
  EXPECT_THAT(grid.Lines(false), ElementsAre(" 学習")) << "half a character does not fit";
  grid.Put(7, 0, "x");
  grid.Put(0, -1, "x");
  grid.DotLine(0, 0, 1e9, 0, kNoColor, 1, 1);
  EXPECT_THAT(grid.Lines(false), ElementsAre(" 学習"));
}

TEST(Terminal, DrawsARisingLine) {
  Plot plot;
  plot.x.label = "step";
  plot.y.label = "accuracy";
  Series series;
  series.line = {{0, 0}, {10, 1}};
  plot.series.push_back(series);
  TerminalOptions options;
  options.width = 40;
  options.height = 5;
  EXPECT_EQ(TerminalText(plot, options),
            "accuracy\n"
            "1 ┤                                ⣀⣀⡠⠄\n"
            "  │                       ⣀⣀⡠⠤⠔⠒⠒⠉⠉\n"
            "  │              ⣀⣀⠤⠤⠔⠒⠊⠉⠉\n"
            "  │     ⣀⣀⠤⠤⠔⠒⠊⠉⠉\n"
            "0 ┤⠰⠒⠊⠉⠉\n"
            "  └┬────────────────┬─────────────────┬─\n"
            "   0                5                10\n"
            "                  step\n");
}

TEST(Terminal, DoesWithoutUnicode) {
  TerminalOptions options;
  options.unicode = false;
  for (const NamedFigure& sample : SampleFigures()) {
    for (const char c : TerminalText(sample.figure, options)) {
      ASSERT_TRUE(static_cast<unsigned char>(c) < 0x80) << sample.name;
    }
  }
}

TEST(Terminal, IsNeverWiderThanAsked) {
  Noise noise(5);
  for (int i = 0; i < 1500; ++i) {
    TerminalOptions options;
    options.width = i % 3 == 0 ? 80 : 40 + i % 100;
    options.unicode = i % 2 == 0;
    options.color = i % 5 == 0;
    const Figure figure = RandomFigure(noise);
    for (const std::string& line : LinesOf(TerminalText(figure, options))) {
      ASSERT_LE(DisplayWidth(WithoutColors(line)), options.width) << "figure " << i << ": " << line;
    }
  }
}

TEST(Terminal, LetsNoSequenceThrough) {
  Plot plot;
  plot.heading.title = "\x1b[2Jgone";
  plot.series.push_back({"\x1b]0;title\x07", {{1, 2}, {2, 3}}});
  plot.series.push_back({"b", {{1, 2}, {2, 3}}});
  EXPECT_THAT(TerminalText(plot, TerminalOptions()), Not(HasSubstr("\x1b")));
}

TEST(Terminal, HasColoursOnlyWhereAsked) {
  TerminalOptions options;
  for (const NamedFigure& sample : SampleFigures()) {
    options.color = false;
    const std::string plain = TerminalText(sample.figure, options);
    EXPECT_THAT(plain, Not(HasSubstr("\x1b"))) << sample.name;
    options.color = true;
    EXPECT_THAT(TerminalText(sample.figure, options), HasSubstr("\x1b[")) << sample.name;
  }
}

TEST(Terminal, SaysWhereThereIsNoData) {
  EXPECT_EQ(TerminalText(Plot(), TerminalOptions()), "no data\n");
  EXPECT_EQ(TerminalText(HeatMap(), TerminalOptions()), "no data\n");
  EXPECT_EQ(TerminalText(RowChart(), TerminalOptions()), "no data\n");
}

TEST(Terminal, NamesSeriesWithTheirEnds) {
  const std::string text = TerminalText(CrossoverFigure(), TerminalOptions());
  EXPECT_THAT(text, HasSubstr("● HOG + linear SVM 88.4 %"));
  EXPECT_THAT(text, HasSubstr("┊ crossover at 2,900 [2,150, 4,100]"));
  EXPECT_THAT(text, HasSubstr("90 % ┤"));
}

TEST(Terminal, WritesEffectsInRows) {
  RowChart chart;
  chart.mark = RowMark::kDot;
  chart.axis.format = NumberFormat::kPoints;
  chart.reference = 0;
  chart.rows = {{"data", 0.05, 0.04, 0.06}, {"model", 0.0, -0.01, 0.01}};
  TerminalOptions options;
  options.width = 50;
  EXPECT_EQ(TerminalText(chart, options),
            " data     ┊            ├───●──┤  +5.0 [+4.0, +6.0]\n"
            "model  ├──○───┤                  0.0 [−1.0, +1.0]\n"
            "      ────┬────────────────┬────\n"
            "          0                5\n");
}

}  // namespace
}  // namespace trainyard::figures
