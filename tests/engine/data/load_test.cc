#include "engine/data/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>

#include "engine/base/status.h"
#include "tests/engine/data/make_source.h"
#include "tests/engine/formats/idx_bytes.h"
#include "tests/engine/formats/temporary_folder.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

// A source that holds what a test gives it.
class FakeSource final : public DataSource {
 public:
  explicit FakeSource(Samples samples) : samples_(std::move(samples)) {}
  absl::StatusOr<SourceDescription> Describe(const DataRoots&) const override {
    return SourceDescription{samples_.info, samples_.count, samples_.train_count, 0};
  }
  absl::StatusOr<Samples> Load(const DataRoots&) const override { return samples_; }
  absl::StatusOr<std::string> Version(const DataRoots&) const override { return std::string(); }

 private:
  Samples samples_;
};

// `count` samples of one feature with the value of their number; classes take turns.
Samples Numbered(int64_t count, int64_t train_count, int64_t classes = 2) {
  Samples samples;
  samples.info.input_shape = Shape({1});
  samples.info.classes = classes;
  samples.count = count;
  samples.train_count = train_count;
  std::vector<float> values;
  std::vector<int32_t> labels;
  for (int64_t i = 0; i < count; ++i) {
    values.push_back(static_cast<float>(i));
    labels.push_back(static_cast<int32_t>(i % classes));
  }
  samples.features = SharedArray<float>(std::move(values));
  samples.labels = std::move(labels);
  return samples;
}

Samples Images(const std::vector<uint8_t>& bytes, const Shape& shape) {
  Samples samples;
  samples.info.input_shape = shape;
  samples.info.classes = 2;
  samples.count = samples.train_count = static_cast<int64_t>(bytes.size()) / shape.elements();
  std::vector<int32_t> labels;
  for (int64_t i = 0; i < samples.count; ++i) labels.push_back(static_cast<int32_t>(i % 2));
  samples.features = SharedArray<uint8_t>(bytes);
  samples.labels = std::move(labels);
  return samples;
}

DataPlan PlanOf(Samples samples) {
  DataPlan plan;
  plan.source = std::make_unique<FakeSource>(std::move(samples));
  return plan;
}

void AddTransform(DataPlan& plan, const std::string& type, const RawMap& params = {}) {
  Violations violations;
  plan.transforms.push_back(transforms::MakeCatalog().Make({type, params}, "t", violations));
  ASSERT_TRUE(violations.empty()) << violations.ToStatus();
}

void AddAugmentation(DataPlan& plan, const std::string& type, const RawMap& params = {}) {
  Violations violations;
  plan.augmentations.push_back(augmentations::MakeCatalog().Make({type, params}, "a", violations));
  ASSERT_TRUE(violations.empty()) << violations.ToStatus();
}

std::string WrongPlan(DataPlan plan) {
  Violations violations;
  ProvePlan(plan, nullptr, DataRoots(), "data", violations);
  return Message(violations.ToStatus());
}

LoadedData LoadAll(DataPlan plan) {
  Violations violations;
  ProvePlan(plan, nullptr, DataRoots(), "data", violations);
  EXPECT_TRUE(violations.empty()) << violations.ToStatus();
  auto loaded = LoadData(std::move(plan), DataRoots());
  EXPECT_TRUE(loaded.ok()) << loaded.status();
  return *std::move(loaded);
}

int32_t LabelOf(const Part& part, int64_t sample) {
  int32_t label = 0;
  part.Labels(sample, &label);
  return label;
}

std::vector<float> ReadAll(const Part& part, int64_t features = 1) {
  std::vector<float> values(static_cast<size_t>(part.size() * features));
  for (int64_t i = 0; i < part.size(); ++i) part.Read(i, values.data() + i * features);
  return values;
}

TEST(ProvePlan, CountsTheParts) {
  DataPlan plan = PlanOf(Numbered(1000, 1000));
  plan.split.validation = 0.1;
  plan.split.test = 0.2;
  Violations violations;
  ProvePlan(plan, nullptr, DataRoots(), "data", violations);
  EXPECT_TRUE(violations.empty());
  EXPECT_EQ(plan.train_size, 700);
  EXPECT_EQ(plan.validation_size, 100);
  EXPECT_EQ(plan.test_size, 200);
}

