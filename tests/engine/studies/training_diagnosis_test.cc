#include "engine/studies/training_diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace trainyard::studies {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr double kRate = 0.1;

// Two layers with weights and an activation between them.
std::vector<NamedNumber> Health(double first, double last, double update_ratio,
                                const std::string& probe = "dead_units", double share = 0) {
  return {{"dense_1/gradient_rms", first},
          {"dense_1/update_ratio", update_ratio},
          {"act_2/" + probe, share},
          {"dense_3/gradient_rms", last},
          {"dense_3/update_ratio", 1e-3}};
}
std::vector<NamedNumber> Healthy() { return Health(0.01, 0.02, 1e-3); }

class TrainingDiagnosisTest : public ::testing::Test {
 protected:
  // Tells steps 1, 2, ... until one is answered; what was said, "" where nothing was.
  std::string Steps(const std::vector<double>& losses) {
    for (const double loss : losses) {
      const auto found = diagnosis_.OnStep(++step_, loss, samples_, kRate);
      if (!found.empty()) return found[0].sentence;
    }
    return "";
  }
  std::string Measure(int64_t step, const std::vector<NamedNumber>& health) {
    const auto found = diagnosis_.OnHealth(step, health, kRate);
    return found.empty() ? "" : found[0].sentence;
  }
  std::vector<Diagnosis> End() { return diagnosis_.AtTheEnd(std::nullopt, {}); }

  TrainingDiagnosis diagnosis_{10};
  int64_t step_ = 0;
  int64_t samples_ = 32;  // of a step
};

TEST_F(TrainingDiagnosisTest, SaysNothingOfAHealthyRun) {
  for (int64_t step : {1, 31, 100, 200}) EXPECT_EQ(Measure(step, Healthy()), "");
  EXPECT_EQ(Steps({3.5, 2.4, 2.0, 4.8, 1.5, 1.0, 0.9, 0.8, 0.7, 6, 0.7, 0.7, 0.7}), "");
  EXPECT_THAT(End(), IsEmpty());
}

TEST_F(TrainingDiagnosisTest, WhatIsWrongFromTheStartIsSaidAtOnceAndOnce) {
  const auto sick = Health(1e-8, 1e-2, 1e-3, "saturation", 0.43);
  const auto found = diagnosis_.OnHealth(1, sick, kRate);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_THAT(found[0].sentence, HasSubstr("dense_1's gradient is 1e-06 of dense_3's: vanishing"));
  EXPECT_THAT(found[1].sentence, HasSubstr("43 % of act_2's outputs are saturated"));
  EXPECT_EQ(Measure(31, sick), "");
  EXPECT_EQ(Measure(100, sick), "");
  EXPECT_THAT(End(), IsEmpty());
}

// Guessing has ln 10 = 2.303.
TEST_F(TrainingDiagnosisTest, AFirstLossFarAboveGuessingIsABadStart) {
  EXPECT_THAT(Steps({231}), HasSubstr("the first loss is 231 where guessing has 2.303: weights or "
                                      "inputs begin far too large; try he or glorot"));
  EXPECT_EQ(Steps({231, 230, 229, 228}), "");
  TrainingDiagnosis regression(0);
  EXPECT_THAT(regression.OnStep(1, 1e6, 32, kRate), IsEmpty());
}

TEST_F(TrainingDiagnosisTest, AFirstLossOfManyTimesGuessingIsNone) { EXPECT_EQ(Steps({230}), ""); }

TEST_F(TrainingDiagnosisTest, WhatComesLaterIsSaidWhenItStays) {
  const auto dead = Health(0.01, 0.02, 1e-3, "dead_units", 0.9);
  EXPECT_EQ(Measure(1, Healthy()), "");
  EXPECT_EQ(Measure(31, dead), "");
  EXPECT_EQ(Measure(100, Healthy()), "") << "it came and went";
  EXPECT_EQ(Measure(200, dead), "");
  EXPECT_THAT(Measure(300, dead), HasSubstr("90 % of act_2's units are dead"));
}

TEST_F(TrainingDiagnosisTest, WhatWasSeenLastCountsAtTheEnd) {
  EXPECT_EQ(Measure(200, Health(0.01, 0.02, 1e-3, "dead_units", 0.9)), "");
  const auto found = End();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].symptom, Symptom::kDeadUnits);
}

TEST_F(TrainingDiagnosisTest, DeadUnitsAreTheCauseOfVanishingGradients) {
  EXPECT_THAT(Measure(1, Health(0, 0.02, 0, "dead_units", 1)), HasSubstr("100 % of act_2's units"));
  EXPECT_EQ(Measure(31, Health(0, 0.02, 0, "dead_units", 0.2)), "");
  EXPECT_EQ(Measure(61, Health(0, 0.02, 0, "dead_units", 0.2)), "");
}

