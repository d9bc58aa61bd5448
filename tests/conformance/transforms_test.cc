// What every transform of the catalog must do, whoever adds it: shapes as proven, numbers that are
// numbers, the same bits on any number of threads and after a restore in another process, and bad
// parameters, samples and fitted values refused.
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "engine/base/philox.h"
#include "engine/data/transform.h"
#include "tests/conformance/example.h"

namespace trainyard {
namespace {

constexpr int64_t kSamples = 70;  // no multiple of what anyone would take at once

const Catalog<Transform>& AllTransforms() {
  static const auto* const catalog = new Catalog<Transform>(transforms::MakeCatalog());
  return *catalog;
}

// `count` samples of a shape, [count, shape].
struct Data {
  Shape shape;
  std::vector<float> values;

  explicit Data(const Shape& of, double scale = 1) : shape(of) {
    const RandomStream stream(4, RandomPurpose::kSynthetic);
    for (int64_t i = 0; i < kSamples * shape.elements(); ++i)
      values.push_back(static_cast<float>(
          scale * (stream.Uniform(1, static_cast<uint64_t>(i)) + (i % 7 == 0 ? 0.5 : 0))));
  }
  const float* sample(int64_t i) const { return values.data() + i * shape.elements(); }
  FittingSamples ForFitting(ThreadPool* pool = nullptr) const {
    FittingSamples fitting;
    fitting.shape = shape;
    fitting.count = kSamples;
    fitting.pool = pool;
    fitting.read = [this](int64_t i, float* out) { std::copy_n(sample(i), shape.elements(), out); };
    return fitting;
  }
};

std::vector<float> ApplyToAll(const Transform& transform, const Data& data) {
  const int64_t size = transform.OutputShape(data.shape)->elements();
  std::vector<float> out(static_cast<size_t>(kSamples * size));
  for (int64_t i = 0; i < kSamples; ++i)
    transform.Apply(data.shape, data.sample(i), out.data() + i * size);
  return out;
}

class TransformConformance : public ::testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<Transform> Make() const {
    const auto example = ParseExample(AllTransforms().entries().at(GetParam()).schema.example());
    EXPECT_TRUE(example.ok()) << "the schema needs an example that parses";
    Violations violations;
    auto made = AllTransforms().Make(*example, "it", violations);
    EXPECT_TRUE(violations.empty()) << violations.ToStatus();
    return made;
  }
  // Those of vectors, images and series that it takes.
  std::vector<Data> Inputs(double scale = 1) const {
    std::vector<Data> inputs;
    for (const Shape& shape : {Shape({5}), Shape({1, 9, 8}), Shape({3, 12, 7}), Shape({2, 130})}) {
      if (Make()->OutputShape(shape).ok()) inputs.emplace_back(shape, scale);
    }
    EXPECT_FALSE(inputs.empty()) << "takes neither vectors, images nor series";
    return inputs;
  }
  std::unique_ptr<Transform> Fitted(const Data& data, ThreadPool* pool = nullptr) const {
    auto transform = Make();
    const absl::Status status = transform->Fit(data.ForFitting(pool));
    EXPECT_TRUE(status.ok()) << status;
    return transform;
  }
};

TEST_P(TransformConformance, GivesNumbers) {
  for (const double scale : {1.0, 0.0, 1e-12, 1e12}) {
    for (const Data& data : Inputs(scale)) {
      for (float value : ApplyToAll(*Fitted(data), data))
        ASSERT_TRUE(std::isfinite(value)) << data.shape.ToString() << " times " << scale;
    }
  }
}

TEST_P(TransformConformance, WritesNoMoreThanItsShape) {
  for (const Data& data : Inputs()) {
    const auto transform = Fitted(data);
    const auto size = static_cast<size_t>(transform->OutputShape(data.shape)->elements());
    constexpr float kUntouched = 12345;
    std::vector<float> out(size + 64, kUntouched);
    transform->Apply(data.shape, data.sample(3), out.data());
    for (size_t i = size; i < out.size(); ++i) ASSERT_EQ(out[i], kUntouched) << i;
  }
}

TEST_P(TransformConformance, ThreadsChangeNoBit) {
  for (const Data& data : Inputs()) {
    const auto alone = Fitted(data);
    ThreadPool pool(3);
    const auto together = Fitted(data, &pool);
    EXPECT_EQ(together->Fitted(), alone->Fitted()) << data.shape.ToString();
    const std::vector<float> expected = ApplyToAll(*alone, data);
    std::vector<std::vector<float>> found(3);
    std::vector<std::thread> threads;
    for (std::vector<float>& out : found)
      threads.emplace_back([&]() { out = ApplyToAll(*together, data); });
    for (std::thread& thread : threads) thread.join();
    for (const std::vector<float>& out : found) EXPECT_EQ(out, expected);
  }
}

TEST_P(TransformConformance, RestoredIsTheSame) {
  for (const Data& data : Inputs()) {
    const auto fitted = Fitted(data);
    const auto restored = Make();
    ASSERT_TRUE(restored->Restore(data.shape, fitted->Fitted()).ok()) << data.shape.ToString();
    EXPECT_EQ(restored->Fitted(), fitted->Fitted());
    EXPECT_EQ(ApplyToAll(*restored, data), ApplyToAll(*fitted, data));
  }
}

TEST_P(TransformConformance, RefusesFittedValuesThatAreNoneOfItsOwn) {
  for (const Data& data : Inputs()) {
    const FittedValues fitted = Fitted(data)->Fitted();
    if (fitted.empty()) continue;
    EXPECT_FALSE(Make()->Restore(data.shape, {}).ok());
    for (const auto& [name, values] : fitted) {
      FittedValues longer = fitted;
      longer[name].push_back(1);
      EXPECT_FALSE(Make()->Restore(data.shape, longer).ok()) << name;
      FittedValues missing = fitted;
      missing.erase(name);
      EXPECT_FALSE(Make()->Restore(data.shape, missing).ok()) << name;
    }
  }
}

// What a transform finds is of the samples where it says so, and of nothing else.
TEST_P(TransformConformance, LooksAtSamplesOnlyIfItSaysSo) {
  if (Make()->looks_at_samples()) return;
  for (const Data& data : Inputs()) {
    const Data other(data.shape, -3);
    EXPECT_EQ(ApplyToAll(*Fitted(other), data), ApplyToAll(*Fitted(data), data));
  }
}

TEST_P(TransformConformance, OneSampleIsFewestOrRefused) {
  const auto transform = Make();
  EXPECT_GE(transform->fewest_samples(), 1);
  EXPECT_LE(transform->fewest_samples(), kSamples);
  for (const Data& data : Inputs()) {
    FittingSamples fitting = data.ForFitting();
    fitting.count = transform->fewest_samples();
    EXPECT_TRUE(Make()->Fit(fitting).ok()) << data.shape.ToString();
  }
}

TEST_P(TransformConformance, RefusesUnknownParameters) {
  RawComponent component = *ParseExample(AllTransforms().entries().at(GetParam()).schema.example());
  component.params["surely_unknown"] = RawValue{1.0};
  Violations violations;
  EXPECT_EQ(AllTransforms().Make(component, "it", violations), nullptr);
  EXPECT_FALSE(violations.empty());
}

TEST_P(TransformConformance, RefusesParametersOutOfRange) {
  for (const ParamSpec& spec : AllTransforms().entries().at(GetParam()).schema.params()) {
    if (spec.type != trainyard::ParamType::kInteger && spec.type != trainyard::ParamType::kNumber)
      continue;
    for (const double value : {spec.minimum - 1, spec.maximum + 1, 1e300, std::nan("")}) {
      if (value >= spec.minimum && value <= spec.maximum) continue;
      RawComponent component =
          *ParseExample(AllTransforms().entries().at(GetParam()).schema.example());
      component.params[spec.name] = RawValue{value};
      Violations violations;
      AllTransforms().Make(component, "it", violations);
      EXPECT_FALSE(violations.empty()) << spec.name << " = " << value;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, TransformConformance, ::testing::ValuesIn(AllTransforms().types()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace trainyard
