// Boosted trees: one split worked by hand, and that threads, stops and resumes change no bit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/engine/learners/learner_fixture.h"

namespace trainyard::learners {
namespace {

using ::testing::HasSubstr;

constexpr char kType[] = "gradient_boosted_trees";
using BoostedTest = LearnerTest;

bool SameModel(const Learner& a, const Learner& b) {
  const auto left = a.Export();
  const auto right = b.Export();
  if (left.size() != right.size()) return false;
  for (size_t i = 0; i < left.size(); ++i) {
    if (left[i].name != right[i].name || left[i].values.size() != right[i].values.size() ||
        std::memcmp(left[i].values.data(), right[i].values.data(),
                    left[i].values.size() * sizeof(float)) != 0) {
      return false;
    }
  }
  return true;
}

// Targets 0, 0, 3, 3 over x = 0 .. 3: the split between 1 and 2 leaves G = 0 and G = -6 with H = 2,
// so that the leaves are 0 and 6 / (2 + lambda), times the learning rate.
TEST_F(BoostedTest, OneSplitOfFourTargets) {
  Table table = Plane(4, 1);
  table.values = {0, 1, 2, 3};
  table.targets = {0, 0, 3, 3};
  const auto learner = Make(kType, {{"rounds", Value(1)},
                                    {"max_depth", Value(1)},
                                    {"l2", Value(1)},
                                    {"learning_rate", Value(0.5)}});
  ASSERT_TRUE(Fit(*learner, table).ok());
  EXPECT_THAT(Predict(*learner, table), ::testing::ElementsAre(0, 0, 1, 1));
  ASSERT_EQ(run_.steps.size(), 1u);
  EXPECT_NEAR(run_.steps[0].loss, (4 + 4) / 4.0, 1e-6);  // squared error after the tree
}

TEST_F(BoostedTest, LearnsClassesWithProbabilities) {
  for (const int64_t classes : {2, 3}) {
    const auto learner = Make(kType, {{"rounds", Value(20)}});
    ASSERT_TRUE(Fit(*learner, Clouds(600, 5, classes, 1)).ok());
    EXPECT_GT(Accuracy(*learner, Clouds(300, 5, classes, 2)), 0.8) << classes;
  }
}

TEST_F(BoostedTest, ThreadsChangeNoBit) {
  const Table table = Clouds(3000, 9, 3, 1, 2);
  const RawMap params = {{"rounds", Value(8)}, {"subsample", Value(0.7)}};
  const auto one = Make(kType, params);
  ASSERT_TRUE(Fit(*one, table, 1).ok());
  for (const int threads : {2, 3}) {
    const auto many = Make(kType, params);
    ASSERT_TRUE(Fit(*many, table, threads).ok());
    EXPECT_TRUE(SameModel(*one, *many)) << threads << " threads";
    EXPECT_EQ(Predict(*one, table, 1), Predict(*many, table, threads));
  }
}

TEST_F(BoostedTest, GoesOnWithTheSameBits) {
  const Table table = Clouds(800, 6, 3, 1, 2);
  const Table held_out = Clouds(200, 6, 3, 2, 2);
  const RawMap params = {
      {"rounds", Value(12)}, {"subsample", Value(0.6)}, {"early_stopping_rounds", Value(9)}};
  const auto through = Make(kType, params);
  ASSERT_TRUE(Fit(*through, table, 1, &held_out).ok());
  for (const int64_t stop : {1, 5, 11}) {
    const auto first = Make(kType, params);
    run_.on_step = [&](const LearnerStep& step) { run_.stopping = step.step == stop; };
    EXPECT_TRUE(absl::IsCancelled(Fit(*first, table, 2, &held_out)));
    run_.on_step = nullptr;
    run_.stopping = false;
    const auto rest = Make(kType, params);
    ASSERT_TRUE(rest->Restore(table.info, 6, first->Export()).ok());
    ASSERT_TRUE(Fit(*rest, table, 1, &held_out).ok());
    EXPECT_EQ(run_.steps.back().step, 12);
    EXPECT_EQ(Predict(*through, held_out), Predict(*rest, held_out)) << stop;
    EXPECT_TRUE(SameModel(*through, *rest)) << "stopped after " << stop;
  }
}

TEST_F(BoostedTest, StopsEarlyAndKeepsTheBestRounds) {
  const Table table = Clouds(200, 6, 2, 1, 3);
  const Table held_out = Clouds(200, 6, 2, 2, 3);
  const auto learner = Make(kType, {{"rounds", Value(200)}, {"early_stopping_rounds", Value(5)}});
  ASSERT_TRUE(Fit(*learner, table, 1, &held_out).ok());
  EXPECT_LT(run_.steps.size(), 200u);
  ASSERT_FALSE(run_.notes.empty());
  EXPECT_THAT(run_.notes[0], HasSubstr("stopped early"));
  const auto best = std::min_element(
      run_.steps.begin(), run_.steps.end(),
      [](const auto& a, const auto& b) { return a.validation_loss < b.validation_loss; });
  EXPECT_EQ(run_.steps.back().step - best->step, 5);
  const auto shorter = Make(kType, {{"rounds", Value(static_cast<double>(best->step))}});
  ASSERT_TRUE(Fit(*shorter, table, 1, &held_out).ok());
  EXPECT_EQ(Predict(*learner, held_out), Predict(*shorter, held_out));
}

TEST_F(BoostedTest, OneClassAndConstantFeatures) {
  Table table = ClassTable(2, 3);
  for (int i = 0; i < 20; ++i) table.Add({1, 1}, 1);
  const auto learner = Make(kType, {{"rounds", Value(5)}});
  ASSERT_TRUE(Fit(*learner, table).ok());
  EXPECT_EQ(Accuracy(*learner, table), 1);
}

TEST_F(BoostedTest, BrokenModelsAreRefused) {
  const Table table = Clouds(50, 3, 2, 1);
  const auto learner = Make(kType, {{"rounds", Value(2)}});
  ASSERT_TRUE(Fit(*learner, table).ok());
  auto tensors = learner->Export();
  tensors[0].values[5] = 0;
  tensors[0].values[8] = 1e9f;
  EXPECT_TRUE(absl::IsDataLoss(Make(kType)->Restore(table.info, 3, tensors)));
  tensors[0].values = {3, 0, 0};
  tensors[0].shape = {3};
  EXPECT_TRUE(absl::IsDataLoss(Make(kType)->Restore(table.info, 3, tensors)));
  EXPECT_THAT(Wrong(kType, {{"max_depth", Value(0)}}), HasSubstr("learner.max_depth"));
  EXPECT_THAT(Wrong(kType, {{"subsample", Value(1.5)}}), HasSubstr("learner.subsample"));
}

}  // namespace
}  // namespace trainyard::learners
