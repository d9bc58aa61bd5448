#include "client/studies/ladder_figures.h"

#include <cmath>
#include <limits>
#include <sstream>
#include <variant>

#include "client/figures/svg.h"
#include "client/figures/terminal.h"
#include "client/studies/frontier.h"
#include "client/studies/study_figures.h"
#include "client/studies/study_report.h"
#include "client/text/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/studies/sample_study.h"

namespace trainyard::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(LadderFigures, ALineForEachAmountOfData) {
  const figures::Plot plot = ParametersFigure(LadderStudy());
  ASSERT_EQ(plot.series.size(), 3u);
  EXPECT_EQ(plot.series[0].name, "100 samples");
  EXPECT_EQ(plot.series[2].name, "10,000 samples");
  ASSERT_EQ(plot.series[1].points.size(), 4u);
  EXPECT_EQ(plot.series[1].points[0].x, 1000);
  EXPECT_EQ(plot.series[1].points[3].x, 1'000'000);
  // E + A N^-a + B n^-b at 1,000 parameters and samples: 0.05 + 2 / 10 + 5 / 31.6.
  EXPECT_NEAR(plot.series[1].line.front().y, 0.05 + 0.2 + 5 / std::sqrt(1000), 1e-9);
  EXPECT_EQ(plot.meanings.line, "joint law");
  EXPECT_EQ(plot.x.scale, figures::Scale::kLog10);
}

TEST(LadderFigures, WithoutALawLinesJoinThePoints) {
  v1::Study study = LadderStudy();
  study.mutable_analysis()->clear_joint_laws();
  const figures::Plot plot = ParametersFigure(study);
  EXPECT_EQ(plot.series[0].line.size(), 4u);
  EXPECT_EQ(plot.meanings.line, "");
  EXPECT_THAT(JointLawTable(study).rows, IsEmpty());
}

TEST(LadderFigures, ALawThatTheDataRefuseIsNotDrawn) {
  v1::Study study = LadderStudy();
  study.mutable_analysis()->mutable_joint_laws(0)->set_ill_behaved(true);
  study.mutable_analysis()->mutable_joint_laws(0)->set_worst_miss(0.42);
  const figures::Plot plot = ParametersFigure(study);
  EXPECT_EQ(plot.series[0].line.size(), 4u);
  EXPECT_EQ(plot.meanings.line, "");
  EXPECT_THAT(plot.heading.note, HasSubstr("The joint law of mlp misses a point by 42"));
  EXPECT_EQ(JointLawTable(study).rows[0][0], "mlp (ill-behaved)");
  EXPECT_THAT(LimitTable(study).rows, IsEmpty());
}

TEST(LadderFigures, OfTwoLaddersSeriesSayWhich) {
  v1::Study study = LadderStudy();
  const int contenders = study.specification().contenders_size();
  for (int i = 0; i < contenders; ++i) {
    v1::Contender& other = *study.mutable_specification()->add_contenders();
    other = study.specification().contenders(i);
    other.set_name("cnn-" + std::to_string(i));
    other.set_ladder_of("cnn");
  }
  const figures::Plot plot = ParametersFigure(study);
  ASSERT_EQ(plot.series.size(), 6u);
  EXPECT_EQ(plot.series[0].name, "cnn, 100 samples");
  EXPECT_EQ(plot.series[3].name, "mlp, 100 samples");
}

TEST(LadderFigures, TwoModelsAreNoLadder) {
  EXPECT_TRUE(HasLadder(LadderStudy()));
  EXPECT_FALSE(HasLadder(RegressionStudy()));
  EXPECT_FALSE(HasLadder(v1::Study()));
  EXPECT_TRUE(ParametersFigure(v1::Study()).series.empty());
}

TEST(LadderFigures, TablesTellTheLawAndTheLimits) {
  const figures::DataTable law = JointLawTable(LadderStudy());
  ASSERT_EQ(law.rows.size(), 1u);
  EXPECT_EQ(law.rows[0][0], "mlp");
  EXPECT_THAT(law.rows[0][2], HasSubstr("2 [1.8, 2.2]"));
  const figures::DataTable limits = LimitTable(LadderStudy());
  ASSERT_EQ(limits.rows.size(), 1u);
  EXPECT_EQ(limits.rows[0].back(), "data");
  EXPECT_EQ(limits.rows[0][1], "1M");
  const std::string html = figures::Html(ReportOf(LadderStudy(), {}));
  EXPECT_THAT(html, HasSubstr("Size of the model"));
  EXPECT_THAT(html, HasSubstr("best for the same computation"));
}

