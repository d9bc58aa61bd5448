#include "client/figures/placement.h"

#include <cmath>

#include "client/figures/text_width.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/figures/sample_figures.h"

namespace trainyard::figures {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

TEST(Spread, LeavesAloneWhatIsApart) {
  EXPECT_THAT(Spread({50, 10, 90}, 18, 0, 100), ElementsAre(50, 10, 90));
}

TEST(Spread, MovesNeighboursAsLittleAsCanBe) {
  // Both want 50: 9 up and 9 down.
  EXPECT_THAT(Spread({50, 50}, 18, 0, 100), ElementsAre(41, 59));
  // Three at 50, 51 and 52: their middle stays at 51.
  EXPECT_THAT(Spread({51, 50, 52}, 10, 0, 100), ElementsAre(51, 41, 61));
}

TEST(Spread, StaysWithinItsEnds) {
  EXPECT_THAT(Spread({0, 0, 0}, 10, 5, 100), ElementsAre(5, 15, 25));
  EXPECT_THAT(Spread({100, 100}, 10, 0, 95), ElementsAre(85, 95));
}

TEST(Spread, PutsWhatWantsNothingLast) {
  EXPECT_THAT(Spread({kNothing, 95}, 10, 0, 100), ElementsAre(100, 90));
}

TEST(Spread, IsNeverCloserThanAsked) {
  Noise noise(3);
  for (int i = 0; i < 500; ++i) {
    std::vector<double> wanted(1 + static_cast<size_t>(noise.Next() * 12));
    for (double& value : wanted) value = noise.Next() < 0.1 ? kNothing : noise.Next() * 300;
    std::vector<double> places = Spread(wanted, 18, 0, 300);
    std::sort(places.begin(), places.end());
    EXPECT_GE(places.front(), 0);
    EXPECT_LE(places.back(), 300 + 1e-9);
    for (size_t j = 1; j < places.size(); ++j) {
      EXPECT_GE(places[j] - places[j - 1], 18 - 1e-9);
    }
  }
}

TEST(Flow, BreaksRows) {
  const auto places = Flow({40, 40, 40, 200}, 10, 100);
  EXPECT_EQ(places[1].left, 50);
  EXPECT_EQ(places[1].row, 0);
  EXPECT_EQ(places[2].row, 1);
  EXPECT_EQ(places[3].row, 2) << "too wide for any row: one of its own";
}

TEST(Stack, UsesAnotherRowOnlyWhereItMust) {
  const auto places = Stack({50, 60, 200}, {40, 40, 40}, 10, 0, 210);
  EXPECT_EQ(places[0].row, 0);
  EXPECT_EQ(places[1].row, 1);
  EXPECT_EQ(places[2].row, 0);
  EXPECT_EQ(places[2].left, 170) << "kept within the right end";
}

TEST(PlaceNear, AvoidsWhatIsTaken) {
  const Box frame{0, 0, 200, 200};
  Box first;
  ASSERT_TRUE(PlaceNear({100, 100}, 40, 20, frame, {}, {}, first));
  Box second;
  ASSERT_TRUE(PlaceNear({100, 100}, 40, 20, frame, {first}, {}, second));
  EXPECT_FALSE(first.Overlaps(second));
  EXPECT_FALSE(PlaceNear({100, 100}, 300, 20, frame, {}, {}, second)) << "wider than the frame";
}

TEST(PlaceNear, RatherGoesFartherThanOntoMarks) {
  std::vector<Position> marks;
  for (int x = 110; x < 180; x += 3) marks.push_back({static_cast<double>(x), 100});
  Box place;
  ASSERT_TRUE(PlaceNear({100, 100}, 40, 20, {0, 0, 200, 200}, {}, marks, place));
  for (const Position& mark : marks) EXPECT_FALSE(place.Contains(mark));
}

TEST(TextWidth, IsThatOfHelvetica) {
  // H 722 + e 556 + l 222 + l 222 + o 556 = 2278 thousandths, and the margin.
  EXPECT_NEAR(TextWidth("Hello", 10), 22.78 * 1.06, 1e-9);
  EXPECT_GT(TextWidth("Hello", 10, true), TextWidth("Hello", 10));
  EXPECT_NEAR(TextWidth("学習", 10), 20 * 1.06, 1e-9);
  EXPECT_EQ(TextWidth("", 10), 0);
}

TEST(TextWidth, CutsToAWidth) {
  const std::string cut = CutToWidth("convolutional network", 12, 60);
  EXPECT_LE(TextWidth(cut, 12), 60);
  EXPECT_THAT(cut, testing::EndsWith("…"));
  EXPECT_EQ(CutToWidth("net", 12, 60), "net");
  EXPECT_EQ(CutToWidth("net", 12, 3), "");
}

TEST(TextWidth, BreaksLines) {
  const auto lines = BreakToWidth("the quick brown fox jumps over the lazy dog", 12, 90, 9);
  EXPECT_GT(lines.size(), 2u);
  for (const std::string& line : lines) EXPECT_LE(TextWidth(line, 12), 90) << line;
  EXPECT_EQ(BreakToWidth("one two three four five six", 12, 50, 2).size(), 2u);
  EXPECT_THAT(BreakToWidth("one two three four five six", 12, 50, 2)[1], testing::EndsWith("…"));
  for (const std::string& line : BreakToWidth(std::string(100, 'w'), 12, 90, 20)) {
    EXPECT_LE(TextWidth(line, 12), 90) << "a word without end";
  }
  EXPECT_TRUE(BreakToWidth("", 12, 90, 3).empty());
}

}  // namespace
}  // namespace trainyard::figures
