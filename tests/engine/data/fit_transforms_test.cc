// What transforms give is kept, in memory and in the cache folder; seen through LoadData.
#include "engine/data/fit_transforms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>

#include "engine/base/status.h"
#include "tests/engine/data/make_source.h"
#include "tests/engine/formats/temporary_folder.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;

constexpr int64_t kSamples = 40;
constexpr int64_t kTrain = 30;

// Sample i has the one feature i.
class Numbers final : public DataSource {
 public:
  absl::StatusOr<SourceDescription> Describe(const DataRoots& roots) const override {
    ASSIGN_OR_RETURN(const Samples samples, Load(roots));
    return SourceDescription{samples.info, samples.count, samples.train_count, 0};
  }
  absl::StatusOr<Samples> Load(const DataRoots&) const override {
    Samples samples;
    samples.info.input_shape = Shape({1});
    samples.info.classes = 2;
    samples.count = kSamples;
    samples.train_count = kTrain;
    std::vector<float> values;
    std::vector<int32_t> labels;
    for (int64_t i = 0; i < kSamples; ++i) {
      values.push_back(static_cast<float>(i));
      labels.push_back(static_cast<int32_t>(i % 2));
    }
    samples.features = SharedArray<float>(std::move(values));
    samples.labels = std::move(labels);
    return samples;
  }
  absl::StatusOr<std::string> Version(const DataRoots&) const override { return std::string(); }
};

struct Counts {
  int fits = 0;
  std::atomic<int> applications = 0;
};

// (value, value - mean of the training part), or (value, 0) where it is to look at no sample.
class Centre final : public Transform {
 public:
  Centre(bool looks, Counts& counts) : looks_(looks), counts_(counts) {}
  absl::StatusOr<Shape> OutputShape(const Shape& input) const override {
    return Shape({2 * input.elements()});
  }
  absl::Status Fit(const FittingSamples& samples) override {
    ++counts_.fits;
    if (!looks_) return absl::OkStatus();
    std::vector<float> values(static_cast<size_t>(samples.shape.elements()));
    for (int64_t i = 0; i < samples.count; ++i) {
      samples.read(i, values.data());
      mean_ += values[0] / static_cast<float>(samples.count);
    }
    return absl::OkStatus();
  }
  FittedValues Fitted() const override { return {{"mean", {mean_}}}; }
  bool looks_at_samples() const override { return looks_; }
  bool worth_keeping() const override { return true; }
  int64_t fewest_samples() const override { return 2; }
  void Apply(const Shape& input, const float* in, float* out) const override {
    ++counts_.applications;
    for (int64_t i = 0; i < input.elements(); ++i) {
      out[2 * i] = in[i];
      out[2 * i + 1] = looks_ ? in[i] - mean_ : 0;
    }
  }

 private:
  const bool looks_;
  Counts& counts_;
  float mean_ = 0;
};

struct Loaded {
  LoadedData data;
  int fits = 0;
  int applications = 0;
};

class FitTransformsTest : public ::testing::Test {
 protected:
  // `looks`: of each transform of the chain.
  DataPlan PlanOf(const std::vector<bool>& looks, int64_t train_size = 0,
                  const std::string& version = "v1") {
    DataPlan plan;
    plan.source = std::make_unique<Numbers>();
    plan.source_key = "numbers " + version;
    plan.split.train_size = train_size;
    for (bool each : looks) {
      plan.transforms.push_back(std::make_unique<Centre>(each, counts_));
      plan.transform_keys.push_back(each ? "looks" : "does not");
    }
    Violations violations;
    ProvePlan(plan, nullptr, roots_, "data", violations);
    EXPECT_TRUE(violations.empty()) << violations.ToStatus();
    return plan;
  }
  Loaded Load(DataPlan plan, int threads = 1) {
    counts_.fits = 0;
    counts_.applications = 0;
    auto loaded = LoadData(std::move(plan), roots_, threads);
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return {*std::move(loaded), counts_.fits, counts_.applications};
  }
  static std::vector<float> ReadAll(const Part& part, int64_t width) {
    std::vector<float> values(static_cast<size_t>(part.size() * width));
    for (int64_t i = 0; i < part.size(); ++i) part.Read(i, values.data() + i * width);
    return values;
  }

  TemporaryFolder folder_;
  DataRoots roots_{.folders = {}, .cache_folder = folder_.path(), .versions_folder = {}};
  Counts counts_;
};

TEST_F(FitTransformsTest, AppliesOnceASample) {
  const Loaded first = Load(PlanOf({true}));
  EXPECT_EQ(first.applications, kSamples);
  ReadAll(*first.data.train, 2);
  EXPECT_EQ(counts_.applications, kSamples);
  std::vector<float> last(2);
  first.data.test->Read(9, last.data());
  EXPECT_THAT(last, ElementsAre(39, FloatNear(39 - 14.5f, 1e-4f)));
}

TEST_F(FitTransformsTest, TheNextJobNeitherFitsNorApplies) {
  const Loaded first = Load(PlanOf({true}));
  EXPECT_EQ(first.fits, 1);
  const Loaded second = Load(PlanOf({true}));
  EXPECT_EQ(second.fits, 0);
  EXPECT_EQ(second.applications, 0);
  EXPECT_EQ(second.data.fitted.transforms, first.data.fitted.transforms);
  EXPECT_EQ(ReadAll(*second.data.train, 2), ReadAll(*first.data.train, 2));
  EXPECT_EQ(ReadAll(*second.data.test, 2), ReadAll(*first.data.test, 2));
}

