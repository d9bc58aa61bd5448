// Figures, tables and report of activation studies.
#include <cmath>
#include <limits>

#include "absl/strings/str_split.h"
#include "client/figures/svg.h"
#include "client/figures/terminal.h"
#include "client/studies/activation_figures.h"
#include "client/studies/activation_tables.h"
#include "client/studies/study_figures.h"
#include "client/studies/study_report.h"
#include "client/text/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/studies/sample_activation_study.h"
#include "tests/client/studies/sample_study.h"

namespace trainyard::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(ActivationFigures, CurvesOfOneDepthWithTheirThreshold) {
  const v1::Study study = SampleActivationStudy();
  const std::vector<ActivationGroup> groups = ActivationGroups(study);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[1].name(), "depth 8, he");
  const figures::Plot plot = TrainingCurvesOf(study, groups[1]);
  ASSERT_EQ(plot.series.size(), 3u);
  EXPECT_EQ(plot.series[0].name, "relu, rate 0.01");
  EXPECT_EQ(plot.series[2].name, "sigmoid, rate 0.1 (edge)");
  EXPECT_EQ(plot.series[0].line.size(), 100u);
  EXPECT_LT(plot.series[0].band[5].low, plot.series[0].line[5].y);
  ASSERT_EQ(plot.references.size(), 1u);
  EXPECT_EQ(plot.references[0].y, 0.14);
}

TEST(ActivationFigures, GradientsAreThoseOfLayersWithWeights) {
  const figures::HeatMap map = GradientsOf(SampleActivationStudy(), true);
  EXPECT_EQ(map.rows.size(), 6u);
  EXPECT_EQ(map.columns.size(), 9u) << "eight hidden layers and the output";
  EXPECT_EQ(map.scale, figures::ColorScale::kLog10);
  for (const auto& row : map.values) EXPECT_EQ(row.size(), 9u);
  EXPECT_NEAR(map.values[5][0], 0.05 * std::pow(0.28, 8), 1e-12);
  EXPECT_TRUE(std::isnan(map.values[0][3])) << "a net of two layers has no fourth";
  EXPECT_NEAR(GradientsOf(SampleActivationStudy(), false).values[5][8], 0.01, 1e-12);
}

TEST(ActivationFigures, SaturationAndDeadUnitsShareAMap) {
  const figures::HeatMap map = SaturationOf(SampleActivationStudy());
  ASSERT_EQ(map.rows.size(), 6u);
  EXPECT_EQ(map.columns.size(), 8u);
  EXPECT_NEAR(map.values[0][1], 0.04, 1e-12);
  EXPECT_NEAR(map.values[2][0], 0.6, 1e-12);
}

TEST(ActivationFigures, SpeedUpsAndBounds) {
  const figures::RowChart chart = SpeedUpsOf(SampleActivationStudy(), Cost::kSteps);
  ASSERT_EQ(chart.rows.size(), 4u);
  EXPECT_EQ(chart.rows[0].label, "relu : tanh");
  EXPECT_EQ(chart.rows[0].group, "depth 2, he");
  EXPECT_EQ(chart.rows[0].low, 0.52);
  EXPECT_EQ(chart.rows[3].label, "relu : sigmoid (at least)");
  EXPECT_EQ(chart.rows[3].value, 2.8);
  EXPECT_TRUE(std::isnan(chart.rows[3].high));
  EXPECT_EQ(chart.reference, 1);
  EXPECT_THAT(chart.heading.note, HasSubstr("did not reach the threshold"));
}

TEST(ActivationFigures, EveryFigureFitsInEightyColumns) {
  for (const v1::Study& study : {SampleActivationStudy(), UnfinishedActivationStudy(1),
                                 UnfinishedActivationStudy(0), SampleStudy()}) {
    for (const std::string& name : StudyFigureNames()) {
      const figures::Figure figure = FigureOf(study, *ParseStudyFigure(name));
      for (const bool unicode : {true, false}) {
        figures::TerminalOptions options;
        options.unicode = unicode;
        const std::vector<std::string> lines =
            absl::StrSplit(figures::TerminalText(figure, options), '\n');
        for (const std::string& line : lines) {
          EXPECT_LE(DisplayWidth(line), 80) << name << ": " << line;
        }
      }
      EXPECT_THAT(figures::Svg(figure, figures::SvgOptions()), HasSubstr("</svg>")) << name;
    }
  }
}

