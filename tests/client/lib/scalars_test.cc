#include "client/lib/scalars.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"

namespace trainyard::client {
namespace {

TEST(ParseNumber, TakesDecimals) {
  EXPECT_EQ(ParseNumber("10"), 10.0);
  EXPECT_EQ(ParseNumber("-2.5"), -2.5);
  EXPECT_EQ(ParseNumber(".5"), 0.5);
  EXPECT_EQ(ParseNumber("1e-3"), 1e-3);
  EXPECT_TRUE(std::isnan(*ParseNumber(".nan")));
  EXPECT_TRUE(std::isinf(*ParseNumber("1e999")));
}

TEST(ParseNumber, LeavesWordsAlone) {
  for (const char* text :
       {"", "-", ".", "1e", "nan", "inf", "0x10", "1_000", "1.2.3", "1 2", "10m"}) {
    EXPECT_EQ(ParseNumber(text), std::nullopt) << text;
  }
}

TEST(ParseInteger, TakesWholeNumbersHoweverWritten) {
  EXPECT_EQ(ParseInteger("60000"), 60000);
  EXPECT_EQ(ParseInteger("6e4"), 60000);
  EXPECT_EQ(ParseInteger("10.0"), 10);
  EXPECT_EQ(ParseInteger("-1"), -1);
  EXPECT_EQ(ParseInteger("9223372036854775807"), std::numeric_limits<int64_t>::max());
}

TEST(ParseInteger, RefusesWhatIsNotExact) {
  for (const char* text : {"1.5", "9223372036854775808", "1e300", "1e17", "abc", ".nan"}) {
    EXPECT_EQ(ParseInteger(text), std::nullopt) << text;
  }
}

TEST(ParseDuration, TakesUnits) {
  constexpr int64_t kSecond = 1'000'000'000;
  EXPECT_EQ(ParseDuration("90"), 90 * kSecond);
  EXPECT_EQ(ParseDuration("10m"), 600 * kSecond);
  EXPECT_EQ(ParseDuration("1h30m"), 5400 * kSecond);
  EXPECT_EQ(ParseDuration("1.5s"), kSecond * 3 / 2);
  EXPECT_EQ(ParseDuration("250ms"), kSecond / 4);
  EXPECT_EQ(ParseDuration("1d"), 86400 * kSecond);
}

TEST(ParseDuration, RefusesOthers) {
  for (const char* text :
       {"", "m", "-5s", "5 s", "5x", "1e5s", "10m x", "1e400", "99999999999999999999d"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(NumberText, IsTheShortestThatReadsBack) {
  EXPECT_EQ(NumberText(0.1), "0.1");
  EXPECT_EQ(NumberText(60000), "60000");
  EXPECT_EQ(NumberText(1e-5), "1e-05");
  EXPECT_EQ(NumberText(-0.25), "-0.25");
  EXPECT_EQ(NumberText(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(NumberText(std::numeric_limits<double>::infinity()), ".inf");
}

}  // namespace
}  // namespace trainyard::client