TEST_F(FitTransformsTest, AnotherSubsetIsFittedAnew) {
  Load(PlanOf({true}));
  const Loaded subset = Load(PlanOf({true}, 10));
  EXPECT_EQ(subset.fits, 1);
  EXPECT_EQ(subset.applications, 10 + 10);  // of the samples in use alone
  float sum = 0;
  const std::vector<float> train = ReadAll(*subset.data.train, 2);
  for (size_t i = 1; i < train.size(); i += 2) sum += train[i];
  EXPECT_NEAR(sum, 0, 1e-4);
  EXPECT_EQ(ReadAll(*Load(PlanOf({true}, 10)).data.train, 2), train);
}

TEST_F(FitTransformsTest, WhatLooksAtNoSampleServesEverySubset) {
  EXPECT_EQ(Load(PlanOf({false}, 10)).applications, kSamples);
  const Loaded other = Load(PlanOf({false}, 20));
  EXPECT_EQ(other.applications, 0);
  EXPECT_EQ(other.data.train->size(), 20);
  std::vector<float> last(2);
  other.data.test->Read(9, last.data());
  EXPECT_THAT(last, ElementsAre(39, 0));
}

// The second transform is fitted on the subset, the first is found.
TEST_F(FitTransformsTest, GoesOnFromTheFurthestPointThatIsKept) {
  Load(PlanOf({false, true}));
  const Loaded subset = Load(PlanOf({false, true}, 10));
  EXPECT_EQ(subset.fits, 1);
  EXPECT_EQ(subset.applications, 20);
  EXPECT_EQ(Load(PlanOf({false, true}, 10)).applications, 0);
}

TEST_F(FitTransformsTest, AnotherVersionOfTheSourceIsReadAnew) {
  Load(PlanOf({false}));
  EXPECT_EQ(Load(PlanOf({false}, 0, "v2")).applications, kSamples);
}

TEST_F(FitTransformsTest, OtherTransformsAreComputedAnew) {
  Load(PlanOf({false}));
  DataPlan plan = PlanOf({false});
  plan.transform_keys = {"does not, with another parameter"};
  EXPECT_EQ(Load(std::move(plan)).applications, kSamples);
}

TEST_F(FitTransformsTest, ABrokenFileIsComputedAnew) {
  const Loaded first = Load(PlanOf({true}));
  const std::filesystem::path file = std::filesystem::directory_iterator(folder_.path())->path();
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
  const Loaded second = Load(PlanOf({true}));
  EXPECT_EQ(second.applications, kSamples);
  EXPECT_EQ(ReadAll(*second.data.train, 2), ReadAll(*first.data.train, 2));
}

TEST_F(FitTransformsTest, WithoutACacheFolderNothingIsFoundAndAllIsRight) {
  const std::vector<float> with = ReadAll(*Load(PlanOf({false, true}, 10)).data.train, 4);
  roots_.cache_folder.clear();
  const Loaded without = Load(PlanOf({false, true}, 10));
  EXPECT_EQ(without.fits, 2);
  EXPECT_EQ(ReadAll(*without.data.train, 4), with);
}

TEST_F(FitTransformsTest, ThreadsChangeNothing) {
  roots_.cache_folder.clear();
  const Loaded one = Load(PlanOf({false, true}), 1), three = Load(PlanOf({false, true}), 3);
  EXPECT_EQ(ReadAll(*one.data.train, 4), ReadAll(*three.data.train, 4));
}

TEST_F(FitTransformsTest, WhatIsKeptCountsAsMemory) {
  EXPECT_EQ(PlanOf({false}).memory_bytes, kSamples * 2 * 4);
  EXPECT_EQ(PlanOf({true}, 10).memory_bytes, (10 + 10) * 2 * 4);
}

// A prediction keeps nothing and reads the same bits.
TEST_F(FitTransformsTest, APredictionReadsWhatTrainingRead) {
  const auto plan_of = [&](const DataInfo* like) {
    DataPlan plan;
    plan.source = MakeSource("synthetic_images", {{"samples", Value(60)}});
    plan.source_key = "images";
    plan.transform_keys = {"hog", "pca"};
    Violations violations;
    const auto catalog = transforms::MakeCatalog();
    plan.transforms.push_back(catalog.Make({"hog", {}}, "t", violations));
    plan.transforms.push_back(
        catalog.Make({"pca", {{"components", Value(7)}, {"whiten", {true}}}}, "t", violations));
    ProvePlan(plan, like, roots_, "data", violations);
    EXPECT_TRUE(violations.empty()) << violations.ToStatus();
    return plan;
  };
  const Loaded own = Load(plan_of(nullptr), 2);
  const auto part =
      LoadForModel(plan_of(&own.data.fitted.source), own.data.fitted, "train", DataRoots());
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_EQ(ReadAll(**part, 7), ReadAll(*own.data.train, 7));
}

TEST_F(FitTransformsTest, TooFewSamplesAreRefusedBeforeLoading) {
  DataPlan plan = PlanOf({true});
  plan.split.train_size = 1;
  Violations violations;
  ProvePlan(plan, nullptr, roots_, "data", violations);
  EXPECT_THAT(Message(violations.ToStatus()),
              HasSubstr("data.transforms[0]: needs 2 training samples at least; there are 1"));
}

}  // namespace
}  // namespace trainyard