TEST(ProvePlan, ASourcesOwnTestPartStays) {
  DataPlan plan = PlanOf(Numbered(10, 8));
  Violations violations;
  ProvePlan(plan, nullptr, DataRoots(), "data", violations);
  EXPECT_EQ(plan.train_size, 8);
  EXPECT_EQ(plan.test_size, 2);
  DataPlan split = PlanOf(Numbered(10, 8));
  split.split.test = 0.5;
  EXPECT_THAT(WrongPlan(std::move(split)),
              HasSubstr("data.split.test: must be 0: the source brings its own 2 test samples"));
}

TEST(ProvePlan, RefusesShares) {
  for (double share : {-0.1, 1.0, std::numeric_limits<double>::quiet_NaN(), 1e300}) {
    DataPlan plan = PlanOf(Numbered(10, 10));
    plan.split.validation = share;
    EXPECT_THAT(WrongPlan(std::move(plan)),
                HasSubstr("data.split.validation: expected a share in [0, 1)"));
  }
  DataPlan nothing_left = PlanOf(Numbered(10, 10));
  nothing_left.split.validation = 0.5;
  nothing_left.split.test = 0.5;
  EXPECT_THAT(WrongPlan(std::move(nothing_left)), HasSubstr("leave none of 10 samples"));
  DataPlan none_held_out = PlanOf(Numbered(10, 10));
  none_held_out.split.validation = 0.01;
  EXPECT_THAT(WrongPlan(std::move(none_held_out)),
              HasSubstr("data.split.validation: 0.01 of 10 samples is none"));
}

TEST(ProvePlan, RefusesASubsetLargerThanTheData) {
  DataPlan plan = PlanOf(Numbered(10, 10));
  plan.split.validation = 0.2;
  plan.split.train_size = 9;
  EXPECT_THAT(WrongPlan(std::move(plan)),
              HasSubstr("data.subset.train_size: expected 0 (all) or at most 8"));
}

TEST(ProvePlan, RefusesStratifiedRegression) {
  Samples samples = Numbered(10, 10);
  samples.info.task = Task::kRegression;
  DataPlan plan = PlanOf(samples);
  plan.split.stratify = true;
  EXPECT_THAT(WrongPlan(std::move(plan)),
              HasSubstr("data.split.stratify: not allowed for regression"));
}

TEST(ProvePlan, NamesTheParameterOfASource) {
  Violations violations;
  DataPlan plan;
  plan.source = MakeSource("idx", {{"path", Text("none")}});
  ProvePlan(plan, nullptr, DataRoots(), "predict.data", violations);
  ASSERT_EQ(violations.list().size(), 1u);
  EXPECT_EQ(violations.list()[0].path, "predict.data.source.path");
}

TEST(ProvePlan, ProvesShapesAlongTheTransforms) {
  DataPlan plan = PlanOf(Images({1, 2, 3, 4}, Shape({1, 1, 2})));
  AddTransform(plan, "pad", {{"pixels", Value(2)}});
  Violations violations;
  ProvePlan(plan, nullptr, DataRoots(), "data", violations);
  EXPECT_EQ(plan.info.input_shape, Shape({1, 5, 6}));
  DataPlan vectors = PlanOf(Numbered(4, 4));
  AddTransform(vectors, "standardize");
  AddTransform(vectors, "pad", {{"pixels", Value(2)}});
  EXPECT_THAT(WrongPlan(std::move(vectors)), HasSubstr("data.transforms[1]: takes images"));
  DataPlan augmented = PlanOf(Numbered(4, 4));
  AddAugmentation(augmented, "random_flip");
  EXPECT_THAT(WrongPlan(std::move(augmented)), HasSubstr("data.augment[0]: takes images"));
}

TEST(ProvePlan, RefusesTransformsThatGrowWithoutBound) {
  DataPlan plan = PlanOf(Images({1, 2, 3, 4}, Shape({1, 1, 2})));
  for (int i = 0; i < 30; ++i) AddTransform(plan, "pad", {{"pixels", Value(1024)}});
  EXPECT_THAT(WrongPlan(std::move(plan)), HasSubstr("data.transforms[7]: makes samples of shape"));
}

