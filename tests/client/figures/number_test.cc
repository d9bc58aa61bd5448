#include "client/figures/number.h"

#include <cstdlib>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trainyard::figures {
namespace {

using testing::ElementsAre;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr NumberFormat kPlain = NumberFormat::kPlain;
constexpr NumberFormat kPercent = NumberFormat::kPercent;

TEST(TickLabels, ShareTheirDecimals) {
  EXPECT_THAT(TickLabels({0, 0.05, 0.1}, kPlain), ElementsAre("0", "0.05", "0.10"));
  EXPECT_THAT(TickLabels({-1, -0.5, 0}, kPlain), ElementsAre("−1.0", "−0.5", "0"));
  EXPECT_THAT(TickLabels({-1, 1}, kPlain, false), ElementsAre("-1", "1"));
}

TEST(TickLabels, GroupThousandsAndShortenMillions) {
  EXPECT_THAT(TickLabels({100, 1000, 60000}, kPlain), ElementsAre("100", "1,000", "60,000"));
  EXPECT_THAT(TickLabels({100000, 1e6, 2.5e6, 3e9}, kPlain),
              ElementsAre("100,000", "1M", "2.5M", "3B"));
}

TEST(TickLabels, DecadesHaveTheirOwnDecimals) {
  EXPECT_THAT(TickLabels({0.01, 0.1, 1, 10}, kPlain), ElementsAre("0.01", "0.1", "1", "10"));
}

TEST(TickLabels, WriteTheTinyAndTheHugeAsPowers) {
  EXPECT_THAT(TickLabels({1e-6, 1e-5}, kPlain), ElementsAre("10⁻⁶", "10⁻⁵"));
  EXPECT_THAT(TickLabels({0, 2e-6, 4e-6}, kPlain), ElementsAre("0", "2×10⁻⁶", "4×10⁻⁶"));
  EXPECT_THAT(TickLabels({1e12, 1e15}, kPlain), ElementsAre("10¹²", "10¹⁵"));
  EXPECT_THAT(TickLabels({1e-6, 2e15}, kPlain, false), ElementsAre("1e-6", "2e15"));
  EXPECT_THAT(TickLabels({1e-5, 1e-3, 0.1}, kPlain), ElementsAre("10⁻⁵", "10⁻³", "0.1"));
}

TEST(TickLabels, WritePercentAndPoints) {
  EXPECT_THAT(TickLabels({0.05, 0.1, 0.2}, kPercent), ElementsAre("5 %", "10 %", "20 %"));
  EXPECT_THAT(TickLabels({0.85, 0.875}, kPercent), ElementsAre("85.0 %", "87.5 %"));
  EXPECT_THAT(TickLabels({-0.02, 0}, NumberFormat::kPoints), ElementsAre("−2", "0"));
}

TEST(ShortNumber, HasThreeDigits) {
  EXPECT_EQ(ShortNumber(0.8534, kPlain), "0.853");
  EXPECT_EQ(ShortNumber(12.345, kPlain), "12.3");
  EXPECT_EQ(ShortNumber(2300, kPlain), "2,300");
  EXPECT_EQ(ShortNumber(1234567, kPlain), "1.23M");
  EXPECT_EQ(ShortNumber(0.0321, kPlain), "0.0321");
  EXPECT_EQ(ShortNumber(1.5e-7, kPlain), "1.5×10⁻⁷");
  EXPECT_EQ(ShortNumber(0.8534, kPercent), "85.3 %");
  EXPECT_EQ(ShortNumber(-0.018, NumberFormat::kPoints), "−1.8");
  EXPECT_EQ(ShortNumber(0, kPlain), "0");
  EXPECT_EQ(ShortNumber(5e-324, kPlain), "4.9×10⁻³²⁴");
}

TEST(ShortNumber, SaysWhatIsNoNumber) {
  EXPECT_EQ(ShortNumber(kNothing, kPlain), "–");
  EXPECT_EQ(ShortNumber(kNothing, kPlain, false), "-");
  EXPECT_EQ(ShortNumber(-kInfinity, kPercent), "−∞");
  EXPECT_EQ(ShortNumber(kInfinity, kPlain, false), "inf");
  EXPECT_EQ(ShortNumber(1e308, kPercent), "10³⁰⁸") << "a hundred times as much overflows";
}

TEST(WithInterval, NamesItsEnds) {
  EXPECT_EQ(WithInterval(2300, 1500, 3900, kPlain), "2,300 [1,500, 3,900]");
  EXPECT_EQ(WithInterval(0.853, 0.849, 0.857, kPercent), "85.3 % [84.9, 85.7]");
  EXPECT_EQ(WithInterval(2300, kNothing, kNothing, kPlain), "2,300");
  EXPECT_EQ(WithInterval(2300, kNothing, 3900, kPlain), "2,300 [–, 3,900]");
}

TEST(ExactNumber, ReadsBackAsTheSame) {
  for (const double value : {0.1, 1.0 / 3, 1e300, -5e-324, 60000.0}) {
    EXPECT_EQ(std::strtod(ExactNumber(value).c_str(), nullptr), value);
  }
  EXPECT_EQ(ExactNumber(0.1), "0.1");
  EXPECT_EQ(ExactNumber(kNothing), "nan");
  EXPECT_EQ(ExactNumber(-kInfinity), "-inf");
}

}  // namespace
}  // namespace trainyard::figures
