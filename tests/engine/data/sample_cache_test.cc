#include "engine/data/sample_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/engine/data/make_source.h"
#include "tests/engine/formats/temporary_folder.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;

Samples Table() {
  Samples samples;
  samples.info.task = Task::kRegression;
  samples.info.input_shape = Shape({2});
  samples.info.targets = 1;
  samples.info.best_error = 0.25;
  samples.count = 2;
  samples.train_count = 1;
  samples.has_missing = true;
  samples.features = SharedArray<float>(std::vector<float>{1, 2, 3, 4});
  samples.targets = std::vector<float>{5, 6};
  return samples;
}

class SampleCacheTest : public ::testing::Test {
 protected:
  std::filesystem::path OnlyFile() {
    return std::filesystem::directory_iterator(folder_.path())->path();
  }

  TemporaryFolder folder_;
  SampleCache cache_{folder_.path()};
};

TEST_F(SampleCacheTest, FindsWhatWasKept) {
  cache_.Keep("key", Table());
  const auto found = cache_.Find("key");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->info.task, Task::kRegression);
  EXPECT_EQ(found->info.input_shape, Shape({2}));
  EXPECT_EQ(found->info.targets, 1);
  EXPECT_EQ(found->info.best_error, 0.25);
  EXPECT_EQ(found->count, 2);
  EXPECT_EQ(found->train_count, 1);
  EXPECT_TRUE(found->has_missing);
  EXPECT_THAT(Floats(*found), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(TargetsOf(*found), ElementsAre(5, 6));
  EXPECT_TRUE(found->labels.empty());
}

TEST_F(SampleCacheTest, DescribesWhatWasKept) {
  Samples samples = Table();
  samples.info.class_names = {"a", "", "c"};
  samples.info.columns = {{"age", {}}, {"town", {"Bonn", "Rome"}}};
  samples.info.target_columns = {"price"};
  cache_.Keep("key", samples);
  const auto described = cache_.Describe("key");
  ASSERT_TRUE(described.has_value());
  EXPECT_THAT(described->info.class_names, ElementsAre("a", "", "c"));
  EXPECT_EQ(described->info.columns, samples.info.columns);
  EXPECT_THAT(described->info.target_columns, ElementsAre("price"));
  EXPECT_EQ(described->memory_bytes, 16);
}

TEST_F(SampleCacheTest, AnotherKeyIsAbsent) {
  cache_.Keep("key", Table());
  EXPECT_FALSE(cache_.Find("other").has_value());
  EXPECT_FALSE(cache_.Describe("other").has_value());
}

// The same file name under another key, as two keys of one hash would have it.
TEST_F(SampleCacheTest, AFileOfAnotherKeyIsAbsent) {
  cache_.Keep("other", Table());
  const std::filesystem::path other = OnlyFile();
  TemporaryFolder second;
  SampleCache(second.path()).Keep("key", Table());
  const std::filesystem::path name =
      std::filesystem::directory_iterator(second.path())->path().filename();
  std::filesystem::rename(other, folder_.PathOf(name));
  EXPECT_FALSE(cache_.Find("key").has_value());
}

TEST_F(SampleCacheTest, OutlivesItsFile) {
  cache_.Keep("key", Table());
  const auto found = cache_.Find("key");
  std::filesystem::remove(OnlyFile());
  EXPECT_THAT(Floats(*found), ElementsAre(1, 2, 3, 4));
}

TEST_F(SampleCacheTest, EveryDamagedByteIsSeen) {
  cache_.Keep("key", Table());
  const std::filesystem::path path = OnlyFile();
  std::ifstream in(path, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  const auto holds = [&](const std::string& contents) {
    folder_.Write(path.filename(), contents);
    return cache_.Find("key").has_value();
  };
  EXPECT_TRUE(holds(whole));
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    const bool is_gap = whole[at] == 0;  // between the key and the samples nothing is held
    if (holds(damaged)) {
      EXPECT_TRUE(is_gap) << at;
    }
    EXPECT_FALSE(holds(whole.substr(0, at))) << at;
  }
  EXPECT_FALSE(holds(whole + "x"));
}

TEST_F(SampleCacheTest, WithoutAFolderKeepsNothing) {
  const SampleCache none("");
  none.Keep("key", Table());
  EXPECT_FALSE(none.Find("key").has_value());
}

TEST_F(SampleCacheTest, AFolderThatCannotBeWrittenIsNoError) {
  const SampleCache broken(folder_.Write("file", "") + "/below");
  broken.Keep("key", Table());
  EXPECT_FALSE(broken.Find("key").has_value());
}

}  // namespace
}  // namespace trainyard
