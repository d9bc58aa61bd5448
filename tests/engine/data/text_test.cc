// Sequences of ids: files as bytes, and Markov chains.
#include "engine/data/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "engine/base/status.h"
#include "engine/data/load.h"
#include "tests/engine/data/make_source.h"
#include "tests/engine/formats/temporary_folder.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<int> ByteLabels(const Samples& samples) {
  return {samples.byte_labels.begin(), samples.byte_labels.end()};
}

class TextTest : public ::testing::Test {
 protected:
  DataRoots Roots() const { return {{folder_.path()}, "", ""}; }
  absl::StatusOr<Samples> Load(RawMap params) const {
    params.emplace("path", Text("a.txt"));
    return MakeSource("text", params)->Load(Roots());
  }
  std::string ErrorOf(const RawMap& params) const {
    RawMap with_path = params;
    with_path.emplace("path", Text("a.txt"));
    const auto described = MakeSource("text", with_path)->Describe(Roots());
    EXPECT_EQ(described.status().code(), absl::StatusCode::kInvalidArgument);
    return ParameterOf(described.status()) + ": " + Message(described.status());
  }

  TemporaryFolder folder_;
};

TEST_F(TextTest, EachPositionPredictsTheByteAfterIt) {
  folder_.Write("a.txt", "abcdefgh");
  const auto samples = Load({{"context", Value(3)}});
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_EQ(samples->count, 2);  // a third would need "ghi" and one to predict
  EXPECT_THAT(Bytes(*samples), ElementsAre('a', 'b', 'c', 'd', 'e', 'f'));
  EXPECT_THAT(ByteLabels(*samples), ElementsAre('b', 'c', 'd', 'e', 'f', 'g'));
  EXPECT_EQ(samples->info.positions, 3);
  EXPECT_EQ(samples->info.classes, 256);
  EXPECT_EQ(samples->train_count, 2);
}

TEST_F(TextTest, TheEndOfTheFileIsTheTestPart) {
  folder_.Write("a.txt", "0123456789a");
  const RawMap params = {{"context", Value(1)}, {"test_fraction", Value(0.3)}};
  const auto samples = Load(params);
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_EQ(samples->count, 10);
  EXPECT_EQ(samples->train_count, 7);
}

TEST_F(TextTest, ATestFileEndsNoWindowOfTheOther) {
  folder_.Write("a.txt", "abcde");
  folder_.Write("b.txt", "vwxyz");
  const auto samples = Load({{"context", Value(2)}, {"test_path", Text("b.txt")}});
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_EQ(samples->train_count, 2);
  EXPECT_THAT(Bytes(*samples), ElementsAre('a', 'b', 'c', 'd', 'v', 'w', 'x', 'y'));
  EXPECT_THAT(ByteLabels(*samples), ElementsAre('b', 'c', 'd', 'e', 'w', 'x', 'y', 'z'));
}

TEST_F(TextTest, RefusesBytesBeyondTheVocabulary) {
  folder_.Write("a.txt", "plain \xc3\xa9");
  EXPECT_EQ(ErrorOf({{"context", Value(2)}, {"vocabulary", Value(128)}}),
            "path: a.txt: byte 6 is 195; ids are below 128, the vocabulary");
}

TEST_F(TextTest, RefusesAFileShorterThanASample) {
  folder_.Write("a.txt", "abc");
  EXPECT_THAT(ErrorOf({{"context", Value(3)}}), HasSubstr("has 3 bytes; a sample takes 4"));
}

TEST_F(TextTest, RefusesATestShareOfNothing) {
  folder_.Write("a.txt", "abcde");
  EXPECT_THAT(ErrorOf({{"context", Value(2)}, {"test_fraction", Value(0.1)}}),
              HasSubstr("test_fraction: 0.1 of 2 samples is none"));
}

TEST_F(TextTest, PartsGiveTheLabelsOfASample) {
  folder_.Write("a.txt", "abcdefghi");
  DataPlan plan;
  plan.source = MakeSource("text", {{"path", Text("a.txt")}, {"context", Value(4)}});
  Violations violations;
  ProvePlan(plan, nullptr, Roots(), "data", violations);
  ASSERT_TRUE(violations.empty()) << violations.ToStatus();
  const auto data = LoadData(std::move(plan), Roots());
  ASSERT_TRUE(data.ok()) << data.status();
  std::vector<float> ids(4);
  std::vector<int32_t> labels(4);
  data->train->Read(1, ids.data());
  data->train->Labels(1, labels.data());
  EXPECT_THAT(ids, ElementsAre('e', 'f', 'g', 'h'));
  EXPECT_THAT(labels, ElementsAre('f', 'g', 'h', 'i'));
}

RawMap Chain(double samples, double context, double vocabulary, double order, double branches) {
  return {{"samples", Value(samples)},       {"context", Value(context)},
          {"vocabulary", Value(vocabulary)}, {"order", Value(order)},
          {"branches", Value(branches)},     {"test_samples", Value(3)}};
}

TEST(SyntheticText, AfterTheSameSymbolsOneOfTheBranchesFollows) {
  const Samples samples = *MakeSource("synthetic_text", Chain(50, 40, 9, 2, 3))->Load(DataRoots());
  EXPECT_EQ(samples.count, 53);
  EXPECT_EQ(samples.train_count, 50);
  EXPECT_NEAR(*samples.info.best_error, 2.0 / 3, 1e-12);
  const std::vector<int> ids = Bytes(samples), labels = ByteLabels(samples);
  std::map<std::pair<int, int>, std::set<int>> followers;
  for (size_t i = 0; i < ids.size(); ++i) {
    EXPECT_LT(ids[i], 9);
    if (i % 40 == 0) continue;  // nothing stands before the first one
    EXPECT_EQ(labels[i - 1], ids[i]);
    followers[{ids[i - 1], ids[i]}].insert(labels[i]);
  }
  size_t most = 0;
  for (const auto& [state, symbols] : followers) most = std::max(most, symbols.size());
  EXPECT_EQ(most, 3u);
}

TEST(SyntheticText, ALargerSetBeginsWithASmallerOne) {
  const Samples small = *MakeSource("synthetic_text", Chain(2, 10, 9, 1, 3))->Load(DataRoots());
  const Samples large = *MakeSource("synthetic_text", Chain(4, 10, 9, 1, 3))->Load(DataRoots());
  for (size_t i = 0; i < 20; ++i) EXPECT_EQ(Bytes(small)[i], Bytes(large)[i]);
}

TEST(SyntheticText, RefusesMoreBranchesThanSymbols) {
  Violations violations;
  MakeSource("synthetic_text", Chain(2, 10, 4, 1, 5), violations);
  ASSERT_EQ(violations.list().size(), 1u);
  EXPECT_EQ(violations.list()[0].path, "data.source.branches");
}

}  // namespace
}  // namespace trainyard
