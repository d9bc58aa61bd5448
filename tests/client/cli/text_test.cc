#include <chrono>
#include <limits>

#include "client/cli/csv_rows.h"
#include "client/cli/format.h"
#include "client/cli/sparkline.h"
#include "client/text/text.h"
#include "gmock/gmock.h"
#include "google/protobuf/timestamp.pb.h"
#include "gtest/gtest.h"

namespace trainyard::cli {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Format, WritesNumbersForPeople) {
  EXPECT_EQ(Count(0), "0");
  EXPECT_EQ(Count(1234567), "1,234,567");
  EXPECT_EQ(Bytes(999), "999 B");
  EXPECT_EQ(Bytes(16'000'000'000), "16.0 GB");
  EXPECT_EQ(Bytes(999'999), "1.0 MB");
  EXPECT_EQ(Flops(16'800'000'000), "16.8 GFLOP");
  EXPECT_EQ(FlopsText(16.8e9), "16.8 GFLOP");
  EXPECT_EQ(FlopsText(1e30), Flops(10'000'000'000'000'000'000u));
  EXPECT_EQ(FlopsText(0), "-");
  EXPECT_EQ(FlopsText(kNan), "-");
  EXPECT_EQ(Rate(12'345), "12.3k");
  EXPECT_EQ(Rate(7.25), "7.2");
  EXPECT_EQ(Rate(kNan), "-");
  EXPECT_EQ(Shape({32, 28, 28}), "32x28x28");
}

TEST(Format, WritesTimes) {
  EXPECT_EQ(ClockTime(9), "0:09");
  EXPECT_EQ(ClockTime(754), "12:34");
  EXPECT_EQ(ClockTime(3723), "1:02:03");
  EXPECT_EQ(ClockTime(-1), "-:--");
  EXPECT_EQ(ClockTime(kInfinity), "-:--");
  google::protobuf::Timestamp time;
  EXPECT_EQ(Date(time), "");
  time.set_seconds(1'700'000'000);
  EXPECT_EQ(Date(time), "2023-11-14 22:13:20");
  const auto at = [](int64_t seconds) {
    return std::chrono::system_clock::time_point(std::chrono::seconds(seconds));
  };
  EXPECT_EQ(Age(time, at(1'700'000'012)), "12s");
  EXPECT_EQ(Age(time, at(1'700'000'300)), "5m");
  EXPECT_EQ(Age(time, at(1'700'010'800)), "3h");
  EXPECT_EQ(Age(time, at(1'700'345'600)), "4d");
  EXPECT_EQ(Age(time, at(1'699'999'000)), "0s") << "a server whose clock is ahead";
}

TEST(Format, WritesMetrics) {
  EXPECT_EQ(Metric(0.91234), "0.9123");
  EXPECT_EQ(Metric(1), "1.0000");
  EXPECT_EQ(Metric(12345.6), "12346");
  EXPECT_EQ(Metric(0.00001234), "1.234e-05");
  EXPECT_EQ(Metric(kNan), "nan");
  EXPECT_EQ(Metric(-kInfinity), "-inf");
}

TEST(Sparkline, SpansLowestToHighest) {
  EXPECT_EQ(Sparkline({0, 1, 2, 3, 4, 5, 6, 7}, 8), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(Sparkline({7, 0}, 8), "█▁");
}

TEST(Sparkline, AveragesWhatDoesNotFit) {
  EXPECT_EQ(Sparkline({0, 0, 7, 7}, 2), "▁█");
  EXPECT_THAT(Downsample({1, 3, 5, 7, 9, 11}, 3), testing::ElementsAre(2, 6, 10));
  EXPECT_EQ(DisplayWidth(Sparkline(std::vector<double>(1000, 1.0), 13)), 13);
}

TEST(Sparkline, BearsOddValues) {
  EXPECT_EQ(Sparkline({}, 8), "");
  EXPECT_EQ(Sparkline({1}, 0), "");
  EXPECT_EQ(Sparkline({5, 5, 5}, 8), "▁▁▁");
  EXPECT_EQ(Sparkline({0, kNan, kInfinity, 1}, 8), "▁  █");
  EXPECT_EQ(Sparkline({kNan, kNan}, 8), "  ");
  constexpr double kMax = std::numeric_limits<double>::max();
  EXPECT_EQ(Sparkline({-kMax, kMax}, 8), "▁█");
}

TEST(ParseCsv, ReadsQuotes) {
  const auto rows = ParseCsv("a,b\r\n1,\"x, \"\"y\"\"\nz\"\n2,\n");
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_THAT((*rows)[0], testing::ElementsAre("a", "b"));
  EXPECT_THAT((*rows)[1], testing::ElementsAre("1", "x, \"y\"\nz"));
  EXPECT_THAT((*rows)[2], testing::ElementsAre("2", ""));
}

TEST(ParseCsv, RefusesWhatIsNoTable) {
  EXPECT_FALSE(ParseCsv("a,b\n1\n").ok());
  EXPECT_FALSE(ParseCsv("a,\"b\n").ok());
  EXPECT_TRUE(ParseCsv("")->empty());
}

}  // namespace
}  // namespace trainyard::cli
