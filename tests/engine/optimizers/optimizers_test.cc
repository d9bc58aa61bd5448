// Every optimizer against a scalar reference in doubles, written from PyTorch's documentation.
#include "engine/optimizers/optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "engine/base/philox.h"
#include "tests/engine/component.h"
#include "tests/engine/normal.h"

namespace trainyard {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

constexpr int kSteps = 20;

// One weight in doubles.
struct Scalar {
  double weight = 0;
  double first = 0;
  double second = 0;
};
// step, learning rate, gradient.
using Reference = std::function<void(Scalar&, int, double, double)>;

Reference Sgd(double decay) {
  return [=](Scalar& s, int, double rate, double g) { s.weight -= rate * (g + decay * s.weight); };
}
Reference Momentum(double momentum, double decay, bool nesterov) {
  return [=](Scalar& s, int, double rate, double g) {
    g += decay * s.weight;
    s.first = momentum * s.first + g;
    s.weight -= rate * (nesterov ? g + momentum * s.first : s.first);
  };
}
Reference Adam(double beta1, double beta2, double epsilon, double decay, bool decoupled) {
  return [=](Scalar& s, int step, double rate, double g) {
    if (decoupled) {
      s.weight *= 1 - rate * decay;
    } else {
      g += decay * s.weight;
    }
    s.first = beta1 * s.first + (1 - beta1) * g;
    s.second = beta2 * s.second + (1 - beta2) * g * g;
    const double mean = s.first / (1 - std::pow(beta1, step));
    const double square = s.second / (1 - std::pow(beta2, step));
    s.weight -= rate * mean / (std::sqrt(square) + epsilon);
  };
}
Reference Rmsprop(double alpha, double epsilon, double decay, double momentum) {
  return [=](Scalar& s, int, double rate, double g) {
    g += decay * s.weight;
    s.first = alpha * s.first + (1 - alpha) * g * g;
    s.second = momentum * s.second + g / (std::sqrt(s.first) + epsilon);
    s.weight -= rate * s.second;
  };
}

RawMap Numbers(const std::vector<std::pair<std::string, double>>& numbers) {
  RawMap params;
  for (const auto& [name, value] : numbers) params[name] = RawValue{value};
  return params;
}

struct Case {
  std::string name;
  std::string type;
  RawMap params;
  double learning_rate;
  Reference reference;
};

std::vector<Case> Cases() {
  return {
      {"Sgd", "sgd", {}, 0.01, Sgd(0)},
      {"SgdDecay", "sgd", Numbers({{"learning_rate", 0.5}, {"weight_decay", 0.1}}), 0.5, Sgd(0.1)},
      {"Momentum", "momentum", {}, 0.01, Momentum(0.9, 0, false)},
      {"MomentumDecay", "momentum",
       Numbers({{"momentum", 0.5}, {"weight_decay", 0.1}, {"learning_rate", 0.2}}), 0.2,
       Momentum(0.5, 0.1, false)},
      {"Nesterov", "nesterov", {}, 0.01, Momentum(0.9, 0, true)},
      {"NesterovDecay", "nesterov", Numbers({{"momentum", 0.5}, {"weight_decay", 0.1}}), 0.01,
       Momentum(0.5, 0.1, true)},
      {"Adam", "adam", {}, 0.001, Adam(0.9, 0.999, 1e-8, 0, false)},
      {"AdamDecay", "adam",
       Numbers({{"beta1", 0.8},
                {"beta2", 0.9},
                {"epsilon", 1e-3},
                {"weight_decay", 0.1},
                {"learning_rate", 0.1}}),
       0.1, Adam(0.8, 0.9, 1e-3, 0.1, false)},
      {"AdamWithoutMeans", "adam", Numbers({{"beta1", 0}, {"beta2", 0}}), 0.001,
       Adam(0, 0, 1e-8, 0, false)},
      {"Adamw", "adamw", {}, 0.001, Adam(0.9, 0.999, 1e-8, 0.01, true)},
      {"AdamwDecay", "adamw", Numbers({{"weight_decay", 0.5}, {"learning_rate", 0.1}}), 0.1,
       Adam(0.9, 0.999, 1e-8, 0.5, true)},
      {"Rmsprop", "rmsprop", {}, 0.01, Rmsprop(0.99, 1e-8, 0, 0)},
      {"RmspropMomentum", "rmsprop",
       Numbers({{"momentum", 0.9}, {"alpha", 0.9}, {"weight_decay", 0.1}}), 0.01,
       Rmsprop(0.9, 1e-8, 0.1, 0.9)},
  };
}

std::unique_ptr<Optimizer> Make(const std::string& type, RawMap params = {}) {
  return MakeOne(optimizers::MakeCatalog(), type, std::move(params));
}

// Weights with their gradients and state.
struct Arena {
  explicit Arena(int64_t count) : weights(count), gradients(count), first(count), second(count) {
    const RandomStream stream(3, RandomPurpose::kSynthetic);
    for (int64_t i = 0; i < count; ++i) weights[i] = static_cast<float>(Normal(stream, 0, i));
  }
  void DrawGradients(int step) {
    const RandomStream stream(4, RandomPurpose::kSynthetic);
    // Sizes from 1e-4 to 1e2.
    for (size_t i = 0; i < gradients.size(); ++i) {
      gradients[i] =
          static_cast<float>(Normal(stream, step, i) * std::pow(10.0, static_cast<int>(i % 7) - 4));
    }
  }
  UpdateRange range(int64_t begin, int64_t end, bool decay = true) {
    return {end - begin,
            weights.data() + begin,
            gradients.data() + begin,
            {first.data() + begin, second.data() + begin},
            decay};
  }
  UpdateRange all(bool decay = true) {
    return range(0, static_cast<int64_t>(weights.size()), decay);
  }

