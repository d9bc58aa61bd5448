#include "client/sweeps/sweep_figures.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/figures/svg.h"
#include "client/figures/terminal.h"
#include "client/sweeps/sweep_numbers.h"
#include "client/sweeps/sweep_report.h"
#include "tests/client/sweeps/sample_sweep.h"

namespace trainyard::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(SweepNumbersTest, TrialsAreCountedByHowTheyEnded) {
  const SweepProgress progress = ProgressOf(SampleSweep());
  EXPECT_EQ(progress.complete, 2);
  EXPECT_EQ(progress.stopped_early, 1);
  EXPECT_EQ(progress.failed, 1);
  EXPECT_EQ(progress.ended(), 4);
  const SweepProgress open = ProgressOf(UnfinishedSweep());
  EXPECT_EQ(open.running, 1);
  EXPECT_EQ(open.waiting, 2);
}

TEST(SweepNumbersTest, ATrialThatLostASeedIsNotComplete) {
  v1::Sweep sweep = SampleSweep();
  EXPECT_TRUE(IsComplete(sweep, sweep.trials(0)));
  sweep.mutable_trials(0)->set_n(1);
  EXPECT_FALSE(IsComplete(sweep, sweep.trials(0)));
}

TEST(SweepNumbersTest, ValuesInWords) {
  v1::Sweep sweep = SampleSweep();
  EXPECT_EQ(ValuesText(sweep, sweep.trials(0)), "learning_rate 0.01, optimizer adam");
  EXPECT_EQ(ValueText(sweep.trials(1), "optimizer"), "{\"type\": \"sgd\"}");
  sweep.mutable_specification()->add_parameters()->set_path("schedule.learning_rate");
  EXPECT_EQ(ShortPath(sweep, "optimizer.learning_rate"), "optimizer.learning_rate");
  EXPECT_EQ(EstimateText(sweep.trials(0).objective()), "0.85 [0.83, 0.87]");
  EXPECT_EQ(EstimateText(sweep.trials(1).objective()), "0.5");
}

TEST(SweepNumbersTest, CsvHasALineATrialAndSeed) {
  const std::string csv = TrialsCsv(SampleSweep());
  EXPECT_THAT(csv, StartsWith("trial,job,state,reason,stopped_early,optimizer.learning_rate,"
                              "optimizer,seed,value,mean,low,high,n,"));
  EXPECT_THAT(csv,
              HasSubstr("\n0,jobs/lr-000-a,SUCCEEDED,,false,0.01,adam,2,0.8,0.85,0.83,0.87,2,"));
  EXPECT_THAT(csv, HasSubstr("STOPPED_EARLY,true,0.1,\"{\"\"type\"\": \"\"sgd\"\"}\",1,0.5,"));
  EXPECT_THAT(csv, HasSubstr("\n2,jobs/lr-002-c,FAILED,DIVERGED,false,0.05,adam,,,,,,0,"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 7);
}

TEST(SweepFiguresTest, TheBestSoFarIsThatOfTrialsThatCameToTheEnd) {
  const auto plot = std::get<figures::Plot>(*SweepFigure(SampleSweep(), "trials"));
  ASSERT_EQ(plot.series.size(), 2u);
  ASSERT_EQ(plot.series[0].points.size(), 2u);
  EXPECT_EQ(plot.series[0].points[0].low, 0.83);
  EXPECT_EQ(plot.series[0].line.back().y, 0.85);
  ASSERT_EQ(plot.series[1].points.size(), 1u);
  EXPECT_TRUE(std::isnan(plot.series[1].points[0].low));  // of one seed
  EXPECT_THAT(plot.heading.note, HasSubstr("Of 4 trials 1 failed."));
}

TEST(SweepFiguresTest, AgainstNumbersAndWords) {
  const v1::Sweep sweep = SampleSweep();
  EXPECT_THAT(SweepFigureNames(sweep),
              ElementsAre("trials", "importance", "learning_rate", "optimizer"));
  const auto plot = std::get<figures::Plot>(*SweepFigure(sweep, "optimizer.learning_rate"));
  EXPECT_EQ(plot.x.scale, figures::Scale::kLog10);  // 0.002 to 0.1
  EXPECT_EQ(plot.series[0].points[0].x, 0.01);
  const auto chart = std::get<figures::RowChart>(*SweepFigure(sweep, "optimizer"));
  ASSERT_EQ(chart.rows.size(), 1u);  // of sgd no trial came to the end
  EXPECT_EQ(chart.rows[0].value, 0.85);
  EXPECT_FALSE(SweepFigure(sweep, "nothing").has_value());
}

TEST(SweepFiguresTest, EmptyAndUnfinishedSweepsCanBeDrawn) {
  for (const v1::Sweep& sweep : {v1::Sweep(), UnfinishedSweep()}) {
    for (const std::string& name : SweepFigureNames(sweep)) {
      const auto figure = SweepFigure(sweep, name);
      ASSERT_TRUE(figure.has_value()) << name;
      EXPECT_THAT(figures::Svg(*figure, figures::SvgOptions()), StartsWith("<svg"));
      EXPECT_NE(figures::TerminalText(*figure, figures::TerminalOptions()), "");
    }
    EXPECT_THAT(figures::Html(SweepReport(sweep)), HasSubstr("<svg"));
  }
}

TEST(SweepReportTest, SaysWhatIsBestAndHowItWasChosen) {
  const std::string page = figures::Html(SweepReport(SampleSweep()));
  EXPECT_THAT(page, HasSubstr("learning_rate 0.01, optimizer adam"));
  EXPECT_THAT(page, HasSubstr("test/accuracy 0.84 [0.8, 0.88], n 2"));
  EXPECT_THAT(page, HasSubstr("Student"));
  EXPECT_THAT(page, Not(HasSubstr("http://cdn")));
}

}  // namespace
}  // namespace trainyard::client
