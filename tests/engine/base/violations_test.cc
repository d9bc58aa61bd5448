#include "engine/base/violations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/status.h"

namespace trainyard {
namespace {

using ::testing::EndsWith;

TEST(ViolationsTest, NoneIsOk) { EXPECT_TRUE(Violations().ToStatus().ok()); }

TEST(ViolationsTest, StatusHasALineForEach) {
  Violations violations;
  violations.Add("model.layers[2].units", "required");
  violations.Add("", "too large");
  EXPECT_EQ(violations.ToStatus(),
            absl::InvalidArgumentError("model.layers[2].units: required\ntoo large"));
}

TEST(ViolationsTest, AFloodIsCountedWithoutItsTexts) {
  Violations violations;
  for (size_t i = 0; i < Violations::kMostTexts + 7; ++i) violations.Add("a", "b");
  EXPECT_EQ(violations.list().size(), Violations::kMostTexts + 7);
  EXPECT_EQ(violations.list().back().message, "");
  EXPECT_THAT(Message(violations.ToStatus()), EndsWith("a: b\n... and 7 more"));
}

TEST(JoinPathTest, LeavesOutAnEmptyBase) {
  EXPECT_EQ(JoinPath("", "loss"), "loss");
  EXPECT_EQ(JoinPath("data.split", "test"), "data.split.test");
}

TEST(NearestTest, FindsATypo) {
  EXPECT_EQ(Nearest("unit", {"units", "bias", "activation"}), "units");
  EXPECT_EQ(Nearest("activaton", {"units", "bias", "activation"}), "activation");
  EXPECT_EQ(Nearest("sdg", {"adam", "sgd"}), "sgd");
}

TEST(NearestTest, TakesTheFirstOfEquallyNear) {
  EXPECT_EQ(Nearest("conv", {"conv1", "conv2"}), "conv1");
}

TEST(NearestTest, FindsNothingInOtherWords) {
  EXPECT_EQ(Nearest("momentum", {"units", "bias"}), "");
  EXPECT_EQ(Nearest("x", {}), "");
  EXPECT_EQ(Nearest("lr", {"type", "nu"}), "");
}

TEST(NearestTest, IgnoresWhatIsTooLongForAName) {
  EXPECT_EQ(Nearest(std::string(65, 'a'), {std::string(65, 'a')}), "");
}

TEST(SuggestionTest, ListsWhatIsKnownWhereNothingIsNear) {
  EXPECT_EQ(Suggestion("unit", {"units", "bias"}), "; did you mean 'units'?");
  EXPECT_EQ(Suggestion("momentum", {"units", "bias"}), "; known: units, bias");
  EXPECT_EQ(Suggestion("momentum", {}), "; none is known here");
}

}  // namespace
}  // namespace trainyard