  std::vector<float> weights, gradients, first, second;
};

class OptimizerTest : public ::testing::TestWithParam<Case> {};

TEST_P(OptimizerTest, FollowsTheReference) {
  const auto optimizer = Make(GetParam().type, GetParam().params);
  EXPECT_EQ(optimizer->learning_rate(), GetParam().learning_rate);
  Arena arena(23);
  std::vector<Scalar> expected(arena.weights.size());
  for (size_t i = 0; i < expected.size(); ++i) expected[i].weight = arena.weights[i];
  for (int step = 1; step <= kSteps; ++step) {
    // As a schedule would change it.
    const double rate = GetParam().learning_rate / step;
    arena.DrawGradients(step);
    optimizer->Update(arena.all(), {step, rate, -1});
    for (size_t i = 0; i < expected.size(); ++i) {
      GetParam().reference(expected[i], step, rate, arena.gradients[i]);
      ASSERT_NEAR(arena.weights[i], expected[i].weight, 2e-5 * (1 + std::abs(expected[i].weight)))
          << "step " << step << ", weight " << i;
    }
  }
}

TEST_P(OptimizerTest, TheCutIntoRangesDoesNotChangeTheBits) {
  const auto optimizer = Make(GetParam().type, GetParam().params);
  Arena whole(37);
  Arena cut(37);
  for (int step = 1; step <= 3; ++step) {
    const StepScalars scalars{step, 0.01, -1};
    whole.DrawGradients(step);
    cut.DrawGradients(step);
    optimizer->Update(whole.all(), scalars);
    optimizer->Update(cut.range(21, 37), scalars);
    optimizer->Update(cut.range(0, 1), scalars);
    optimizer->Update(cut.range(1, 21), scalars);
  }
  EXPECT_EQ(whole.weights, cut.weights);
  EXPECT_EQ(whole.first, cut.first);
  EXPECT_EQ(whole.second, cut.second);
}

TEST_P(OptimizerTest, PaddingStaysZero) {
  const auto optimizer = Make(GetParam().type, GetParam().params);
  Arena arena(17);
  std::fill(arena.weights.begin(), arena.weights.end(), 0.0f);
  for (int step = 1; step <= 3; ++step) optimizer->Update(arena.all(), {step, 0.1, -1});
  EXPECT_THAT(arena.weights, Each(0.0f));
  EXPECT_THAT(arena.first, Each(0.0f));
  EXPECT_THAT(arena.second, Each(0.0f));
}

TEST_P(OptimizerTest, NamesAsManySlotsAsItUses) {
  const auto optimizer = Make(GetParam().type, GetParam().params);
  ASSERT_LE(optimizer->slots().size(), static_cast<size_t>(kMaxOptimizerSlots));
  Arena arena(5);
  arena.DrawGradients(1);
  UpdateRange range = arena.all();
  // A slot that is not named is not there.
  for (size_t i = optimizer->slots().size(); i < kMaxOptimizerSlots; ++i) range.slots[i] = nullptr;
  optimizer->Update(range, {1, 0.1, -1});
  EXPECT_EQ(arena.first != std::vector<float>(5), !optimizer->slots().empty());
}

TEST_P(OptimizerTest, NanInTheGradientReachesTheWeightAndNoOther) {
  const auto optimizer = Make(GetParam().type, GetParam().params);
  Arena arena(9);
  arena.DrawGradients(1);
  arena.gradients[4] = std::nanf("");
  optimizer->Update(arena.all(), {1, 0.1, -1});
  for (size_t i = 0; i < arena.weights.size(); ++i) EXPECT_EQ(std::isnan(arena.weights[i]), i == 4);
}

TEST_P(OptimizerTest, TakesAnEmptyRange) {
  Make(GetParam().type, GetParam().params)->Update(UpdateRange(), {1, 0.1, -1});
}

INSTANTIATE_TEST_SUITE_P(All, OptimizerTest, ::testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.name; });

