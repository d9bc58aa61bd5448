#include "engine/studies/label_signal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace trainyard::studies {
namespace {

using ::testing::HasSubstr;

// Ten classes of equal size, predicted equally often: chance is 0.1.
Answers Even(int64_t samples, double accuracy) {
  Answers answers;
  answers.part = "validation";
  answers.labels.assign(10, samples / 10);
  answers.predicted.assign(10, samples / 10);
  answers.correct = std::llround(accuracy * static_cast<double>(samples));
  return answers;
}

TrainingAnswers Trained(double accuracy, int64_t steps = 1000) {
  TrainingAnswers training;
  training.accuracy = accuracy;
  training.samples = 8000;
  training.steps = steps;
  return training;
}

TEST(LabelSignalTest, WhatIsKnownByHeartAndSaysNothing) {
  const auto found = JudgeLabels(Even(6000, 0.101), Trained(0.9), /*explained=*/false);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->symptom, Symptom::kNoSignal);
  EXPECT_DOUBLE_EQ(found->value, 0.101);
  EXPECT_EQ(
      found->sentence,
      "validation accuracy 0.101 is chance level for 10 classes (0.1 over 6000 samples) while "
      "training accuracy is 0.9: what is learned of the training samples says nothing about "
      "others; are the labels shuffled?");
  // Whatever else is wrong: samples that are known by heart have been learned.
  EXPECT_TRUE(JudgeLabels(Even(6000, 0.101), Trained(0.9), /*explained=*/true).has_value());
}

TEST(LabelSignalTest, WhatCannotBeLearnedEither) {
  const auto found = JudgeLabels(Even(6000, 0.1), Trained(0.104), /*explained=*/false);
  ASSERT_TRUE(found.has_value());
  EXPECT_THAT(found->sentence, HasSubstr("and so is training accuracy, 0.104"));
  // Vanishing gradients, dead units or a wild learning rate leave a net at chance as well.
  EXPECT_FALSE(JudgeLabels(Even(6000, 0.1), Trained(0.104), /*explained=*/true).has_value());
  EXPECT_FALSE(JudgeLabels(Even(6000, 0.1), Trained(0.104, 50), false).has_value())
      << "after 50 steps";
  EXPECT_THAT(JudgeLabels(Even(6000, 0.1), {}, false)->sentence,
              HasSubstr("nothing of what was learned holds for samples that were not seen"));
}

// 0.1 + 2.576 sqrt(0.09 / 6000) = 0.10998.
TEST(LabelSignalTest, TheBoundIsThatOfTheBinomialTest) {
  EXPECT_TRUE(JudgeLabels(Even(6000, 0.1099), Trained(0.9), false).has_value());
  EXPECT_FALSE(JudgeLabels(Even(6000, 0.1101), Trained(0.9), false).has_value());
  EXPECT_FALSE(JudgeLabels(Even(6000, 0.83), Trained(0.9), false).has_value());
}

// 2.576 sqrt(0.09 / 200) = 0.055 is above the resolution of 0.05, of 250 samples it is 0.049.
// Trained on shuffled labels and judged by right ones: two of ten classes are called right by lot.
TEST(LabelSignalTest, TheFirstEpochTellsOfShuffledTrainingLabels) {
  TrainingAnswers training = Trained(0.13);
  training.first_accuracy = 0.103;
  training.first_samples = 8000;
  const auto found = JudgeLabels(Even(6000, 0.2), training, /*explained=*/false);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(
      found->sentence,
      "training accuracy 0.103 over the first 8000 samples is chance level for 10 classes, and "
      "validation accuracy ends at 0.2, while gradients are healthy: inputs say nothing about "
      "labels, or the learning rate is too low; are the labels shuffled?");
  EXPECT_FALSE(JudgeLabels(Even(6000, 0.2), training, /*explained=*/true).has_value());
  EXPECT_FALSE(JudgeLabels(Even(6000, 0.33), training, false).has_value()) << "it has learned";
  // 0.1 + 2.576 sqrt(0.09 / 8000) = 0.1086.
  training.first_accuracy = 0.109;
  EXPECT_FALSE(JudgeLabels(Even(6000, 0.2), training, false).has_value());
}

// Two classes whose best classifier has 0.62, after an epoch in which nothing was learned.
TEST(LabelSignalTest, AWeakSignalOfTwoClassesIsNone) {
  TrainingAnswers training = Trained(0.55);
  training.first_accuracy = 0.48;
  training.first_samples = 4800;
  Answers answers{"validation", {800, 800}, {800, 800}, 935};
  EXPECT_FALSE(JudgeLabels(answers, training, /*explained=*/false).has_value());
  answers.correct = 800;  // at chance it is told
  EXPECT_TRUE(JudgeLabels(answers, training, /*explained=*/false).has_value());
}

TEST(LabelSignalTest, FewSamplesSayNothing) {
  EXPECT_FALSE(JudgeLabels(Even(200, 0.1), Trained(0.9), false).has_value());
  EXPECT_TRUE(JudgeLabels(Even(250, 0.1), Trained(0.9), false).has_value());
  EXPECT_FALSE(JudgeLabels(Even(0, 0), Trained(0.9), false).has_value());
}

TEST(LabelSignalTest, ChanceIsThatOfTheClassesAsTheyArePredicted) {
  // Nine of ten are of class 0, and predicted so eight times of ten: 0.8 x 0.9 + 0.2 x 0.1 = 0.74.
  Answers answers{"test", {8000, 2000}, {9000, 1000}, 7400};
  EXPECT_TRUE(JudgeLabels(answers, Trained(0.95), false).has_value());
  answers.correct = 7600;
  EXPECT_FALSE(JudgeLabels(answers, Trained(0.95), false).has_value());
}

TEST(LabelSignalTest, AConstantAnswerToARareClassIsNoAlarm) {
  const Answers rare{"test", {10000, 0}, {9500, 500}, 9500};
  EXPECT_FALSE(JudgeLabels(rare, Trained(0.95), false).has_value());
  const Answers even{"test", {10000, 0}, {5000, 5000}, 5000};
  EXPECT_TRUE(JudgeLabels(even, Trained(0.5), false).has_value());
}

}  // namespace
}  // namespace trainyard::studies