TEST(LoadData, PartsHoldTheirSamples) {
  DataPlan plan = PlanOf(Numbered(12, 10));
  plan.split.validation = 0.2;
  const LoadedData data = LoadAll(std::move(plan));
  EXPECT_EQ(data.train->size(), 8);
  EXPECT_EQ(data.validation->size(), 2);
  EXPECT_THAT(ReadAll(*data.test), ElementsAre(10, 11));
  const std::vector<float> validation = ReadAll(*data.validation);
  for (int64_t i = 0; i < 2; ++i)
    EXPECT_EQ(LabelOf(*data.validation, i), static_cast<int32_t>(validation[i]) % 2);
}

TEST(LoadData, EmptyPartsAreNotNull) {
  const LoadedData data = LoadAll(PlanOf(Numbered(4, 4)));
  EXPECT_EQ(data.validation->size(), 0);
  EXPECT_EQ(data.test->size(), 0);
}

TEST(LoadData, SubsetsAreNestedAndSmaller) {
  const auto train_of = [](int64_t size) {
    DataPlan plan = PlanOf(Numbered(100, 100));
    plan.split.train_size = size;
    plan.split.subset_seed = 3;
    return ReadAll(*LoadAll(std::move(plan)).train);
  };
  const std::vector<float> small = train_of(10), large = train_of(50);
  EXPECT_EQ(small.size(), 10u);
  EXPECT_TRUE(std::includes(large.begin(), large.end(), small.begin(), small.end()));
}

TEST(LoadData, ReadsTargets) {
  Samples samples = Numbered(3, 3);
  samples.info.task = Task::kRegression;
  samples.info.classes = 0;
  samples.info.targets = 2;
  samples.labels = {};
  samples.targets = std::vector<float>{1, 2, 3, 4, 5, 6};
  const LoadedData data = LoadAll(PlanOf(samples));
  float targets[2];
  data.train->Targets(1, targets);
  EXPECT_THAT(targets, ElementsAre(3, 4));
}

TEST(LoadData, BytesAreScaled) {
  const LoadedData data = LoadAll(PlanOf(Images({0, 51, 255, 102}, Shape({1, 1, 2}))));
  EXPECT_THAT(ReadAll(*data.train, 2), Pointwise(FloatNear(1e-7f), {0.0f, 0.2f, 1.0f, 0.4f}));
}

// Training on 0, 1, 2, 3 with mean 1.5 and deviation sqrt(1.25); the test sample 10 has no part in
// them.
TEST(LoadData, FitsOnTheTrainingPartOnly) {
  Samples samples = Numbered(5, 4);
  samples.features = SharedArray<float>(std::vector<float>{0, 1, 2, 3, 10});
  DataPlan plan = PlanOf(samples);
  AddTransform(plan, "standardize");
  const LoadedData data = LoadAll(std::move(plan));
  const float deviation = std::sqrt(1.25f);
  EXPECT_THAT(ReadAll(*data.train),
              Pointwise(FloatNear(1e-6f), {-1.5f / deviation, -0.5f / deviation, 0.5f / deviation,
                                           1.5f / deviation}));
  EXPECT_THAT(ReadAll(*data.test), Pointwise(FloatNear(1e-5f), {8.5f / deviation}));
}

TEST(LoadData, FitsOnTheSubsetOnly) {
  DataPlan plan = PlanOf(Numbered(100, 100));
  plan.split.train_size = 10;
  AddTransform(plan, "standardize");
  const std::vector<float> train = ReadAll(*LoadAll(std::move(plan)).train);
  double sum = 0, squares = 0;
  for (float value : train) sum += value, squares += value * value;
  EXPECT_NEAR(sum, 0, 1e-5);
  EXPECT_NEAR(squares / 10, 1, 1e-5);
}