class DecayTest : public ::testing::TestWithParam<const char*> {};

TEST_P(DecayTest, ReachesBiasesUnlessTheyAreExcluded) {
  RawMap params = Numbers({{"weight_decay", 0.5}, {"learning_rate", 0.1}});
  const auto all = Make(GetParam(), params);
  params["decay_biases"] = RawValue{false};
  const auto weights_only = Make(GetParam(), params);
  params["weight_decay"] = RawValue{0.0};
  const auto none = Make(GetParam(), params);

  const auto updated = [](const Optimizer& optimizer, bool decay) {
    Arena arena(6);
    arena.DrawGradients(1);
    optimizer.Update(arena.all(decay), {1, 0.1, -1});
    return arena.weights;
  };
  EXPECT_EQ(updated(*all, false), updated(*all, true));
  EXPECT_EQ(updated(*weights_only, true), updated(*all, true));
  EXPECT_EQ(updated(*weights_only, false), updated(*none, true));
  EXPECT_NE(updated(*all, true), updated(*none, true));
}

INSTANTIATE_TEST_SUITE_P(Types, DecayTest,
                         ::testing::Values("sgd", "momentum", "nesterov", "adam", "adamw",
                                           "rmsprop"));

// With a momentum from the schedule, an optimizer does what one of that momentum does.
TEST(ScheduledMomentumTest, TakesThePlaceOfTheOptimizersOwn) {
  const auto updated = [](const Optimizer& optimizer, double momentum) {
    Arena arena(6);
    for (int step = 1; step <= 2; ++step) {
      arena.DrawGradients(step);
      optimizer.Update(arena.all(), {step, 0.1, momentum});
    }
    return arena.weights;
  };
  for (const auto& [type, name] :
       std::vector<std::pair<std::string, std::string>>{{"momentum", "momentum"},
                                                        {"nesterov", "momentum"},
                                                        {"adam", "beta1"},
                                                        {"adamw", "beta1"}}) {
    EXPECT_EQ(updated(*Make(type), 0.5), updated(*Make(type, Numbers({{name, 0.5}})), -1)) << type;
    EXPECT_NE(updated(*Make(type), 0.5), updated(*Make(type), -1)) << type;
  }
  EXPECT_EQ(updated(*Make("sgd"), 0.5), updated(*Make("sgd"), -1));
  EXPECT_EQ(updated(*Make("rmsprop"), 0.5), updated(*Make("rmsprop"), -1));
  EXPECT_EQ(updated(*Make("rmsprop", Numbers({{"momentum", 0.9}})), 0.5),
            updated(*Make("rmsprop", Numbers({{"momentum", 0.5}})), -1));
}

