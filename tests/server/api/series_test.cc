#include "server/api/series.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace trainyard {
namespace {

struct Sample {
  uint32_t attempt;
  uint64_t step;
  double value;
};

v1::ReadSeriesResponse::Series Read(const std::vector<Sample>& samples, uint64_t buckets) {
  SeriesRange range;
  for (const Sample& sample : samples) range.Add(sample.attempt, sample.step);
  SeriesBuckets collected(range, buckets);
  for (const Sample& sample : samples) collected.Add(sample.attempt, sample.step, sample.value);
  v1::ReadSeriesResponse::Series series;
  collected.Write(series);
  return series;
}

TEST(SeriesBuckets, GivesEveryValueWhereThereIsRoom) {
  const auto series = Read({{1, 1, 0.5}, {1, 2, 0.25}}, 10);
  ASSERT_EQ(series.points_size(), 2);
  EXPECT_EQ(series.points(1).step(), 2u);
  EXPECT_EQ(series.points(1).last(), 0.25);
  EXPECT_EQ(series.points(1).min(), 0.25);
  EXPECT_EQ(series.points(1).count(), 1u);
}

TEST(SeriesBuckets, KeepsSpikes) {
  std::vector<Sample> samples;
  for (uint64_t step = 0; step < 100; ++step)
    samples.push_back({1, step, step == 37 ? 1000.0 : 1.0});
  const auto series = Read(samples, 4);
  ASSERT_EQ(series.points_size(), 4);
  EXPECT_EQ(series.points(1).max(), 1000.0);
  EXPECT_EQ(series.points(1).min(), 1.0);
  EXPECT_EQ(series.points(1).last(), 1.0);
  EXPECT_EQ(series.points(1).step(), 49u);
  EXPECT_EQ(series.points(1).count(), 25u);
  EXPECT_DOUBLE_EQ(series.points(1).mean(), (24 + 1000.0) / 25);
}

TEST(SeriesBuckets, KeepsAttemptsApart) {
  // The second attempt goes on from the checkpoint of step 5 and repeats 6 and 7.
  const auto series =
      Read({{1, 5, 5}, {1, 6, 6}, {1, 7, 7}, {2, 6, 60}, {2, 7, 70}, {2, 8, 80}}, 2);
  ASSERT_EQ(series.points_size(), 2);
  EXPECT_EQ(series.points(0).attempt(), 1u);
  EXPECT_EQ(series.points(0).max(), 7);
  EXPECT_EQ(series.points(1).attempt(), 2u);
  EXPECT_EQ(series.points(1).min(), 60);
}

TEST(SeriesBuckets, TakesNanAndInfinity) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const auto series = Read({{1, 1, 2.0}, {1, 2, infinity}, {1, 3, nan}}, 1);
  ASSERT_EQ(series.points_size(), 1);
  EXPECT_TRUE(std::isnan(series.points(0).last()));
  EXPECT_EQ(series.points(0).min(), 2.0);
  EXPECT_EQ(series.points(0).max(), infinity);
  EXPECT_EQ(series.points(0).count(), 3u);
  EXPECT_TRUE(std::isnan(Read({{1, 1, nan}}, 5).points(0).mean()));
}

TEST(SeriesBuckets, HoldsForTheLargestSteps) {
  const uint64_t last = std::numeric_limits<uint64_t>::max();
  EXPECT_EQ(Read({{1, 0, 1}, {1, last / 2, 2}, {1, last, 3}}, 2).points_size(), 2);
}

TEST(SeriesBuckets, OfNothingIsNothing) { EXPECT_EQ(Read({}, 5).points_size(), 0); }

}  // namespace
}  // namespace trainyard
