// Layers of sequences, against numbers worked by hand and a slow attention in double.
#include <gmock/gmock.h>

#include <cmath>

#include "engine/base/philox.h"
#include "tests/engine/layers/small_model.h"
#include "tests/engine/normal.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::Pointwise;

TEST(Embedding, LooksUpEachId) {
  SmallModel model({{{"embedding", {{"vocabulary", Of(3)}, {"features", Of(2)}}}, "e", {}}},
                   Shape{4});
  EXPECT_EQ(model.output(), (Shape{4, 2}));
  const std::vector<NamedTensor> weights = {{"e.weight", {3, 2}, {1, 2, 3, 4, 5, 6}}};
  EXPECT_THAT(model.Infer(weights, {2, 0, 2, 1}), ElementsAre(5, 6, 1, 2, 5, 6, 3, 4));
}

TEST(Embedding, ReadsNothingBeyondItsRows) {
  SmallModel model({{{"embedding", {{"vocabulary", Of(3)}, {"features", Of(1)}}}, "e", {}}},
                   Shape{4});
  const std::vector<NamedTensor> weights = {{"e.weight", {3, 1}, {7, 8, 9}}};
  EXPECT_THAT(model.Infer(weights, {3, -1, 1e30f, std::nanf("")}), ElementsAre(7, 7, 7, 7));
}

TEST(PositionalEmbedding, AddsAVectorToEachPosition) {
  SmallModel model({{{"positional_embedding", {}}, "p", {}}}, Shape{2, 2});
  const std::vector<NamedTensor> weights = {{"p.weight", {2, 2}, {1, 2, 3, 4}}};
  EXPECT_THAT(model.Infer(weights, {10, 10, 10, 10, 20, 20, 20, 20}),
              ElementsAre(11, 12, 13, 14, 21, 22, 23, 24));
}

// Of (1, 2, 3) the mean is 2 and the variance 2/3; of equal features nothing is left but the shift.
TEST(LayerNorm, ByHand) {
  SmallModel model({{{"layer_norm", {{"epsilon", Of(1e-12)}}}, "n", {}}}, Shape{2, 3});
  const std::vector<NamedTensor> weights = {{"n.scale", {3}, {1, 1, 2}},
                                            {"n.shift", {3}, {0, 5, 1}}};
  const float end = std::sqrt(1.5f);
  EXPECT_THAT(model.Infer(weights, {1, 2, 3, 4, 4, 4}),
              Pointwise(FloatNear(1e-6f), {-end, 5.0f, 2 * end + 1, 0.0f, 5.0f, 1.0f}));
}

TEST(Dense, MapsEachPosition) {
  SmallModel model({{{"dense", {{"units", Of(1)}}}, "d", {}}}, Shape{3, 2});
  EXPECT_EQ(model.output(), (Shape{3, 1}));
  const std::vector<NamedTensor> weights = {{"d.weight", {1, 2}, {1, 10}}, {"d.bias", {1}, {0.5}}};
  EXPECT_THAT(model.Infer(weights, {1, 2, 3, 4, 5, 6}), ElementsAre(21.5, 43.5, 65.5));
}

// Attention as its formula says, one number after another.
struct SlowAttention {
  int64_t positions, features, heads;
  bool causal;

  using Numbers = std::vector<double>;

  // y [positions, units] = x [positions, features] * weight^T + bias.
  Numbers Project(const double* x, const Numbers& weight, const Numbers& bias) const {
    const int64_t units = std::ssize(bias);
    Numbers y(static_cast<size_t>(positions * units));
    for (int64_t t = 0; t < positions; ++t) {
      for (int64_t u = 0; u < units; ++u) {
        y[t * units + u] = bias[u];
        for (int64_t f = 0; f < features; ++f)
          y[t * units + u] += x[t * features + f] * weight[u * features + f];
      }
    }
    return y;
  }

  // parameters: in_weight, in_bias, out_weight, out_bias; x [positions, features].
  Numbers Run(const std::vector<Numbers>& parameters, const double* x) const {
    const int64_t size = features / heads;
    const Numbers projected = Project(x, parameters[0], parameters[1]);
    const auto at = [&](int64_t t, int part, int64_t column) {
      return projected[t * 3 * features + part * features + column];
    };
    Numbers context(static_cast<size_t>(positions * features));
    for (int64_t head = 0; head < heads; ++head) {
      for (int64_t t = 0; t < positions; ++t) {
        const int64_t seen = causal ? t + 1 : positions;
        Numbers p(static_cast<size_t>(seen));
        double sum = 0;
        for (int64_t s = 0; s < seen; ++s) {
          double score = 0;
          for (int64_t c = head * size; c < (head + 1) * size; ++c)
            score += at(t, 0, c) * at(s, 1, c);
          p[s] = std::exp(score / std::sqrt(static_cast<double>(size)));
          sum += p[s];
        }
        for (int64_t c = head * size; c < (head + 1) * size; ++c) {
          for (int64_t s = 0; s < seen; ++s) context[t * features + c] += p[s] / sum * at(s, 2, c);
        }
      }
    }
    return Project(context.data(), parameters[2], parameters[3]);
  }
};