// Affine maps join, others do not: each order against the slow obvious way.
TEST(LoadData, ChainsOfTransforms) {
  DataPlan plan = PlanOf(Images({0, 51, 102, 255}, Shape({1, 1, 2})));
  AddTransform(plan, "normalize", {{"mean", Value(0.2)}, {"standard_deviation", Value(0.4)}});
  AddTransform(plan, "pad", {{"pixels", Value(1)}, {"value", Value(9)}});
  AddTransform(plan, "normalize", {{"mean", Value(1)}, {"standard_deviation", Value(2)}});
  AddTransform(plan, "pad", {{"pixels", Value(1)}});
  AddTransform(plan, "min_max", {{"per", Text("all")}, {"low", Value(0)}, {"high", Value(8)}});
  const LoadedData data = LoadAll(std::move(plan));
  ASSERT_EQ(data.info.input_shape, Shape({1, 5, 6}));
  std::vector<float> image(30);
  data.train->Read(1, image.data());
  // 0.4 and 1.0 become 0.5 and 2, then -0.25 and 0.5; the inner border is 4, the outer 0. Over both
  // samples the values span -0.75 (byte 0) to 4.
  const auto scaled = [](double value) { return static_cast<float>((value + 0.75) / 4.75 * 8); };
  EXPECT_FLOAT_EQ(image[0], scaled(0));
  EXPECT_FLOAT_EQ(image[7], scaled(4));
  EXPECT_FLOAT_EQ(image[14], scaled(-0.25));
  EXPECT_FLOAT_EQ(image[15], scaled(0.5));
}

TEST(LoadData, MissingValuesBecomeTheMeanOfTheTrainingPart) {
  Samples samples = Numbered(4, 3);
  const float missing = std::numeric_limits<float>::quiet_NaN();
  samples.features = SharedArray<float>(std::vector<float>{1, missing, 3, missing});
  samples.has_missing = true;
  const LoadedData data = LoadAll(PlanOf(samples));
  EXPECT_THAT(ReadAll(*data.train), ElementsAre(1, 2, 3));
  EXPECT_THAT(ReadAll(*data.test), ElementsAre(2));
}

TEST(LoadData, AFeatureMissingInAllTrainingSamplesIsAnError) {
  Samples samples = Numbered(2, 1);
  samples.features =
      SharedArray<float>(std::vector<float>{std::numeric_limits<float>::quiet_NaN(), 1});
  samples.has_missing = true;
  DataPlan plan = PlanOf(samples);
  Violations violations;
  ProvePlan(plan, nullptr, DataRoots(), "data", violations);
  EXPECT_THAT(Message(LoadData(std::move(plan), DataRoots()).status()),
              HasSubstr("feature 0 is missing"));
}

TEST(LoadData, SeesDataThatChangedSinceItWasProven) {
  DataPlan plan = PlanOf(Numbered(10, 10));
  Violations violations;
  ProvePlan(plan, nullptr, DataRoots(), "data", violations);
  plan.source = std::make_unique<FakeSource>(Numbered(9, 9));
  EXPECT_THAT(Message(LoadData(std::move(plan), DataRoots()).status()),
              HasSubstr("submit it again"));
  DataPlan shape = PlanOf(Images({1, 2, 3, 4}, Shape({1, 1, 2})));
  ProvePlan(shape, nullptr, DataRoots(), "data", violations);
  shape.source = std::make_unique<FakeSource>(Images({1, 2, 3, 4}, Shape({1, 2, 1})));
  EXPECT_THAT(Message(LoadData(std::move(shape), DataRoots()).status()),
              HasSubstr("submit it again"));
}

TEST(Part, AugmentsByEpochAndSampleOnly) {
  const auto make = []() {
    DataPlan plan = PlanOf(Images(std::vector<uint8_t>(4 * 25, 7), Shape({1, 5, 5})));
    AddAugmentation(plan, "random_shift");
    AddAugmentation(plan, "random_flip");
    return LoadAll(std::move(plan));
  };
  const LoadedData one = make(), other = make();
  const auto read = [](const LoadedData& data, int64_t sample, uint64_t seed, uint64_t epoch) {
    std::vector<float> image(25);
    data.train->ReadAugmented(sample, seed, epoch, image.data());
    return image;
  };
  int differ = 0;
  for (uint64_t epoch = 0; epoch < 20; ++epoch) {
    EXPECT_EQ(read(one, 1, 5, epoch), read(other, 1, 5, epoch));
    differ += read(one, 1, 5, epoch) != read(one, 1, 5, epoch + 1);
  }
  EXPECT_GT(differ, 10);
}

