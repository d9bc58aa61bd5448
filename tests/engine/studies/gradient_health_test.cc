#include "engine/studies/gradient_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace trainyard::studies {
namespace {

using ::testing::HasSubstr;

// As Network::Health() names them: layers in order, weights with a ratio, activations with a probe.
std::vector<NamedNumber> Net(const std::vector<double>& gradients, double update_ratio,
                             const std::string& probe, double share) {
  std::vector<NamedNumber> health;
  for (size_t i = 0; i < gradients.size(); ++i) {
    const std::string layer = "dense_" + std::to_string(i + 1);
    health.push_back({layer + "/gradient_rms", gradients[i]});
    health.push_back({layer + "/update_ratio", update_ratio});
  }
  health.push_back({"activation_1/" + probe, share});
  return health;
}

TEST(GradientHealthTest, VanishingAndSaturated) {
  const auto diagnoses = DiagnoseGradients(Net({1e-8, 1e-6, 1e-5, 1e-3}, 1e-3, "saturation", 0.43));
  ASSERT_EQ(diagnoses.size(), 2u);
  EXPECT_EQ(diagnoses[0].symptom, Symptom::kVanishing);
  EXPECT_EQ(diagnoses[0].layer, "dense_1");
  EXPECT_NEAR(diagnoses[0].value, 1e-5, 1e-12);
  EXPECT_EQ(
      Describe(diagnoses),
      "dense_1's gradient is 1e-05 of dense_4's: vanishing; try relu, he initialisation or a "
      "normalisation; 43 % of activation_1's outputs are saturated; try relu, smaller initial "
      "weights or a normalisation");
}

TEST(GradientHealthTest, Exploding) {
  const auto diagnoses = DiagnoseGradients(Net({1e3, 10, 1, 0.1}, 1e-3, "dead_units", 0));
  ASSERT_EQ(diagnoses.size(), 1u);
  EXPECT_EQ(diagnoses[0].symptom, Symptom::kExploding);
  EXPECT_THAT(diagnoses[0].sentence, HasSubstr("dense_1's gradient is 10,000 times dense_4's"));
  for (double broken : {static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    const auto other = DiagnoseGradients(Net({0.1, broken, 0.1}, 1e-3, "dead_units", 0));
    ASSERT_EQ(other.size(), 1u);
    EXPECT_EQ(other[0].layer, "dense_2");
    EXPECT_THAT(other[0].sentence, HasSubstr("not finite"));
  }
}

TEST(GradientHealthTest, ALearningRateThatIsTooHigh) {
  const auto diagnoses = DiagnoseGradients(Net({0.1, 0.1}, 0.5, "dead_units", 0));
  ASSERT_EQ(diagnoses.size(), 1u);
  EXPECT_EQ(diagnoses[0].symptom, Symptom::kDiverging);
  EXPECT_THAT(diagnoses[0].sentence, HasSubstr("by 50 % of themselves"));
}

TEST(GradientHealthTest, DeadUnits) {
  const auto diagnoses = DiagnoseGradients(Net({0.1, 0.1}, 1e-3, "dead_units", 0.8));
  ASSERT_EQ(diagnoses.size(), 1u);
  EXPECT_EQ(diagnoses[0].symptom, Symptom::kDeadUnits);
  EXPECT_THAT(diagnoses[0].sentence, HasSubstr("80 % of activation_1's units are dead"));
}

TEST(GradientHealthTest, DeadUnitsPassNoGradientOn) {
  const auto diagnoses = DiagnoseGradients(Net({0, 0.1}, 1e-3, "dead_units", 1));
  ASSERT_EQ(diagnoses.size(), 1u);
  EXPECT_EQ(diagnoses[0].symptom, Symptom::kDeadUnits);
}

TEST(GradientHealthTest, SaturationAloneIsWhatSigmoidsLearn) {
  EXPECT_TRUE(DiagnoseGradients(Net({0.1, 0.1}, 1e-3, "saturation", 0.9)).empty());
  const auto diagnoses =
      DiagnoseGradients(Net({0.1, 0.1}, 1e-3, "saturation", 0.9), {.saturation_alone = 0.5});
  ASSERT_EQ(diagnoses.size(), 1u);
  EXPECT_EQ(diagnoses[0].symptom, Symptom::kSaturation);
}

TEST(GradientHealthTest, TheLargestUpdate) {
  EXPECT_EQ(LargestUpdateRatio({}), 0);
  EXPECT_EQ(LargestUpdateRatio(Net({1, 1}, 0.25, "dead_units", 0)), 0.25);
  EXPECT_TRUE(std::isinf(LargestUpdateRatio({{"a/update_ratio", 1}, {"b/update_ratio", NAN}})));
}

TEST(GradientHealthTest, NoFalseAlarm) {
  // Gradients of healthy nets differ a hundredfold between layers.
  EXPECT_TRUE(DiagnoseGradients(Net({1e-4, 3e-4, 1e-3, 1e-2}, 2e-3, "dead_units", 0.2)).empty());
  EXPECT_TRUE(DiagnoseGradients(Net({1e-2, 1e-3, 1e-3, 1e-4}, 0.03, "saturation", 0.1)).empty());
  EXPECT_TRUE(DiagnoseGradients(Net({0.1, 0.1}, 1e-3, "dead_units", 0.5)).empty());
  EXPECT_TRUE(DiagnoseGradients({}).empty());
  EXPECT_TRUE(DiagnoseGradients({{"loss", 1e9}, {"dense/other", 1e9}, {"", 0}}).empty());
  EXPECT_EQ(Describe({}), "gradients are healthy");
  // Normalisations have no ratio of weights, and gradients of another scale.
  auto health = Net({1e-3, 1e-3}, 1e-3, "dead_units", 0);
  health.insert(health.begin(), {"batch_norm_1/gradient_rms", 1e-9});
  EXPECT_TRUE(DiagnoseGradients(health).empty());
}

TEST(GradientHealthTest, TakesSeriesNames) {
  std::vector<NamedNumber> health = Net({1e-9, 1e-3}, 1e-3, "dead_units", 0);
  for (NamedNumber& number : health) number.name = "health/" + number.name;
  ASSERT_EQ(DiagnoseGradients(health).size(), 1u);
  EXPECT_EQ(DiagnoseGradients(health)[0].layer, "dense_1");
  EXPECT_TRUE(DiagnoseGradients(health, {.vanishing = 1e-7}).empty());
}

}  // namespace
}  // namespace trainyard::studies