// The first step of Adam has the length of the learning rate, whatever the gradient.
TEST(AdamTest, FirstStepByHand) {
  Arena arena(2);
  arena.weights = {1.0f, 1.0f};
  arena.gradients = {1e-3f, -1e3f};
  Make("adam")->Update(arena.all(), {1, 0.25, -1});
  EXPECT_NEAR(arena.weights[0], 0.75, 1e-5);
  EXPECT_NEAR(arena.weights[1], 1.25, 1e-5);
}

TEST(AdamTest, StepsOfAnyNumberStayFinite) {
  Arena arena(2);
  arena.DrawGradients(1);
  Make("adam")->Update(arena.all(), {int64_t{1} << 60, 0.001, -1});
  for (float weight : arena.weights) EXPECT_TRUE(std::isfinite(weight));
}

// w = 1, g = 0.5: 1 - 0.1 * (0.5 + 0.5 * 1).
TEST(SgdTest, DecayByHand) {
  Arena arena(1);
  arena.weights = {1.0f};
  arena.gradients = {0.5f};
  Make("sgd", Numbers({{"weight_decay", 0.5}}))->Update(arena.all(), {1, 0.1, -1});
  EXPECT_FLOAT_EQ(arena.weights[0], 0.9f);
}

TEST(OptimizersTest, RefuseWrongParameters) {
  const auto catalog = optimizers::MakeCatalog();
  for (const std::string& type : catalog.types()) {
    EXPECT_THAT(ViolationsOf(catalog, type, Numbers({{"learning_rate", 0}})),
                ElementsAre("it.learning_rate: expected number in (0, 1000000], got 0"));
    EXPECT_THAT(ViolationsOf(catalog, type, Numbers({{"learning_rate", std::nan("")}})),
                ElementsAre("it.learning_rate: expected number in (0, 1000000], got nan"));
    EXPECT_THAT(ViolationsOf(catalog, type, Numbers({{"weight_decay", -1}})),
                ElementsAre("it.weight_decay: expected number in [0, 1000000], got -1"));
  }
  EXPECT_THAT(ViolationsOf(catalog, "momentum", Numbers({{"momentum", 1}})),
              ElementsAre("it.momentum: expected number in [0, 1), got 1"));
  EXPECT_THAT(ViolationsOf(catalog, "adam", Numbers({{"beta2", 1.5}})),
              ElementsAre("it.beta2: expected number in [0, 1), got 1.5"));
  // Below the range of floats an epsilon would be none: 0 / 0 in padding.
  EXPECT_THAT(ViolationsOf(catalog, "adam", Numbers({{"epsilon", 1e-50}})),
              ElementsAre("it.epsilon: expected number in [1e-30, 1], got 1e-50"));
}

TEST(OptimizersTest, SgdHasNoMomentum) {
  EXPECT_THAT(
      ViolationsOf(optimizers::MakeCatalog(), "sgd", Numbers({{"momentum", 0.9}})),
      ElementsAre(
          "it.momentum: unknown field of sgd; known: learning_rate, weight_decay, decay_biases"));
}

}  // namespace
}  // namespace trainyard