// The parts are read by several threads at once; checked by the thread sanitizer.
TEST(Part, IsReadByManyThreads) {
  DataPlan plan = PlanOf(Images(std::vector<uint8_t>(64 * 16, 3), Shape({1, 4, 4})));
  AddTransform(plan, "standardize");
  AddTransform(plan, "pad", {{"pixels", Value(1)}});
  AddAugmentation(plan, "random_shift", {{"pixels", Value(1)}});
  const LoadedData data = LoadAll(std::move(plan));
  std::vector<std::thread> threads;
  std::vector<std::vector<float>> results(4);
  for (std::vector<float>& result : results) {
    threads.emplace_back([&]() {
      result.resize(64 * 36);
      for (int64_t i = 0; i < 64; ++i) data.train->ReadAugmented(i, 1, 2, result.data() + i * 36);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<float>& result : results) EXPECT_EQ(result, results[0]);
}

// One feature each; classes take turns. All are for training.
Samples FloatSamples(const std::vector<float>& values) {
  Samples samples = Numbered(std::ssize(values), std::ssize(values));
  samples.features = SharedArray<float>(values);
  return samples;
}

// A plan for prediction on `samples`, with one standardize transform, proven for a model on `like`.
DataPlan PredictionPlan(Samples samples, const DataInfo& like) {
  DataPlan plan = PlanOf(std::move(samples));
  AddTransform(plan, "standardize");
  Violations violations;
  ProvePlan(plan, &like, DataRoots(), "predict.data", violations);
  EXPECT_TRUE(violations.empty()) << violations.ToStatus();
  return plan;
}

TEST(LoadForModel, AppliesWhatWasFittedOnTheModelsOwnSamples) {
  DataPlan training = PlanOf(FloatSamples({0, 2, 4, 6}));
  AddTransform(training, "standardize");
  const LoadedData own = LoadAll(std::move(training));
  EXPECT_EQ(own.fitted.transforms.size(), 1u);
  auto part = LoadForModel(PredictionPlan(FloatSamples({3, 103}), own.fitted.source), own.fitted,
                           "all", DataRoots());
  ASSERT_TRUE(part.ok()) << part.status();
  const float deviation = std::sqrt(5.0f);  // of 0, 2, 4, 6 about 3
  EXPECT_THAT(ReadAll(**part), ElementsAre(0, FloatEq(100 / deviation)));
}

TEST(LoadForModel, GivesTheSameBitsAsTraining) {
  DataPlan training = PlanOf(FloatSamples({0.1f, 0.2f, 0.7f, 11.3f}));
  AddTransform(training, "standardize");
  const LoadedData own = LoadAll(std::move(training));
  auto part =
      LoadForModel(PredictionPlan(FloatSamples({0.1f, 0.2f, 0.7f, 11.3f}), own.fitted.source),
                   own.fitted, "train", DataRoots());
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_EQ(ReadAll(**part), ReadAll(*own.train));
}

TEST(LoadForModel, MissingValuesBecomeTheMeanOfTheModelsTrainingPart) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Samples training = FloatSamples({1, 3, nan, 5});
  training.has_missing = true;
  const LoadedData own = LoadAll(PlanOf(std::move(training)));
  EXPECT_THAT(own.fitted.fill, ElementsAre(3));
  const auto predict = [&](const FittedData& fitted) {
    Samples other = FloatSamples({nan, 100});
    other.has_missing = true;
    DataPlan plan = PlanOf(std::move(other));
    Violations violations;
    ProvePlan(plan, &own.fitted.source, DataRoots(), "predict.data", violations);
    return LoadForModel(std::move(plan), fitted, "all", DataRoots());
  };
  EXPECT_THAT(ReadAll(**predict(own.fitted)), ElementsAre(3, 100));
  FittedData without = own.fitted;
  without.fill.clear();
  EXPECT_THAT(Message(predict(without).status()),
              HasSubstr("feature 0 of sample 0 has no value; the model was trained without"));
}

TEST(LoadForModel, SamplesMayComeWithoutLabels) {
  const LoadedData own = LoadAll(PlanOf(FloatSamples({1, 2, 3, 4})));
  Samples unlabelled = FloatSamples({5, 6});
  unlabelled.labels = SharedArray<int32_t>();
  DataPlan plan = PlanOf(std::move(unlabelled));
  Violations violations;
  ProvePlan(plan, &own.fitted.source, DataRoots(), "predict.data", violations);
  auto part = LoadForModel(std::move(plan), own.fitted, "all", DataRoots());
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_EQ(LabelOf(**part, 1), -1);
}

}  // namespace
}  // namespace trainyard