TEST(ActivationFigures, WhatIsNoFigureOfTheStudySaysSo) {
  EXPECT_THAT(figures::HeadingOf(FigureOf(SampleStudy(), StudyFigure::kGradients)).note,
              HasSubstr("activation studies"));
  EXPECT_THAT(figures::HeadingOf(FigureOf(SampleActivationStudy(), StudyFigure::kError)).title,
              HasSubstr("depth 8"));
  EXPECT_THAT(
      figures::HeadingOf(FigureOf(UnfinishedActivationStudy(2), StudyFigure::kGradients)).note,
      HasSubstr("4 points have not ended"));
}

TEST(ActivationTables, WhatItTakes) {
  const figures::DataTable table = ReachTable(SampleActivationStudy());
  ASSERT_EQ(table.rows.size(), 6u);
  EXPECT_THAT(table.caption, HasSubstr("14 % training error"));
  // 300 x (0.94, 0.98, 1.02, 1.06, 1.10): geometric mean 305.53.
  EXPECT_EQ(table.rows[0][1], "306 [282, 330]");
  EXPECT_EQ(table.rows[0][3], "5 of 5");
  EXPECT_EQ(table.rows[5][1], "–");
  EXPECT_EQ(table.rows[5][3], "0 of 5");
  EXPECT_EQ(table.rows[5][4], "0.1 (edge)");
}

TEST(ActivationTables, RatiosInWords) {
  v1::IntervalEstimate ratio;
  EXPECT_EQ(RatioText(ratio), "not known");
  ratio.set_value(kInfinity);
  ratio.set_low(2.8);
  ratio.set_high(kInfinity);
  EXPECT_EQ(RatioText(ratio), "at least 2.8");
  ratio.set_value(0);
  ratio.set_low(0);
  ratio.set_high(0.5);
  EXPECT_EQ(RatioText(ratio), "at most 0.5");
  ratio.set_value(3.1);
  ratio.set_low(2.6);
  ratio.set_high(3.7);
  EXPECT_EQ(RatioText(ratio), "3.1 [2.6, 3.7]");
}

TEST(ActivationTables, ASentenceOfAPoint) {
  const v1::Study study = SampleActivationStudy();
  EXPECT_EQ(ReachSentence(study, study.points(0), true),
            "14 % training error after 306 [282, 330] steps, 5 of 5 seeds, learning_rate 0.01; "
            "gradients are healthy");
  EXPECT_THAT(ReachSentence(study, study.points(5), true),
              HasSubstr("14 % training error not reached, 0 of 5 seeds"));
}

TEST(ActivationReport, HasAllThatTheStudyHas) {
  const std::string html =
      figures::Html(ReportOf(SampleActivationStudy(), {{"server", "trainyardd 1"}}));
  for (const char* part :
       {"3 activations, 2 depths, 1 initializer, 3 learning rates, 5 seeds", "How fast",
        "Training error by activation: depth 2, he", "Gradients by layer, before training",
        "Saturated outputs and dead units", "Krizhevsky", "at least 2.8", "vanishing",
        "trainyardd 1"}) {
    EXPECT_THAT(html, HasSubstr(part));
  }
  EXPECT_THAT(html, Not(HasSubstr("Laws and forecasts")));
  EXPECT_THAT(html, Not(HasSubstr("contenders:"))) << "the server makes them again";
}

TEST(ActivationReport, TakesAnyStudy) {
  const std::string unfinished = figures::Html(ReportOf(UnfinishedActivationStudy(2), {}));
  EXPECT_THAT(unfinished, HasSubstr("2 of 6 combinations were measured"));
  EXPECT_THAT(unfinished, HasSubstr("4 points have not ended"));
  v1::Study hostile = SampleActivationStudy();
  for (v1::Contender& contender : *hostile.mutable_specification()->mutable_contenders())
    (*contender.mutable_levels())["activation"] = "<script>alert(1)</script>";
  hostile.mutable_points(0)->mutable_activation()->mutable_costs(0)->set_steps(std::nan(""));
  hostile.mutable_points(0)->mutable_activation()->set_diagnosis("<script>");
  hostile.mutable_points(1)->set_candidate(99);
  EXPECT_THAT(figures::Html(ReportOf(hostile, {})), Not(HasSubstr("<script>alert")));
  v1::Study empty;
  empty.mutable_specification()->mutable_activation();
  EXPECT_THAT(figures::Html(ReportOf(empty, {})), HasSubstr("0 of 0 combinations"));
}

}  // namespace
}  // namespace trainyard::client
