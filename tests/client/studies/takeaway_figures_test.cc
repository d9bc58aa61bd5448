#include "client/studies/takeaway_figures.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <variant>

#include "client/figures/report.h"
#include "client/figures/svg.h"
#include "client/figures/terminal.h"
#include "client/studies/study_figures.h"
#include "client/studies/study_report.h"
#include "client/studies/study_text.h"
#include "client/text/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/studies/sample_study.h"

namespace trainyard::client {
namespace {

using testing::HasSubstr;
using testing::Not;

const figures::Row* Find(const figures::RowChart& chart, const std::string& label,
                         const std::string& group) {
  for (const figures::Row& row : chart.rows) {
    if (row.label == label && row.group == group) return &row;
  }
  return nullptr;
}

// Seven of the sixteen combinations have ended.
v1::Study Unfinished() {
  v1::Study study = TakeawayStudy();
  study.set_state(v1::RUNNING);
  study.clear_analysis();
  for (int i = 7; i < 16; ++i) {
    study.mutable_points(i)->set_state(v1::QUEUED);
    study.mutable_points(i)->clear_mean();
    study.mutable_points(i)->clear_seeds();
  }
  return study;
}

TEST(TakeawayFigures, EffectsAreRatiosAgainstOne) {
  const figures::RowChart chart = EffectsFigure(TakeawayStudy());
  EXPECT_EQ(chart.reference, 1);
  EXPECT_EQ(chart.rows.size(), 4u + 1 + 2 + 15);
  const figures::Row* data = Find(chart, "data", "each alone");
  ASSERT_NE(data, nullptr);
  EXPECT_NEAR(data->value, 0.726, 1e-9);
  EXPECT_NEAR(data->low, 0.66, 1e-9);
  EXPECT_NE(Find(chart, "all", "together"), nullptr);
  EXPECT_NE(Find(chart, "data", "mean over the other factors"), nullptr);
  EXPECT_NE(Find(chart, "data x model", "interactions"), nullptr);
  EXPECT_EQ(chart.heading.note, "Hollow: the interval includes no effect.");
}

TEST(TakeawayFigures, TheAxisIsLogarithmicWhereEffectsAreFarApart) {
  v1::Study study = TakeawayStudy();
  EXPECT_EQ(EffectsFigure(study).axis.scale, figures::Scale::kLinear);
  study.mutable_analysis()->mutable_takeaway()->mutable_together()->mutable_ratio()->set_low(0.01);
  EXPECT_EQ(EffectsFigure(study).axis.scale, figures::Scale::kLog10);
}

TEST(TakeawayFigures, CellsAreAllCombinations) {
  const figures::RowChart chart = CellsFigure(TakeawayStudy());
  ASSERT_EQ(chart.rows.size(), 16u);
  EXPECT_EQ(chart.rows[0].label, "none");
  EXPECT_EQ(chart.rows[0].group, "data off: 1,000 samples");
  EXPECT_NEAR(chart.rows[0].value, 0.3, 1e-12);
  EXPECT_EQ(chart.rows[15].label, "model, compute, algorithm");
  EXPECT_EQ(chart.rows[15].group, "data on: 54,000 samples");
  EXPECT_EQ(chart.axis.format, figures::NumberFormat::kPercent);
}

TEST(TakeawayFigures, WhileItRunsThereAreTheCells) {
  EXPECT_EQ(MainFigure(Unfinished()), StudyFigure::kCells);
  EXPECT_EQ(MainFigure(TakeawayStudy()), StudyFigure::kEffects);
  EXPECT_EQ(MainFigure(SampleStudy()), StudyFigure::kError);
  const figures::RowChart cells = CellsFigure(Unfinished());
  EXPECT_EQ(cells.rows.size(), 16u);
  EXPECT_TRUE(std::isnan(cells.rows[15].value));
  EXPECT_THAT(cells.heading.note, HasSubstr("9 points have not ended"));
  EXPECT_TRUE(EffectsFigure(Unfinished()).rows.empty());
  EXPECT_TRUE(EffectTable(Unfinished()).rows.empty());
}

TEST(TakeawayFigures, TablesNameWhatIsOn) {
  const figures::DataTable cells = CellTable(TakeawayStudy());
  ASSERT_EQ(cells.rows.size(), 16u);
  const std::vector<std::string>& last = cells.rows.back();
  EXPECT_EQ(std::count(last.begin(), last.end(), "on"), 3);
  EXPECT_EQ(last[0], "54,000");
  EXPECT_EQ(last[4], "535,818");
  const figures::DataTable effects = EffectTable(TakeawayStudy());
  EXPECT_EQ(effects.rows.size(), 4u + 3 + 15);
  EXPECT_EQ(effects.rows[0].back(), "< 0.001");
}

TEST(TakeawayFigures, ReportsTellTheTakeaway) {
  const std::string html = figures::Html(ReportOf(TakeawayStudy(), {}));
  EXPECT_THAT(html, HasSubstr("What the factors do, alone and together"));
  EXPECT_THAT(html, HasSubstr("Every combination"));
  EXPECT_THAT(html, Not(HasSubstr("Performance against amount of data")));
  // What the server made of the factors is not what a user writes.
  EXPECT_THAT(SpecificationYaml(TakeawayStudy()), HasSubstr("takeaway:"));
  EXPECT_THAT(SpecificationYaml(TakeawayStudy()), Not(HasSubstr("contenders:")));
  EXPECT_THAT(SpecificationYaml(SampleStudy()), HasSubstr("contenders:"));
}

TEST(TakeawayFigures, AnyTakeawayCanBeDrawn) {
  v1::Study hostile = TakeawayStudy();
  hostile.mutable_analysis()->mutable_takeaway()->mutable_alone(0)->set_factors(
      0, "\x1b[2J<script>" + std::string(500, 'w'));
  hostile.mutable_specification()->mutable_contenders(7)->set_factors_on(0, "\x1b[2J<script>");
  v1::Study wild = TakeawayStudy();
  v1::IntervalEstimate& ratio = *wild.mutable_analysis()->mutable_takeaway()->mutable_product();
  ratio.set_low(0);
  ratio.set_high(std::numeric_limits<double>::infinity());
  v1::Study bare;
  bare.mutable_specification()->mutable_takeaway();
  bare.add_points()->set_contender("x");
  for (const v1::Study& study : {hostile, wild, bare, Unfinished()}) {
    EXPECT_THAT(figures::Html(ReportOf(study, {})), Not(HasSubstr("<script>w")));
    for (const StudyFigure which : {StudyFigure::kEffects, StudyFigure::kCells}) {
      const figures::Figure figure = FigureOf(study, which);
      EXPECT_THAT(figures::Svg(figure, figures::SvgOptions()), Not(HasSubstr("<script")));
      for (const int width : {40, 80, 200}) {
        figures::TerminalOptions options;
        options.width = width;
        std::istringstream lines(figures::TerminalText(figure, options));
        for (std::string line; std::getline(lines, line);) {
          EXPECT_LE(DisplayWidth(line), width) << line;
          EXPECT_EQ(line.find('\x1b'), std::string::npos);
        }
      }
    }
  }
}

}  // namespace
}  // namespace trainyard::client
