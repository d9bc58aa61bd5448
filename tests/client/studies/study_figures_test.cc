#include "client/studies/study_figures.h"

#include <cmath>
#include <limits>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "client/figures/export.h"
#include "client/figures/svg.h"
#include "client/figures/terminal.h"
#include "client/text/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/studies/sample_study.h"

namespace trainyard::client {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

const StudyFigure kAll[] = {StudyFigure::kError,          StudyFigure::kPerformance,
                            StudyFigure::kPredictability, StudyFigure::kCoreSeconds,
                            StudyFigure::kFlops,          StudyFigure::kParameters,
                            StudyFigure::kFeatures};

figures::Plot PlotOf(const v1::Study& study, StudyFigure which) {
  return std::get<figures::Plot>(FigureOf(study, which));
}

// A point of 0.25 [0.2, 0.3] at 100 samples, and a law through it to 1,000.
v1::Study OnePoint() {
  v1::Study study;
  study.mutable_specification()->add_contenders()->set_name("a");
  study.mutable_specification()->add_sizes(100);
  study.mutable_specification()->set_seeds(2);
  v1::StudyPoint& point = *study.add_points();
  point.set_contender("a");
  point.set_size(100);
  point.set_state(v1::SUCCEEDED);
  point.mutable_mean()->set_value(0.25);
  point.mutable_mean()->set_low(0.2);
  point.mutable_mean()->set_high(0.3);
  point.set_core_seconds(8);
  point.set_flops(4e6);
  for (const double error : {0.23, 0.27}) point.add_seeds()->set_error(error);
  return study;
}

v1::StudyLaw& AddLaw(v1::Study& study) {
  v1::StudyLaw& law = *study.mutable_analysis()->add_laws();
  law.set_contender("a");
  for (const double size : {50.0, 100.0, 1000.0}) {
    v1::StudyLaw::Point& point = *law.add_curve();
    point.set_size(size);
    point.mutable_mean()->set_value(25 / size);
    point.mutable_mean()->set_low(20 / size);
    point.mutable_mean()->set_high(30 / size);
  }
  return law;
}

TEST(StudyFigures, ErrorHasPointsWithTheirIntervals) {
  const figures::Plot plot = PlotOf(OnePoint(), StudyFigure::kError);
  ASSERT_EQ(plot.series.size(), 1u);
  EXPECT_EQ(plot.series[0].name, "a");
  ASSERT_EQ(plot.series[0].points.size(), 1u);
  EXPECT_EQ(plot.series[0].points[0].x, 100);
  EXPECT_EQ(plot.series[0].points[0].y, 0.25);
  EXPECT_EQ(plot.series[0].points[0].low, 0.2);
  EXPECT_EQ(plot.x.scale, figures::Scale::kLog10);
  EXPECT_EQ(plot.y.scale, figures::Scale::kLog10);
  EXPECT_EQ(plot.y.format, figures::NumberFormat::kPercent);
  EXPECT_EQ(plot.meanings.line, "") << "no law yet";
  EXPECT_EQ(plot.heading.note, "");
}

TEST(StudyFigures, FeaturesShowWhatTheyRemove) {
  v1::Study study = OnePoint();
  EXPECT_THAT(PlotOf(study, StudyFigure::kFeatures).heading.note, HasSubstr("No two contenders"));
  v1::StudyFeatureGain& gain = *study.mutable_analysis()->add_feature_gains();
  gain.set_without("svm");
  gain.set_with("hog-svm");
  for (const double size : {100.0, 1000.0}) {
    v1::StudyFeatureGain::Point& point = *gain.add_points();
    point.set_size(size);
    point.mutable_removed()->set_value(size == 100 ? 0.5 : -0.25);
    point.mutable_removed()->set_low(size == 100 ? 0.4 : -30);
    point.mutable_removed()->set_high(0.6);
  }
  const figures::Plot plot = PlotOf(study, StudyFigure::kFeatures);
  ASSERT_EQ(plot.series.size(), 1u);
  EXPECT_EQ(plot.series[0].name, "svm -> hog-svm");
  EXPECT_EQ(plot.series[0].points[0].y, 0.5);
  EXPECT_EQ(plot.series[0].points[0].low, 0.4);
  // An interval far below keeps the axis readable.
  EXPECT_EQ(plot.series[0].points[1].low, -1);
  EXPECT_EQ(plot.references[0].y, 0);
}

TEST(StudyFigures, PerformanceIsOneMinusError) {
  v1::Study study = OnePoint();
  AddLaw(study).mutable_asymptote()->set_value(0.125);
  const figures::Plot plot = PlotOf(study, StudyFigure::kPerformance);
  EXPECT_EQ(plot.y.scale, figures::Scale::kLinear);
  EXPECT_EQ(plot.y.label, "test accuracy");
  EXPECT_EQ(plot.series[0].points[0].y, 0.75);
  EXPECT_EQ(plot.series[0].points[0].low, 0.7);
  EXPECT_EQ(plot.series[0].points[0].high, 0.8);
  EXPECT_EQ(plot.series[0].line[1].y, 0.75);
  EXPECT_EQ(plot.series[0].asymptote, 0.875);
  ASSERT_EQ(plot.series[0].band.size(), 1u);
  EXPECT_EQ(plot.series[0].band[0].low, 0.97);
  EXPECT_EQ(plot.series[0].band[0].high, 0.98);
}

TEST(StudyFigures, LawsAreSolidAsFarAsWasMeasured) {
  v1::Study study = OnePoint();
  AddLaw(study);
  const figures::Series series = PlotOf(study, StudyFigure::kError).series[0];
  ASSERT_EQ(series.line.size(), 2u);
  EXPECT_EQ(series.line.back().x, 100);
  ASSERT_EQ(series.forecast.size(), 2u) << "joined to the solid part";
  EXPECT_EQ(series.forecast[0].x, 100);
  EXPECT_EQ(series.forecast[1].x, 1000);
  EXPECT_FALSE(series.asymptote.has_value());
}

TEST(StudyFigures, AsymptotesBelowTheCurvesDoNotStretchTheAxis) {
  v1::Study study = OnePoint();
  AddLaw(study).mutable_asymptote()->set_value(1e-9);
  EXPECT_FALSE(PlotOf(study, StudyFigure::kError).series[0].asymptote.has_value());
  study.mutable_analysis()->mutable_laws(0)->mutable_asymptote()->set_value(
      -std::numeric_limits<double>::infinity());
  EXPECT_FALSE(PlotOf(study, StudyFigure::kPerformance).series[0].asymptote.has_value());
}

TEST(StudyFigures, WideIntervalsDoNotFlattenTheCurves) {
  v1::Study study = OnePoint();
  study.mutable_points(0)->mutable_mean()->set_low(-3);
  study.mutable_points(0)->mutable_mean()->set_high(30);
  const figures::Plot plot = PlotOf(study, StudyFigure::kError);
  EXPECT_GT(*plot.y.low, 0.1);
  EXPECT_LT(*plot.y.high, 0.5);
}

TEST(StudyFigures, DeviationIsThatOfTheSeeds) {
  const figures::Plot plot = PlotOf(OnePoint(), StudyFigure::kPredictability);
  ASSERT_EQ(plot.series[0].points.size(), 1u);
  // 0.23 and 0.27: squares 2 * 0.02^2, over one degree of freedom.
  EXPECT_NEAR(plot.series[0].points[0].y, 0.02 * std::sqrt(2), 1e-12);
  v1::Study study = OnePoint();
  study.mutable_points(0)->mutable_seeds(0)->set_error(kNaN);
  EXPECT_TRUE(PlotOf(study, StudyFigure::kPredictability).series[0].points.empty())
      << "one seed says nothing of the spread";
}

TEST(StudyFigures, CostIsThatOfARun) {
  v1::Study study = OnePoint();
  study.mutable_specification()->mutable_contenders(0)->add_candidates();
  study.mutable_specification()->mutable_contenders(0)->add_candidates();
  // Two candidates with two seeds: four runs.
  EXPECT_EQ(PlotOf(study, StudyFigure::kCoreSeconds).series[0].points[0].x, 2);
  EXPECT_EQ(PlotOf(study, StudyFigure::kFlops).series[0].points[0].x, 1e6);
  study.mutable_points(0)->set_flops(0);
  EXPECT_TRUE(PlotOf(study, StudyFigure::kFlops).series[0].points.empty());
}

TEST(StudyFigures, RegressionsSaySo) {
  const figures::Plot plot = PlotOf(RegressionStudy(), StudyFigure::kError);
  EXPECT_THAT(plot.y.label, HasSubstr("mean squared"));
  EXPECT_EQ(plot.y.format, figures::NumberFormat::kPlain);
  EXPECT_THAT(PlotOf(RegressionStudy(), StudyFigure::kPerformance).y.label,
              HasSubstr("mean squared"));
  v1::Study unsaid = OnePoint();
  unsaid.mutable_points(0)->mutable_mean()->set_value(17);
  EXPECT_EQ(PlotOf(unsaid, StudyFigure::kError).y.format, figures::NumberFormat::kPlain);
}

TEST(StudyFigures, MarksTheCrossingsOfTheBest) {
  const figures::Plot plot = PlotOf(SampleStudy(), StudyFigure::kError);
  ASSERT_EQ(plot.intervals.size(), 1u) << "hog-svm is better than the other pairs where they cross";
  EXPECT_EQ(plot.intervals[0].label, "cnn passes hog-svm at");
  EXPECT_EQ(plot.intervals[0].low, 13900);
}

TEST(StudyFigures, SayWhatIsMissing) {
  EXPECT_EQ(PlotOf(FlawedStudy(), StudyFigure::kError).heading.note,
            "Of 56 points 1 point failed, 1 point was cancelled; they are in no figure.");
  EXPECT_EQ(PlotOf(UnfinishedStudy(55), StudyFigure::kFlops).heading.note,
            "Of 56 points 1 point has not ended; it is in no figure.");
  EXPECT_EQ(PlotOf(FlawedStudy(), StudyFigure::kError).series[2].points.size(), 7u);
}

// Studies that are odd in every way that the server may make them.
std::vector<v1::Study> OddStudies() {
  std::vector<v1::Study> studies = {
      v1::Study(),
      OnePoint(),
      FlawedStudy(),
      UnfinishedStudy(0),
      WideStudy(64, "contender-"),
      WideStudy(3, "\x1b[2J\xff<script>\n\"é&" + std::string(3000, 'w'))};
  v1::Study failed = OnePoint();
  failed.mutable_points(0)->set_state(v1::FAILED);
  failed.mutable_points(0)->clear_mean();
  studies.push_back(failed);
  v1::Study empty = OnePoint();
  empty.mutable_points(0)->mutable_mean()->set_value(kNaN);
  for (auto& seed : *empty.mutable_points(0)->mutable_seeds()) seed.set_error(kNaN);
  studies.push_back(empty);
  v1::Study zero = OnePoint();
  zero.mutable_points(0)->set_size(0);
  zero.mutable_points(0)->mutable_mean()->set_value(0);
  zero.mutable_points(0)->set_core_seconds(kNaN);
  zero.mutable_points(0)->set_candidate(4'000'000'000u);
  studies.push_back(zero);
  v1::Study wild = OnePoint();
  v1::StudyLaw& law = AddLaw(wild);
  law.mutable_curve(0)->set_size(-5);
  law.mutable_curve(1)->mutable_mean()->set_value(kNaN);
  law.mutable_curve(2)->mutable_mean()->set_high(std::numeric_limits<double>::infinity());
  v1::StudyCrossing& crossing = *wild.mutable_analysis()->add_crossings();
  crossing.set_above("a");
  crossing.mutable_size()->set_value(std::numeric_limits<double>::infinity());
  studies.push_back(wild);
  return studies;
}

TEST(StudyFigures, AnyStudyCanBeDrawn) {
  for (const v1::Study& study : OddStudies()) {
    for (const StudyFigure which : kAll) {
      const figures::Plot plot = PlotOf(study, which);
      const std::string svg = figures::Svg(plot, figures::SvgOptions());
      EXPECT_THAT(svg, HasSubstr("</svg>"));
      EXPECT_THAT(svg, Not(HasSubstr("<script")));
      EXPECT_LT(svg.size(), 2'000'000u);
      EXPECT_THAT(figures::Csv(plot), HasSubstr("series,mark"));
      for (const int width : {40, 80, 200}) {
        figures::TerminalOptions options;
        options.width = width;
        std::istringstream lines(figures::TerminalText(plot, options));
        for (std::string line; std::getline(lines, line);) {
          EXPECT_LE(DisplayWidth(line), width) << line;
          EXPECT_EQ(line.find('\x1b'), std::string::npos);
        }
      }
    }
  }
}

TEST(StudyFigures, HaveNames) {
  for (const StudyFigure which : kAll) {
    EXPECT_EQ(ParseStudyFigure(StudyFigureNames()[static_cast<size_t>(which)]), which);
  }
  EXPECT_FALSE(ParseStudyFigure("errors").has_value());
}

}  // namespace
}  // namespace trainyard::client
