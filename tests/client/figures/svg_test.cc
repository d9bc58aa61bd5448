#include "client/figures/svg.h"

#include <cstdlib>

#include "client/figures/svg_writer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/figures/random_figures.h"
#include "tests/client/figures/sample_figures.h"
#include "tests/client/figures/svg_text.h"
#include "tests/client/temporary_folder.h"

namespace trainyard::figures {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int kRandomFigures = 800;

SvgOptions Wide(int width) {
  SvgOptions options;
  options.width = width;
  return options;
}

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// No text lies on another, and none reaches out of the picture.
void ExpectLegible(const std::string& svg, const std::string& what) {
  const double width = std::atof(AttributeOf(svg, "svg", "width").c_str());
  const double height = std::atof(AttributeOf(svg, "svg", "height").c_str());
  const std::vector<SvgText> texts = TextsOf(svg);
  for (size_t i = 0; i < texts.size(); ++i) {
    const Box& box = texts[i].box;
    if (texts[i].slanted) continue;  // a line height apart by construction
    EXPECT_TRUE(box.left >= 0 && box.right <= width && box.top >= 0 && box.bottom <= height)
        << what << ": '" << texts[i].text << "' from " << box.left << " to " << box.right << ", "
        << box.top << " to " << box.bottom << " in " << width << " x " << height;
    for (size_t j = i + 1; j < texts.size(); ++j) {
      if (texts[j].slanted) continue;
      EXPECT_FALSE(box.Overlaps(texts[j].box))
          << what << ": '" << texts[i].text << "' and '" << texts[j].text << "'";
    }
  }
}

TEST(Svg, SamplesAreLegible) {
  for (const NamedFigure& sample : SampleFigures()) {
    for (const int width : {320, 480, 760, 1400}) {
      ExpectLegible(Svg(sample.figure, Wide(width)), sample.name + " at " + std::to_string(width));
    }
  }
}

TEST(Svg, AnyFigureIsLegible) {
  Noise noise(1);
  for (int i = 0; i < kRandomFigures && !testing::Test::HasFailure(); ++i) {
    const Figure figure = RandomFigure(noise);
    const int width = 320 + static_cast<int>(noise.Next() * 900);
    ExpectLegible(Svg(figure, Wide(width)), "figure " + std::to_string(i));
  }
}

TEST(Svg, IsWellFormed) {
  if (std::system("xmllint --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no xmllint here";
  client::TemporaryFolder folder;
  Noise noise(2);
  for (int i = 0; i < 200; ++i) {
    SvgOptions options = Wide(320 + 4 * i);
    options.theme = static_cast<Theme>(i % 3);
    folder.Write(std::to_string(i) + ".svg", Svg(RandomFigure(noise), options));
  }
  EXPECT_EQ(std::system(("xmllint --noout " + folder.path() + "/*.svg").c_str()), 0);
}

TEST(Svg, HoldsNothingThatRunsOrIsFetched) {
  Noise noise(3);
  for (int i = 0; i < 100; ++i) {
    const std::string svg = Svg(RandomFigure(noise), SvgOptions());
    EXPECT_THAT(svg, Not(HasSubstr("<script")));
    EXPECT_THAT(svg, Not(HasSubstr("href")));
    EXPECT_THAT(svg, Not(HasSubstr("@import")));
    EXPECT_EQ(CountOf(svg, "http"), 1u) << "the name space";
  }
}

TEST(Svg, EscapesText) {
  EXPECT_EQ(EscapeXml("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
  EXPECT_EQ(EscapeXml(std::string("\x01\xff\0", 3)), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(EscapeXml("\uFFFE学"), "\uFFFD学");
  Plot plot;
  plot.heading.title = "</title><script>";
  plot.series.push_back({"<&>", {{1, 2}, {2, 3}}});
  plot.series.push_back({"other", {{1, 2}, {2, 3}}});
  const std::string svg = Svg(plot, SvgOptions());
  EXPECT_THAT(svg, HasSubstr("&lt;/title&gt;&lt;script&gt;"));
  EXPECT_THAT(svg, HasSubstr("&lt;&amp;&gt;"));
}

TEST(Svg, KeepsCoordinatesBounded) {
  EXPECT_EQ(Coordinate(1.005), "1");
  EXPECT_EQ(Coordinate(1.25), "1.25");
  EXPECT_EQ(Coordinate(-0.001), "0");
  EXPECT_EQ(Coordinate(1e300), "100000");
  EXPECT_EQ(Coordinate(kNothing), "0");
}

TEST(Svg, SaysWhereThereIsNoData) {
  Plot plot;
  EXPECT_THAT(Svg(plot, SvgOptions()), HasSubstr(">no data<"));
  plot.y.scale = Scale::kLog10;
  plot.series.push_back({"only zeros", {{1, 0}, {2, 0}}});
  EXPECT_THAT(Svg(plot, SvgOptions()), HasSubstr(">no data<"));
  EXPECT_THAT(Svg(HeatMap(), SvgOptions()), HasSubstr(">no data<"));
  RowChart chart;
  chart.rows.push_back({"a"});
  EXPECT_THAT(Svg(chart, SvgOptions()), HasSubstr(">no data<"));
}

TEST(Svg, NamesASeriesWithoutData) {
  Plot plot;
  plot.series.push_back({"full", {{1, 2}, {2, 3}}});
  plot.series.push_back({"empty"});
  EXPECT_THAT(Svg(plot, SvgOptions()), HasSubstr(">empty (no data)<"));
}

TEST(Svg, LeavesGapsInLines) {
  Plot plot;
  Series series;
  series.line = {{1, 1}, {2, 2}, {3, kNothing}, {4, 4}, {5, 5}, {6, kNothing}, {7, 7}};
  plot.series.push_back(series);
  // Two pieces; a single point is no line.
  EXPECT_EQ(CountOf(Svg(plot, SvgOptions()), "<polyline class=\"ty-line\""), 2u);
}

TEST(Svg, GivesTwelveSeriesTheirOwnColourAndShape) {
  Plot plot;
  for (int i = 0; i < 14; ++i) {
    const double y = i;
    plot.series.push_back({"series " + std::to_string(i), {{1, y}, {2, y + 1}}});
  }
  const std::string svg = Svg(plot, SvgOptions());
  for (int i = 0; i < 12; ++i) {
    EXPECT_THAT(svg, HasSubstr("class=\"ty-key ty-s" + std::to_string(i) + "\""));
  }
  EXPECT_THAT(svg, HasSubstr(">series 11<"));
  EXPECT_THAT(svg, Not(HasSubstr(">series 12</text>")));
  EXPECT_THAT(svg, HasSubstr("Those after the first 12 are grey."));
}

TEST(Svg, StaysSmallHoweverLargeTheFigure) {
  Plot plot;
  for (int s = 0; s < 12; ++s) {
    Series series;
    series.name = std::string(100'000, 'w');
    for (int i = 0; i < 50'000; ++i) {
      const double x = i;
      series.points.push_back({x, x * s});
      series.line.push_back({x, x * s});
      series.band.push_back({x, x, x * s});
    }
    plot.series.push_back(series);
  }
  EXPECT_LT(Svg(plot, SvgOptions()).size(), 3u << 20);
  HeatMap map;
  map.rows.assign(2000, std::string(1000, 'r'));
  map.columns.assign(500, "c");
  map.values.assign(2000, std::vector<double>(500, 1.5));
  EXPECT_LT(Svg(map, SvgOptions()).size(), 3u << 20);
  EXPECT_THAT(Svg(map, SvgOptions()), HasSubstr("2000 rows and 500 columns"));
}

TEST(Svg, KeepsASpikeThroughThinning) {
  Plot plot;
  Series series;
  for (int i = 0; i < 100'000; ++i)
    series.line.push_back({static_cast<double>(i), i == 70'001 ? 9.0 : 1.0});
  plot.series.push_back(series);
  plot.y.high = 9;
  plot.y.low = 0;
  const std::string svg = Svg(plot, SvgOptions());
  const size_t line = svg.find("<polyline");
  ASSERT_NE(line, std::string::npos);
  const size_t clip = svg.find("<clipPath");
  const std::string y = AttributeOf(svg.substr(clip), "rect", "y");
  EXPECT_NE(svg.find("," + y + " ", line), std::string::npos) << "the spike reaches the frame";
}

TEST(Svg, KeepsAGapThroughThinning) {
  Plot plot;
  Series series;
  for (int i = 0; i < 100'000; ++i) {
    series.line.push_back({static_cast<double>(i), i == 50'000 ? kNothing : i % 7});
  }
  plot.series.push_back(series);
  EXPECT_EQ(CountOf(Svg(plot, SvgOptions()), "<polyline class=\"ty-line"), 2u);
}

TEST(Svg, HasThemes) {
  SvgOptions options;
  EXPECT_THAT(Svg(Plot(), options), HasSubstr("@media screen and (prefers-color-scheme:dark)"));
  options.theme = Theme::kDark;
  EXPECT_THAT(Svg(Plot(), options), Not(HasSubstr("prefers-color-scheme")));
  EXPECT_THAT(SvgStyle(Theme::kDark), HasSubstr("fill:#14171b"));
  EXPECT_THAT(SvgStyle(Theme::kLight), HasSubstr("fill:#ffffff"));
}

TEST(Svg, IsDescribedForThoseWhoCannotSeeIt) {
  const std::string svg = Svg(CrossoverFigure(), SvgOptions());
  EXPECT_THAT(svg, HasSubstr("role=\"img\""));
  EXPECT_THAT(svg, HasSubstr("aria-labelledby=\"figure-title figure-description\""));
  EXPECT_THAT(svg, HasSubstr("crossover at 2,900 [2,150, 4,100]."));
  EXPECT_THAT(svg, HasSubstr("HOG + linear SVM from "));
}

TEST(Svg, TakesOnlyPlainIds) {
  SvgOptions options;
  options.id = "a\"><b-1";
  EXPECT_THAT(Svg(Plot(), options), HasSubstr("id=\"ab-1-title\""));
}

}  // namespace
}  // namespace trainyard::figures