// Costs of runs 1, 2, 3 and 4; errors 0.4, 0.5, 0.3, 0.3.
v1::Study FourPoints() {
  v1::Study study;
  study.mutable_specification()->set_seeds(1);
  const double errors[] = {0.4, 0.5, 0.3, 0.3};
  for (int i = 0; i < 4; ++i) {
    study.mutable_specification()->add_contenders()->set_name(std::string(1, "abcd"[i]));
    v1::StudyPoint& point = *study.add_points();
    point.set_contender(std::string(1, "abcd"[i]));
    point.set_size(1000);
    point.set_state(v1::SUCCEEDED);
    point.mutable_mean()->set_value(errors[i]);
    point.set_flops(i + 1);
    point.set_core_seconds(4 - i);
  }
  return study;
}

std::vector<std::string> NamesOf(const std::vector<FrontierPoint>& frontier) {
  std::vector<std::string> names;
  for (const FrontierPoint& at : frontier) names.push_back(at.point->contender());
  return names;
}

TEST(Frontier, HasWhatNoneIsCheaperAndBetterThan) {
  const v1::Study study = FourPoints();
  EXPECT_THAT(NamesOf(Frontier(study, RunCost::kFlops)), ElementsAre("a", "c"));
  EXPECT_THAT(NamesOf(Frontier(study, RunCost::kCoreSeconds)), ElementsAre("d"));
  const std::vector<FrontierPoint> frontier = Frontier(study, RunCost::kFlops);
  EXPECT_EQ(frontier[0].next, nullptr);
  EXPECT_EQ(frontier[1].next->contender(), "a") << "not d, which costs more";
  EXPECT_EQ(FrontierTable(study, RunCost::kFlops).rows[1][5], "a at 1,000");
}

TEST(Frontier, LeavesOutWhatHasNoNumbers) {
  v1::Study study = FourPoints();
  study.mutable_points(0)->set_flops(0);
  study.mutable_points(2)->set_state(v1::FAILED);
  study.mutable_points(3)->mutable_mean()->set_value(std::numeric_limits<double>::quiet_NaN());
  EXPECT_THAT(NamesOf(Frontier(study, RunCost::kFlops)), ElementsAre("b"));
  EXPECT_THAT(Frontier(v1::Study(), RunCost::kFlops), IsEmpty());
}

TEST(Frontier, IsNamedInTheFigure) {
  const auto plot = std::get<figures::Plot>(FigureOf(FourPoints(), StudyFigure::kFlops));
  ASSERT_EQ(plot.series.size(), 5u);
  const figures::Series& steps = plot.series.back();
  EXPECT_EQ(steps.name, "best for the cost");
  ASSERT_EQ(steps.line.size(), 3u);
  EXPECT_EQ(steps.line[1].x, 3);
  EXPECT_EQ(steps.line[1].y, 0.4);
  ASSERT_EQ(plot.annotations.size(), 2u);
  EXPECT_EQ(plot.annotations[0].text, "a at 1,000");
  EXPECT_EQ(plot.annotations[1].text, "c at 1,000");
}

TEST(LadderFigures, AnyStudyCanBeDrawn) {
  v1::Study hostile = LadderStudy();
  for (v1::Contender& contender : *hostile.mutable_specification()->mutable_contenders())
    contender.set_ladder_of("\x1b[2J<script>" + std::string(300, 'w'));
  v1::Study wild = LadderStudy();
  v1::StudyJointLaw& law = *wild.mutable_analysis()->mutable_joint_laws(0);
  law.mutable_model_exponent()->set_value(-std::numeric_limits<double>::infinity());
  law.mutable_data_scale()->set_high(std::numeric_limits<double>::quiet_NaN());
  for (const v1::Study& study : {hostile, wild, LadderStudy(), FlawedStudy(), UnfinishedStudy(3)}) {
    EXPECT_THAT(figures::Html(ReportOf(study, {})), Not(HasSubstr("<script>w")));
    const figures::Figure figure = FigureOf(study, StudyFigure::kParameters);
    EXPECT_THAT(figures::Svg(figure, figures::SvgOptions()), Not(HasSubstr("<script")));
    for (const int width : {40, 80}) {
      figures::TerminalOptions options;
      options.width = width;
      std::istringstream lines(figures::TerminalText(figure, options));
      for (std::string line; std::getline(lines, line);) EXPECT_LE(DisplayWidth(line), width);
    }
  }
}

}  // namespace
}  // namespace trainyard::client
