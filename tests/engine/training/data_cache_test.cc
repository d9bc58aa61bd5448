#include "engine/training/data_cache.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "engine/spec/catalogs.h"
#include "engine/spec/compile_data.h"
#include "tests/engine/formats/temporary_folder.h"

namespace trainyard {
namespace {

class DataCacheTest : public ::testing::Test {
 protected:
  DataCacheTest() { roots_.folders = {folder_.path()}; }

  static v1::Data Parse(const std::string& text) {
    v1::Data data;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &data)) << text;
    return data;
  }
  DataPlan PlanOf(const v1::Data& data) {
    Violations violations;
    DataPlan plan = CompileData(data, nullptr, catalogs_, roots_, "data", violations);
    EXPECT_TRUE(violations.empty()) << violations.ToStatus();
    return plan;
  }
  std::shared_ptr<const LoadedData> Load(const v1::Data& data) {
    auto loaded = cache_->Load(data, PlanOf(data), roots_);
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return loaded.ok() ? *loaded : nullptr;
  }
  static float FirstValue(const LoadedData& data) {
    float value = 0;
    data.train->Read(0, &value);
    return value;
  }

  TemporaryFolder folder_;
  Catalogs catalogs_;
  DataRoots roots_;
  std::optional<DataCache> cache_{std::in_place};
};

constexpr char kGaussian[] = R"(
  source { type: "synthetic_gaussian" params { key: "samples" value { number_value: 100 } }
           params { key: "classes" value { number_value: 2 } } }
  transforms { type: "standardize" }
)";

TEST_F(DataCacheTest, TheNextJobWithTheSameDataNeedNotLoad) {
  const auto first = Load(Parse(kGaussian));
  EXPECT_EQ(Load(Parse(kGaussian)), first);
}

TEST_F(DataCacheTest, OtherDataIsLoadedAndTheOneBeforeLetGo) {
  const std::weak_ptr<const LoadedData> first = Load(Parse(kGaussian));
  EXPECT_FALSE(first.expired());
  v1::Data other = Parse(kGaussian);
  other.mutable_split()->set_validation(0.5);
  EXPECT_EQ(Load(other)->train->size(), 50);
  EXPECT_TRUE(first.expired());
}

TEST_F(DataCacheTest, AFileThatChangedIsReadAgain) {
  const v1::Data data =
      Parse(R"(source { type: "csv" params { key: "path" value { string_value: "t.csv" } } })");
  folder_.Write("t.csv", "x,y\n1,1.5\n1,2.5\n1,3.5\n");
  const auto first = Load(data);
  EXPECT_EQ(FirstValue(*first), 1);
  EXPECT_EQ(Load(data), first);
  folder_.Write("t.csv", "x,y\n20,1.5\n20,2.5\n20,3.5\n");
  EXPECT_EQ(FirstValue(*Load(data)), 20);
}

// What transforms gave is kept on disk, by the version of the file.
TEST_F(DataCacheTest, AFileThatChangedIsTransformedAgain) {
  roots_.cache_folder = folder_.PathOf("cache");
  const v1::Data data = Parse(
      R"(source { type: "csv" params { key: "path" value { string_value: "t.csv" } }
                  params { key: "task" value { string_value: "regression" } } }
         transforms { type: "pca" params { key: "components" value { number_value: 1 } } })");
  folder_.Write("t.csv", "x,y\n1,1.5\n2,2.5\n6,3.5\n");
  const auto first_of = [&]() {
    cache_.emplace();  // as another worker would find it
    return FirstValue(*Load(data));
  };
  EXPECT_FLOAT_EQ(first_of(), -2);
  EXPECT_FLOAT_EQ(first_of(), -2);
  folder_.Write("t.csv", "x,y\n10,1.5\n20,2.5\n60,3.5\n");
  EXPECT_FLOAT_EQ(first_of(), -20);
}

TEST_F(DataCacheTest, LargeDataIsNotKept) {
  const v1::Data data = Parse(kGaussian);
  DataPlan plan = PlanOf(data);
  plan.memory_bytes = int64_t{1} << 30;
  const auto first = cache_->Load(data, std::move(plan), roots_);
  ASSERT_TRUE(first.ok());
  EXPECT_NE(Load(data), *first);
}

TEST_F(DataCacheTest, OtherLabelNoiseIsOtherData) {
  v1::Data data = Parse(kGaussian);
  const auto first = Load(data);
  data.mutable_label_noise()->set_share(0.2);
  const auto noisy = Load(data);
  EXPECT_EQ(first->report.wrong_labels, 0);
  EXPECT_EQ(noisy->report.wrong_labels, 20);
  data.mutable_label_noise()->set_seed(1);
  EXPECT_NE(Load(data), noisy);
}

TEST_F(DataCacheTest, AFileThatIsGoneIsAnError) {
  const v1::Data data =
      Parse(R"(source { type: "csv" params { key: "path" value { string_value: "t.csv" } } })");
  folder_.Write("t.csv", "x,y\n1,1.5\n1,2.5\n1,3.5\n");
  Load(data);
  DataPlan plan = PlanOf(data);
  std::filesystem::remove(folder_.path() + "/t.csv");
  EXPECT_TRUE(absl::IsNotFound(cache_->Load(data, std::move(plan), roots_).status()));
}

}  // namespace
}  // namespace trainyard