// Guessing among ten classes has a loss of 2.303.
TEST_F(TrainingDiagnosisTest, ALossThatRisesFivefoldHasTooHighARate) {
  EXPECT_EQ(Steps({2.0, 11, 11, 11, 11}), "") << "11 is below 5 x 2.303";
  EXPECT_THAT(Steps({12, 12, 12, 12}),
              HasSubstr("the loss went from 2 to 12 by step 9: the learning rate 0.1 is too high; "
                        "try 0.01 or less"));
  EXPECT_EQ(Steps({50, 50, 50, 50}), "") << "said once";
}

TEST_F(TrainingDiagnosisTest, AnEnormousFirstStepAfterWhichTheLossRises) {
  EXPECT_EQ(Measure(1, Health(0.01, 0.02, 2)), "") << "the first step alone says nothing";
  EXPECT_THAT(Steps({2.5, 3.5, 4, 3.5, 3}), HasSubstr("moved weights by 200 % of themselves"));
}

TEST_F(TrainingDiagnosisTest, AnEnormousFirstStepThatHelps) {
  EXPECT_EQ(Measure(1, Health(0.01, 0.02, 2)), "");
  EXPECT_EQ(Steps({2.5, 2.5, 2.5, 2.4, 2.2, 2, 2, 2, 2}), "");
}

TEST_F(TrainingDiagnosisTest, LaterStepsOfAThirdOfTheWeights) {
  EXPECT_EQ(Measure(31, Health(0.01, 0.02, 0.4)), "");
  EXPECT_THAT(Measure(100, Health(0.01, 0.02, 0.4)),
              HasSubstr("a step moves dense_1's weights by 40 % of themselves: the learning rate "
                        "0.1 is too high"));
}

TEST_F(TrainingDiagnosisTest, ALossThatIsNoNumber) {
  for (const double loss : {static_cast<double>(NAN), std::numeric_limits<double>::infinity()}) {
    TrainingDiagnosis diagnosis(0);
    const auto found = diagnosis.OnStep(7, loss, 32, kRate);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].symptom, Symptom::kDiverging);
    EXPECT_THAT(found[0].sentence, HasSubstr("at step 7, diverged: the learning rate 0.1"));
  }
}

TEST_F(TrainingDiagnosisTest, WhatFollowsFromTheRateIsNoCauseOfItsOwn) {
  EXPECT_NE(Steps({2.3, 90, 90, 90, 90}), "");
  const auto after = Health(1e-9, 0.02, 1e-3, "saturation", 1);
  EXPECT_EQ(Measure(31, after), "");
  EXPECT_EQ(Measure(100, after), "");
}

// It went on from a checkpoint: what the loss was at first is not known.
TEST_F(TrainingDiagnosisTest, WithoutAFirstStep) {
  step_ = 500;
  EXPECT_EQ(Steps({50, 50, 50, 50, 50, 50, 50, 50}), "");
  EXPECT_EQ(Measure(550, Healthy()), "");
}

TEST_F(TrainingDiagnosisTest, OneOddSampleIsNoRise) {
  samples_ = 1;
  std::vector<double> losses(300, 1.0);
  for (const size_t odd : {40, 41, 42, 43}) losses[odd] = 60;
  EXPECT_EQ(Steps(losses), "") << "four of a hundred samples";
}

TEST_F(TrainingDiagnosisTest, LossesOfRegressionsHaveUnitsOfTheirOwn) {
  TrainingDiagnosis diagnosis(0);
  int64_t step = 0;
  const auto alarms = [&](double loss) {
    size_t found = 0;
    for (int i = 0; i < 4; ++i) found += diagnosis.OnStep(++step, loss, 32, kRate).size();
    return found;
  };
  EXPECT_THAT(diagnosis.OnStep(++step, 0.001, 32, kRate), IsEmpty());
  EXPECT_EQ(alarms(0.15), 0u) << "of the first samples little is known";
  EXPECT_EQ(alarms(2.9), 0u) << "below 20 x 0.15";
  EXPECT_EQ(alarms(3.1), 1u);
}

TEST_F(TrainingDiagnosisTest, ShuffledLabelsAreNamedAtTheEnd) {
  Answers answers;
  answers.part = "validation";
  answers.labels.assign(10, 600);
  answers.predicted.assign(10, 600);
  answers.correct = 600;
  TrainingAnswers training;
  training.accuracy = 0.1;
  training.samples = 8000;
  training.steps = 1000;
  EXPECT_EQ(Measure(1, Healthy()), "");
  const auto found = diagnosis_.AtTheEnd(answers, training);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].sentence, HasSubstr("are the labels shuffled?"));

  TrainingDiagnosis stuck(10);
  stuck.OnHealth(1, Health(1e-9, 0.02, 1e-3), kRate);
  EXPECT_THAT(stuck.AtTheEnd(answers, training), IsEmpty()) << "its gradients vanish";
  TrainingDiagnosis still(10);
  still.OnHealth(1, {{"dense_1/gradient_rms", 0.1}, {"dense_1/update_ratio", 1e-6}}, kRate);
  EXPECT_THAT(still.AtTheEnd(answers, training), IsEmpty()) << "it hardly moves";
}

}  // namespace
}  // namespace trainyard::studies