// More positions than a block of queries has, and no multiple of it.
class SelfAttentionTest : public ::testing::TestWithParam<bool> {
 protected:
  static constexpr int64_t kPositions = 70;
  static constexpr int64_t kFeatures = 6;
  static constexpr int64_t kSamples = 2;

  static std::vector<float> Draw(int64_t count, uint32_t item, double scale) {
    const RandomStream stream(1, RandomPurpose::kSynthetic, item);
    std::vector<float> values;
    for (int64_t i = 0; i < count; ++i)
      values.push_back(static_cast<float>(scale * Normal(stream, 0, static_cast<uint64_t>(i))));
    return values;
  }

  std::vector<SlowAttention::Numbers> Exact() const {
    std::vector<SlowAttention::Numbers> exact;
    for (const NamedTensor& tensor : weights_)
      exact.emplace_back(tensor.values.begin(), tensor.values.end());
    return exact;
  }
  SlowAttention::Numbers RunSlowly(const std::vector<SlowAttention::Numbers>& parameters) const {
    const SlowAttention slow = {kPositions, kFeatures, 2, GetParam()};
    const SlowAttention::Numbers x(samples_.begin(), samples_.end());
    SlowAttention::Numbers all;
    for (int64_t sample = 0; sample < kSamples; ++sample) {
      const auto y = slow.Run(parameters, x.data() + sample * kPositions * kFeatures);
      all.insert(all.end(), y.begin(), y.end());
    }
    return all;
  }

  SmallModel model_{{{{"self_attention", {{"heads", Of(2)}, {"causal", {GetParam()}}}}, "a", {}}},
                    Shape{kPositions, kFeatures}};
  const std::vector<float> samples_ = Draw(kSamples * kPositions * kFeatures, 1, 1);
  const std::vector<NamedTensor> weights_ = {{"a.in_weight", {18, 6}, Draw(108, 2, 0.7)},
                                             {"a.in_bias", {18}, Draw(18, 3, 0.5)},
                                             {"a.out_weight", {6, 6}, Draw(36, 4, 0.7)},
                                             {"a.out_bias", {6}, Draw(6, 5, 0.5)}};
};

TEST_P(SelfAttentionTest, IsWhatItsFormulaSays) {
  const SlowAttention::Numbers expected = RunSlowly(Exact());
  const std::vector<float> outputs = model_.Infer(weights_, samples_);
  ASSERT_EQ(outputs.size(), expected.size());
  for (size_t i = 0; i < outputs.size(); ++i) EXPECT_NEAR(outputs[i], expected[i], 2e-5) << i;
}

// Every entry of every gradient, by central differences of the slow one.
TEST_P(SelfAttentionTest, HasItsFormulasGradients) {
  const auto network = model_.ForTraining(kSamples);
  ASSERT_TRUE(network->Import(weights_, /*slots=*/false).ok());
  const HandFeed feed(samples_, kPositions * kFeatures, kPositions * kFeatures, /*target=*/1);
  StepScalars scalars;
  scalars.learning_rate = 1;  // plain descent: the gradient is what the step takes away
  network->TrainStep(feed, kSamples, StepContext(), scalars);
  const auto loss = [&](const std::vector<SlowAttention::Numbers>& parameters) {
    double sum = 0;
    const SlowAttention::Numbers outputs = RunSlowly(parameters);
    for (double y : outputs) sum += (y - 1) * (y - 1);
    return sum / static_cast<double>(outputs.size());
  };
  constexpr double kStep = 1e-5;
  for (size_t t = 0; t < weights_.size(); ++t) {
    const std::vector<float> after = SmallModel::ValuesOf(*network, weights_[t].name);
    for (size_t i = 0; i < after.size(); ++i) {
      auto more = Exact(), less = Exact();
      more[t][i] += kStep;
      less[t][i] -= kStep;
      const double expected = (loss(more) - loss(less)) / (2 * kStep);
      EXPECT_NEAR(weights_[t].values[i] - after[i], expected, 2e-5) << weights_[t].name << " " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Causal, SelfAttentionTest, ::testing::Bool());

TEST(SelfAttention, HeadsMustDivideTheFeatures) {
  const Catalogs catalogs;
  Violations violations;
  Graph::Build({{{"self_attention", {{"heads", Of(4)}}}, "", {}}}, {"zeros", {}}, Shape{3, 6},
               catalogs.layers, catalogs.initializers, "model", violations);
  ASSERT_EQ(violations.list().size(), 1u);
  EXPECT_EQ(violations.list()[0].message, "heads: 4 do not divide the 6 features of its input");
}

// 8 d^2 a position for the projections; two products for each of the 1 + 2 + 3 visible pairs.
TEST(SelfAttention, CountsWhatACausalOneNeeds) {
  const auto layer = layers::MakeCatalog();
  Violations violations;
  const auto attention = layer.Make({"self_attention", {{"heads", Of(2)}}}, "", violations);
  EXPECT_EQ(attention->ForwardFlops({Shape{3, 4}}), 3 * 8 * 16 + 6 * 2 * 2 * 4);
}

}  // namespace
}  // namespace trainyard
