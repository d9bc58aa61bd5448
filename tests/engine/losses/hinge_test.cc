#include <gmock/gmock.h>

#include <algorithm>

#include "tests/engine/losses/loss_check.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;

constexpr char kType[] = "hinge";

RawMap Settings(const char* multiclass, bool squared = false, double margin = 1) {
  return {{"multiclass", RawValue{std::string(multiclass)}},
          {"squared", RawValue{squared}},
          {"margin", RawValue{margin}}};
}

double Shortfall(double shortfall, bool squared) {
  const double positive = std::max(0.0, shortfall);
  return squared ? positive * positive : positive;
}

ReferenceLoss CrammerSinger(bool squared, double margin) {
  return [=](const std::vector<double>& outputs, int32_t label, const float*) {
    double rival = -1e300;
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (static_cast<int32_t>(i) != label) rival = std::max(rival, outputs[i]);
    }
    return Shortfall(margin + rival - outputs[label], squared);
  };
}

ReferenceLoss OneVsRest(bool squared, double margin) {
  return [=](const std::vector<double>& outputs, int32_t label, const float*) {
    const int32_t right = outputs.size() == 1 ? label - 1 : label;
    double sum = 0;
    for (size_t i = 0; i < outputs.size(); ++i) {
      sum += Shortfall(margin - (static_cast<int32_t>(i) == right ? outputs[i] : -outputs[i]),
                       squared);
    }
    return sum / outputs.size();
  };
}

TEST(HingeTest, ByHand) {
  const auto loss = MakeLoss(kType);
  EXPECT_EQ(LossOf(*loss, {2, 0.5f, 1}, 0), 0);  // ahead by exactly the margin
  EXPECT_EQ(LossOf(*loss, {2, 0.5f, 1.5f}, 0), 0.5);
  EXPECT_EQ(LossOf(*loss, {2, 0.5f, 1}, 1), 2.5);
  EXPECT_THAT(GradientOf(*loss, {2, 0.5f, 1}, 1), ElementsAre(1.0f, -1.0f, 0.0f));
  EXPECT_THAT(GradientOf(*loss, {5, 0.5f, 1}, 0), ElementsAre(0.0f, 0.0f, 0.0f));
}

TEST(HingeTest, SquaredByHand) {
  const auto loss = MakeLoss(kType, Settings("crammer_singer", true));
  EXPECT_EQ(LossOf(*loss, {2, 0.5f, 1}, 1), 6.25);
  EXPECT_THAT(GradientOf(*loss, {2, 0.5f, 1}, 1), ElementsAre(5.0f, -5.0f, 0.0f));
}

// Margins missed: 1 - 0.5, 1 + 0.25, none; over three classes.
TEST(HingeTest, OneVsRestByHand) {
  const auto loss = MakeLoss(kType, Settings("one_vs_rest"));
  EXPECT_DOUBLE_EQ(LossOf(*loss, {0.5f, 0.25f, -2}, 0), (0.5 + 1.25) / 3);
  EXPECT_THAT(GradientOf(*loss, {0.5f, 0.25f, -2}, 0), ElementsAre(-1.0f / 3, 1.0f / 3, 0.0f));
}

TEST(HingeTest, OneOutputIsPositiveForClassOne) {
  for (const char* multiclass : {"crammer_singer", "one_vs_rest"}) {
    const auto loss = MakeLoss(kType, Settings(multiclass));
    EXPECT_EQ(LossOf(*loss, {0.25f}, 1), 0.75);
    EXPECT_EQ(LossOf(*loss, {0.25f}, 0), 1.25);
    EXPECT_TRUE(loss->Accepts(Classes(2), 1));
    EXPECT_FALSE(loss->Accepts(Classes(3), 1));
  }
}

TEST(HingeTest, AgreesWithTheReference) {
  for (int width : {2, 3, 12}) {
    const TestRows rows(9, width, width);
    for (bool squared : {false, true}) {
      CheckAgainstReference(*MakeLoss(kType, Settings("crammer_singer", squared, 2)), rows,
                            CrammerSinger(squared, 2));
      CheckAgainstReference(*MakeLoss(kType, Settings("one_vs_rest", squared, 0.5)), rows,
                            OneVsRest(squared, 0.5));
    }
    CheckRowsAreIndependent(*MakeLoss(kType), rows);
  }
  CheckAgainstReference(*MakeLoss(kType), TestRows(9, 1, 2), OneVsRest(false, 1));
}

TEST(HingeTest, NanShows) {
  for (const char* multiclass : {"crammer_singer", "one_vs_rest"}) {
    const auto loss = MakeLoss(kType, Settings(multiclass));
    for (int position = 0; position < 3; ++position) {
      std::vector<float> outputs = {9, 0, 0};
      outputs[position] = std::nanf("");
      EXPECT_TRUE(std::isnan(LossOf(*loss, outputs, 0))) << multiclass << " " << position;
    }
  }
}

TEST(HingeTest, NeedsClasses) {
  EXPECT_TRUE(MakeLoss(kType)->Check(Classes(2)).ok());
  EXPECT_FALSE(MakeLoss(kType)->Check(Classes(1)).ok());
  EXPECT_FALSE(MakeLoss(kType)->Check(Targets(1)).ok());
}

TEST(HingeTest, RefusesWrongParameters) {
  EXPECT_THAT(
      ViolationsOf(losses::MakeCatalog(), kType, Settings("one_vs_one")),
      ElementsAre("it.multiclass: unknown value 'one_vs_one'; did you mean 'one_vs_rest'?"));
  EXPECT_THAT(ViolationsOf(losses::MakeCatalog(), kType, Settings("one_vs_rest", false, 0)),
              ElementsAre("it.margin: expected number in (0, 1000000], got 0"));
}

}  // namespace
}  // namespace trainyard
