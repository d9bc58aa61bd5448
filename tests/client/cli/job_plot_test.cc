#include <cmath>
#include <limits>

#include "client/cli/metric_figures.h"
#include "client/text/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/cli/harness.h"

namespace trainyard::cli {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class JobPlotTest : public testing::Test, public Harness {
 protected:
  JobPlotTest() {
    client::FakeJob& narrow = server.AddJob("narrow", v1::SUCCEEDED);
    client::FakeJob& wide = server.AddJob("wide", v1::SUCCEEDED);
    for (uint64_t epoch = 1; epoch <= 5; ++epoch) {
      const double share = static_cast<double>(epoch) / 5;
      narrow.AddValue(100 * epoch, "validation/accuracy", 0.8 + 0.05 * share);
      wide.AddValue(100 * epoch, "validation/accuracy", 0.85 + 0.05 * share);
      narrow.AddValue(100 * epoch, "train/loss", 1 / share);
    }
    wide.AddValue(500, "test/accuracy", 0.9);
  }
  std::string Read(const std::string& name) const { return folder.Read(name); }
};

TEST_F(JobPlotTest, OverlaysJobs) {
  const Ran ran = Cli({"job", "plot", "narrow", "wide"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("validation/accuracy\n"));
  EXPECT_THAT(ran.out, HasSubstr("● narrow 85.0 %  ■ wide 90.0 %"));
  EXPECT_THAT(ran.out, HasSubstr("step"));
  EXPECT_EQ(ran.err, "");
  std::istringstream lines(ran.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(DisplayWidth(line), 80) << line;
}

TEST_F(JobPlotTest, FitsTheTerminal) {
  terminal = true;
  width = 60;
  std::istringstream lines(Cli({"job", "plot", "narrow", "wide"}).out);
  int widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, DisplayWidth(line));
  EXPECT_GT(widest, 50);
  EXPECT_LE(widest, 60);
}

TEST_F(JobPlotTest, TakesMetricsAndPrefixes) {
  const Ran ran = Cli({"job", "plot", "nar", "--metric", "train/loss", "--log-x", "--log-y"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("train/loss\n"));
  EXPECT_THAT(ran.out, HasSubstr("● narrow 1\n"));
  const std::string two =
      Cli({"job", "plot", "@last", "--metric", "test/accuracy", "--metric", "validation/accuracy"})
          .out;
  EXPECT_THAT(two, StartsWith("test/accuracy\n"));
  EXPECT_THAT(two, HasSubstr("\n\nvalidation/accuracy\n"));
}

TEST_F(JobPlotTest, SaysWhichJobHasNoSuchSeries) {
  const Ran ran = Cli({"job", "plot", "narrow", "wide", "--metric", "train/loss"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.err, "trainyard: jobs/wide has no series 'train/loss'\n");
}

TEST_F(JobPlotTest, NamesTheNearestSeries) {
  const Ran ran = Cli({"job", "plot", "narrow", "--metric", "train/los"});
  EXPECT_EQ(ran.code, 5);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err,
            "trainyard: no job has a series 'train/los'; did you mean 'train/loss'?\n"
            "  there are: train/loss, validation/accuracy\n");
}

TEST_F(JobPlotTest, NeedsJobsThatMeasuredSomething) {
  server.AddJob("queued", v1::QUEUED);
  const Ran ran = Cli({"job", "plot", "queued"});
  EXPECT_EQ(ran.code, 6);
  EXPECT_THAT(ran.err, HasSubstr("jobs/queued measured nothing so far"));
  EXPECT_EQ(Cli({"job", "plot", "nobody"}).code, 5);
  EXPECT_EQ(Cli({"job", "plot"}).code, 2);
}

TEST_F(JobPlotTest, DrawsAJobOnce) {
  EXPECT_THAT(Cli({"job", "plot", "narrow", "narrow", "nar"}).out, EndsWith("● narrow 85.0 %\n"));
}

TEST_F(JobPlotTest, WritesPicturesAndNumbers) {
  const auto plot = [&](const std::string& name) {
    const Ran ran = Cli({"job", "plot", "narrow", "wide", "--out", folder / name});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out, (folder / name) + "\n");
    return Read(name);
  };
  EXPECT_THAT(plot("a.svg"), StartsWith("<svg xmlns="));
  EXPECT_THAT(plot("a.png"), StartsWith("\x89PNG\r\n"));
  EXPECT_THAT(plot("a.csv"), HasSubstr("narrow,point,100,0.81,,\r\n"));
  EXPECT_THAT(plot("a.json"), StartsWith("{\"kind\":\"plot\",\"title\":\"validation/accuracy\""));
  EXPECT_THAT(plot("a.txt"), HasSubstr("■ wide 90.0 %"));
  const std::string html = plot("a.html");
  EXPECT_THAT(html, HasSubstr("<title>narrow, wide</title>"));
  EXPECT_THAT(html, HasSubstr("<td>wide</td><td>validation/accuracy</td><td class=\"n\">500</td>"
                              "<td class=\"n\">0.9000</td>"));
  EXPECT_THAT(html, HasSubstr("avx512_core"));
}

TEST_F(JobPlotTest, PutsSeveralMetricsOnOnePage) {
  const std::vector<std::string> both = {
      "job",  "plot", "narrow", "--metric", "train/loss", "--metric", "validation/accuracy",
      "--out"};
  std::vector<std::string> page = both;
  page.push_back(folder / "a.html");
  EXPECT_EQ(Cli(page).code, 0);
  EXPECT_THAT(Read("a.html"), HasSubstr("<b>Figure 2. validation/accuracy.</b>"));
  std::vector<std::string> picture = both;
  picture.push_back(folder / "a.svg");
  const Ran ran = Cli(picture);
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("has room for one figure, not for 2"));
}

TEST_F(JobPlotTest, RefusesFilesBeforeItAsksTheServer) {
  const int calls = server.calls();
  Ran ran = Cli({"job", "plot", "narrow", "--out", folder / "a.pdf"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err,
              HasSubstr("expected a name that ends in .svg, .png, .html, .csv, .json or .txt"));
  EXPECT_THAT(ran.err, HasSubstr("rsvg-convert"));
  EXPECT_EQ(Cli({"job", "plot", "narrow", "--theme", "pink"}).code, 2);
  EXPECT_EQ(server.calls(), calls);
}

TEST_F(JobPlotTest, HasThemes) {
  Cli({"job", "plot", "narrow", "--out", folder / "a.svg", "--theme", "dark"});
  EXPECT_THAT(Read("a.svg"), Not(HasSubstr("prefers-color-scheme")));
  EXPECT_THAT(Read("a.svg"), HasSubstr("fill:#14171b"));
}

v1::ReadSeriesResponse::Series Read(
    const std::vector<std::pair<std::pair<uint32_t, uint64_t>, double>>& values) {
  v1::ReadSeriesResponse::Series series;
  for (const auto& [place, value] : values) {
    auto* point = series.add_points();
    point->set_attempt(place.first);
    point->set_step(place.second);
    point->set_last(value);
    point->set_count(1);
  }
  return series;
}

std::vector<double> StepsOf(const figures::Series& series) {
  std::vector<double> steps;
  for (const figures::Position& at : series.line) steps.push_back(at.x);
  return steps;
}

TEST(MetricFigures, LaterAttemptsReplaceWhatTheyMeasureAgain) {
  const figures::Series curve = CurveOf(
      "a", Read({{{1, 10}, 1}, {{1, 20}, 2}, {{1, 30}, 3}, {{2, 20}, 2.5}, {{2, 30}, 3.5}}));
  EXPECT_THAT(StepsOf(curve), ElementsAre(10, 20, 30));
  EXPECT_EQ(curve.line[1].y, 2.5);
}

TEST(MetricFigures, BucketsHaveABand) {
  v1::ReadSeriesResponse::Series series = Read({{{1, 10}, 1}, {{1, 20}, 2}});
  auto& bucket = *series.mutable_points(1);
  bucket.set_count(5);
  bucket.set_min(1.5);
  bucket.set_max(9);
  bucket.set_mean(2.25);
  const figures::Series curve = CurveOf("a", series);
  EXPECT_EQ(curve.line[1].y, 2.25);
  EXPECT_EQ(curve.band[1].high, 9);
  EXPECT_TRUE(CurveOf("a", Read({{{1, 10}, 1}})).band.empty());
}

TEST(MetricFigures, KeepsWhatIsNoNumber) {
  const figures::Series curve =
      CurveOf("a", Read({{{1, 10}, 1}, {{1, 20}, std::numeric_limits<double>::quiet_NaN()}}));
  EXPECT_TRUE(std::isnan(curve.line[1].y));
}

TEST(MetricFigures, ChoosesTheUsualMetric) {
  EXPECT_EQ(UsualMetric({{"test/accuracy", "train/loss"}, {"train/loss"}}), "train/loss")
      << "the one of most jobs";
  EXPECT_EQ(UsualMetric({{"test/accuracy", "train/loss", "validation/accuracy"}}),
            "validation/accuracy");
  EXPECT_EQ(UsualMetric({{"validation/mse"}, {"validation/mse", "a"}}), "validation/mse");
  EXPECT_EQ(UsualMetric({{}, {}}), "");
}

}  // namespace
}  // namespace trainyard::cli
