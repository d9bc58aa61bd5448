// What every layer of the catalog must do, whoever adds it: shapes as proven, gradients as finite
// differences say, the same bits on any number of threads, parameters that survive saving, and bad
// parameters refused.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/conformance/example.h"
#include "tests/conformance/layer_harness.h"
#include "tests/engine/normal.h"

namespace trainyard {
namespace {

const Catalogs& AllCatalogs() {
  static const Catalogs* const catalogs = new Catalogs;
  return *catalogs;
}

class LayerConformance : public ::testing::TestWithParam<std::string> {
 protected:
  const Schema& schema() const { return AllCatalogs().layers.entries().at(GetParam()).schema; }

  RawComponent Example() const {
    const auto example = ParseExample(schema().example());
    EXPECT_TRUE(example.ok()) << "the schema needs an example that parses: " << schema().example();
    return example.ok() ? *example : RawComponent();
  }

  // One harness for each kind of input that the layer takes.
  std::vector<std::unique_ptr<LayerHarness>> Harnesses() const {
    std::vector<std::unique_ptr<LayerHarness>> harnesses;
    std::string refused;
    for (const HarnessInput kind : {HarnessInput::kVector, HarnessInput::kImage,
                                    HarnessInput::kSequence, HarnessInput::kIds}) {
      // What reads numbers has been tested by the others.
      if (kind == HarnessInput::kIds && !harnesses.empty()) continue;
      auto harness = LayerHarness::Create(AllCatalogs(), Example(), kind);
      if (harness.ok()) {
        harnesses.push_back(*std::move(harness));
      } else {
        refused += "\n" + Message(harness.status());
      }
    }
    EXPECT_FALSE(harnesses.empty())
        << "takes neither vectors nor images, sequences or ids:" << refused;
    return harnesses;
  }
};

std::unique_ptr<Network> NewNetwork(const LayerHarness& harness, int threads = 1) {
  auto network = harness.NewNetwork(threads);
  EXPECT_TRUE(network.ok()) << network.status();
  return network.ok() ? *std::move(network) : nullptr;
}

std::vector<NamedTensor> Weights(const Network& network) {
  auto tensors = network.Export(/*slots=*/false);
  EXPECT_TRUE(tensors.ok()) << tensors.status();
  return *std::move(tensors);
}

TEST_P(LayerConformance, NamesItselfAndEveryParameter) {
  EXPECT_EQ(schema().type(), GetParam());
  EXPECT_FALSE(schema().doc().empty());
  for (const ParamSpec& param : schema().params()) EXPECT_FALSE(param.doc.empty()) << param.name;
}

TEST_P(LayerConformance, TrainsWithoutNaN) {
  for (const auto& harness : Harnesses()) {
    const auto network = NewNetwork(*harness);
    ASSERT_NE(network, nullptr);
    const double first = harness->Step(*network, 0, 0.002);
    double last = first;
    for (int step = 1; step < 12; ++step) last = harness->Step(*network, step, 0.002);
    EXPECT_TRUE(std::isfinite(last));
    EXPECT_LT(last, first);
  }
}

// Along a random direction in each parameter: (L(w + e d) - L(w - e d)) / 2e = gradient . d.
TEST_P(LayerConformance, GradientsAgreeWithFiniteDifferences) {
  for (const auto& harness : Harnesses()) {
    const auto network = NewNetwork(*harness);
    ASSERT_NE(network, nullptr);
    const std::vector<NamedTensor> start = Weights(*network);
    harness->Step(*network, 3,
                  1.0);  // plain gradient descent: the gradient is what the step took away
    const std::vector<NamedTensor> after = Weights(*network);
    for (size_t t = 0; t < start.size(); ++t) {
      if (start[t].name.find("running_") != std::string::npos) continue;
      const RandomStream draws(t, RandomPurpose::kSynthetic, 9);
      std::vector<float> direction(start[t].values.size());
      double expected = 0;
      double norm = 0;
      for (size_t i = 0; i < direction.size(); ++i) {
        direction[i] = static_cast<float>(Normal(draws, 0, i));
        const double gradient = static_cast<double>(start[t].values[i]) - after[t].values[i];
        expected += gradient * direction[i];
        norm += static_cast<double>(direction[i]) * direction[i];
      }
      // A long step meets the kinks of relu and max_pool, a short one the rounding of the loss: one
      // of them must agree, and a wrong gradient agrees with none.
      const double size = std::sqrt(norm) * 0.02 + std::abs(expected);
      double nearest = std::numeric_limits<double>::infinity();
      for (const double length : {1e-1, 3e-2, 1e-2, 3e-3}) {
        const double step = length / std::sqrt(norm);
        double losses[2];
        for (int side = 0; side < 2; ++side) {
          std::vector<NamedTensor> moved = start;
          for (size_t i = 0; i < direction.size(); ++i) {
            moved[t].values[i] += static_cast<float>((side == 0 ? step : -step) * direction[i]);
          }
          ASSERT_TRUE(network->Import(moved, /*slots=*/false).ok());
          losses[side] = harness->Step(*network, 3, 0.0);
        }
        nearest = std::min(nearest, std::abs((losses[0] - losses[1]) / (2 * step) - expected));
      }
      EXPECT_LT(nearest, 0.04 * size)
          << start[t].name << ": the gradient along a direction is " << expected;
    }
  }
}

TEST_P(LayerConformance, GivesTheSameBitsOnAnyNumberOfThreads) {
  for (const auto& harness : Harnesses()) {
    std::vector<std::vector<NamedTensor>> trained;
    for (const int threads : {1, 2, 3}) {
      const auto network = NewNetwork(*harness, threads);
      ASSERT_NE(network, nullptr);
      for (int step = 0; step < 3; ++step) harness->Step(*network, step, 0.1);
      trained.push_back(Weights(*network));
    }
    for (size_t t = 0; t < trained[0].size(); ++t) {
      EXPECT_EQ(trained[0][t].values, trained[1][t].values) << trained[0][t].name;
      EXPECT_EQ(trained[0][t].values, trained[2][t].values) << trained[0][t].name;
    }
  }
}

TEST_P(LayerConformance, GoesOnFromSavedParameters) {
  for (const auto& harness : Harnesses()) {
    const auto through = NewNetwork(*harness);
    const auto resumed = NewNetwork(*harness);
    ASSERT_NE(resumed, nullptr);
    for (int step = 0; step < 2; ++step) harness->Step(*through, step, 0.1);
    const auto saved = through->Export(/*slots=*/true);
    ASSERT_TRUE(saved.ok());
    ASSERT_TRUE(resumed->Import(*saved, /*slots=*/true).ok());
    EXPECT_EQ(harness->Step(*through, 2, 0.1), harness->Step(*resumed, 2, 0.1));
    EXPECT_EQ(harness->Step(*through, 3, 0.1), harness->Step(*resumed, 3, 0.1));
  }
}

TEST_P(LayerConformance, PredictsInTheProvenShape) {
  for (const auto& harness : Harnesses()) {
    const auto network = NewNetwork(*harness);
    ASSERT_NE(network, nullptr);
    int64_t rows = 0;
    network->Predict(harness->feed(), 5, [&](const MetricBatch& batch) {
      rows += batch.count;
      EXPECT_EQ(batch.width, harness->graph().output()[0]);
      for (int64_t i = 0; i < batch.count * batch.width; ++i)
        EXPECT_TRUE(std::isfinite(batch.outputs[i]));
    });
    EXPECT_EQ(rows, 5);
  }
}

TEST_P(LayerConformance, RefusesBadParameters) {
  const auto violations_of = [&](RawMap params) {
    Violations violations;
    AllCatalogs().layers.Make({GetParam(), std::move(params)}, "model.layers[0]", violations);
    return violations.list();
  };
  RawMap params = Example().params;
  params.erase("inputs");
  params["no_such_field"] = RawValue{1.0};
  const auto unknown = violations_of(params);
  ASSERT_EQ(unknown.size(), 1u);
  EXPECT_EQ(unknown[0].path, "model.layers[0].no_such_field");
  params.erase("no_such_field");
  for (const ParamSpec& spec : schema().params()) {
    for (const RawValue& bad :
         {RawValue{}, RawValue{std::nan("")}, RawValue{RawList{RawValue{RawMap{}}}}}) {
      RawMap wrong = params;
      wrong[spec.name] = bad;
      const auto found = violations_of(wrong);
      ASSERT_FALSE(found.empty()) << spec.name;
      EXPECT_EQ(found[0].path.rfind("model.layers[0]." + spec.name, 0), 0u) << found[0].path;
    }
    if (!spec.required) continue;
    RawMap missing = params;
    missing.erase(spec.name);
    EXPECT_FALSE(violations_of(missing).empty()) << spec.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Catalog, LayerConformance,
                         ::testing::ValuesIn(AllCatalogs().layers.types()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace trainyard
