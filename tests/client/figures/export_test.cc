#include "client/figures/export.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/figures/random_figures.h"

namespace trainyard::figures {
namespace {

using testing::HasSubstr;

Plot Small() {
  Plot plot;
  plot.heading.title = "a \"title\"";
  plot.x = {"n", "", Scale::kLog10};
  plot.y = {"error", "", Scale::kLinear, NumberFormat::kPercent};
  Series series;
  series.name = "svm, linear";
  series.points = {{100, 0.1, 0.05, 0.15}, {200, 1.0 / 3}};
  series.line = {{100, kNothing}};
  series.forecast = {{1000, std::numeric_limits<double>::infinity()}};
  series.band = {{100, 0.05, 0.15}};
  series.asymptote = 0.25;
  plot.series.push_back(series);
  plot.intervals.push_back({150, 120, kNothing, "crossover"});
  plot.references.push_back({0.835, "a person"});
  return plot;
}

TEST(Csv, HasEveryNumberOfAPlot) {
  EXPECT_EQ(Csv(Small()),
            "series,mark,x,y,low,high\r\n"
            "\"svm, linear\",point,100,0.1,0.05,0.15\r\n"
            "\"svm, linear\",point,200,0.3333333333333333,,\r\n"
            "\"svm, linear\",line,100,nan,,\r\n"
            "\"svm, linear\",forecast,1000,inf,,\r\n"
            "\"svm, linear\",band,100,,0.05,0.15\r\n"
            "\"svm, linear\",asymptote,,0.25,,\r\n"
            "crossover,interval,150,,120,\r\n"
            "a person,reference,,0.835,,\r\n");
}

TEST(Csv, HasTheCellsOfAMap) {
  HeatMap map;
  map.rows = {"relu", "a\"b"};
  map.columns = {"1", "2"};
  map.values = {{0.5, 1e-9}, {2}};
  EXPECT_EQ(Csv(map),
            "row,column,value\r\n"
            "relu,1,0.5\r\nrelu,2,1e-09\r\n"
            "\"a\"\"b\",1,2\r\n\"a\"\"b\",2,\r\n");
}

TEST(Csv, HasTheRowsOfAChart) {
  RowChart chart;
  chart.rows = {{"data", 0.05, 0.04, 0.06, "main"}, {"bar", 1}};
  EXPECT_EQ(Csv(chart), "group,label,value,low,high\r\nmain,data,0.05,0.04,0.06\r\n,bar,1,,\r\n");
}

TEST(Json, HasColumnsOfNumbers) {
  EXPECT_EQ(Json(Small()),
            "{\"kind\":\"plot\",\"title\":\"a \\\"title\\\"\","
            "\"x\":{\"label\":\"n\",\"scale\":\"log10\",\"format\":\"plain\"},"
            "\"y\":{\"label\":\"error\",\"scale\":\"linear\",\"format\":\"percent\"},"
            "\"series\":[{\"name\":\"svm, linear\","
            "\"points\":{\"x\":[100,200],\"y\":[0.1,0.3333333333333333],"
            "\"low\":[0.05,\"NaN\"],\"high\":[0.15,\"NaN\"]},"
            "\"line\":{\"x\":[100],\"y\":[\"NaN\"]},"
            "\"forecast\":{\"x\":[1000],\"y\":[\"Infinity\"]},"
            "\"band\":{\"x\":[100],\"low\":[0.05],\"high\":[0.15]},\"asymptote\":0.25}],"
            "\"intervals\":[{\"label\":\"crossover\",\"at\":150,\"low\":120,\"high\":\"NaN\"}],"
            "\"references\":[{\"label\":\"a person\",\"y\":0.835}],\"annotations\":[]}\n");
}

TEST(Json, EscapesText) {
  RowChart chart;
  chart.rows = {{"a\"\\\n\xff学", 1, 0, 2}};
  EXPECT_THAT(Json(chart), HasSubstr("\"label\":\"a\\\"\\\\\\u000a\uFFFD学\""));
}

TEST(Json, IsReadByAParser) {
  Noise noise(4);
  for (int i = 0; i < 100; ++i) {
    const std::string json = Json(RandomFigure(noise));
    google::protobuf::Struct read;
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &read).ok()) << json;
    EXPECT_TRUE(read.fields().contains("kind"));
  }
}

}  // namespace
}  // namespace trainyard::figures
