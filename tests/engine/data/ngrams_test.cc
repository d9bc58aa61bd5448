#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "engine/base/status.h"
#include "engine/data/ngram_hash.h"
#include "tests/engine/data/make_source.h"
#include "tests/engine/formats/temporary_folder.h"

namespace trainyard {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kFeatures = 1 << 16;  // so many that these few texts meet no collision

std::vector<float> Hashed(const std::string& text, NgramOptions options = {}) {
  if (options.features == 0) options.features = kFeatures;
  std::vector<float> out(static_cast<size_t>(options.features), 9);
  HashNgrams(text, options, out.data());
  return out;
}

// Absolute values that are not zero, ascending.
std::vector<float> WeightsOf(const std::vector<float>& vector) {
  std::multiset<float> weights;
  for (float value : vector) {
    if (value != 0) weights.insert(std::abs(value));
  }
  return {weights.begin(), weights.end()};
}

size_t CountOf(const std::vector<float>& vector) { return WeightsOf(vector).size(); }

TEST(HashNgrams, CountsByLogarithmAndHasLengthOne) {
  // Words a (twice), b; pairs "a b", "b a": log 3 and three times log 2.
  const std::vector<float> weights = WeightsOf(Hashed("a b a"));
  ASSERT_EQ(weights.size(), 4u);
  const double length = std::sqrt(std::pow(std::log(3), 2) + 3 * std::pow(std::log(2), 2));
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(weights[i], std::log(2) / length, 1e-6);
  EXPECT_NEAR(weights[3], std::log(3) / length, 1e-6);
}

TEST(HashNgrams, WordsAreWhatStandsBetweenMarks) {
  EXPECT_EQ(Hashed("good, bad; UGLY!"), Hashed("good bad ugly"));
  EXPECT_NE(Hashed("good bad"), Hashed("bad good"));  // the pair differs
  EXPECT_EQ(Hashed("good bad", {.largest = 1}), Hashed("bad good", {.largest = 1}));
  EXPECT_NE(Hashed("Good", {.lower_case = false}), Hashed("good", {.lower_case = false}));
  EXPECT_EQ(CountOf(Hashed("na\xc3\xafve caf\xc3\xa9", {.largest = 1})), 2u);
}

TEST(HashNgrams, ACharacterMayHaveSeveralBytes) {
  const NgramOptions pairs = {.words = false, .smallest = 2, .largest = 2};
  EXPECT_EQ(CountOf(Hashed("\xc3\xa4\xc3\xb6\xc3\xbc", pairs)), 2u);
  EXPECT_EQ(CountOf(Hashed("abcd", {.words = false, .smallest = 1, .largest = 3})), 4u + 3 + 2);
}

TEST(HashNgrams, ATextWithoutWordsIsZero) {
  EXPECT_THAT(Hashed(""), Each(0.0f));
  EXPECT_THAT(Hashed("!?"), Each(0.0f));
  EXPECT_THAT(Hashed("one", {.smallest = 2, .largest = 2}), Each(0.0f));
}

TEST(HashNgrams, AnyBytesAreTaken) {
  std::string bytes;
  for (int i = 0; i < 512; ++i) bytes += static_cast<char>(i * 7);
  for (const bool words : {true, false}) {
    for (float value : Hashed(bytes, {.words = words, .largest = 8, .features = 3}))
      EXPECT_TRUE(std::isfinite(value));
  }
}

class NgramsTest : public ::testing::Test {
 protected:
  NgramsTest() { roots_.folders = {folder_.path()}; }
  absl::StatusOr<Samples> TryLoad(RawMap params) {
    if (!params.contains("features")) params["features"] = Value(64);
    return MakeSource("ngrams", params)->Load(roots_);
  }
  Samples Load(const RawMap& params) {
    auto samples = TryLoad(params);
    EXPECT_TRUE(samples.ok()) << samples.status();
    return samples.ok() ? *std::move(samples) : Samples();
  }
  std::string ErrorOf(const std::string& name, const std::string& contents) {
    folder_.Write(name, contents);
    return Message(TryLoad({{"path", Text(name)}}).status());
  }

  TemporaryFolder folder_;
  DataRoots roots_;
};

TEST_F(NgramsTest, CsvAndJsonlGiveTheSame) {
  folder_.Write("a.csv", "label,text\npos,\"good, very good\"\nneg,bad\n");
  folder_.Write("a.jsonl",
                "{\"text\": \"good, very good\", \"label\": \"pos\"}\n\n"
                "{\"label\": \"neg\", \"text\": \"bad\", \"more\": [1, {}]}");
  const Samples csv = Load({{"path", Text("a.csv")}}), jsonl = Load({{"path", Text("a.jsonl")}});
  EXPECT_THAT(csv.info.class_names, ElementsAre("neg", "pos"));
  EXPECT_EQ(csv.info.input_shape, Shape({64}));
  EXPECT_THAT(LabelsOf(csv), ElementsAre(1, 0));
  EXPECT_EQ(Floats(jsonl), Floats(csv));
  EXPECT_EQ(LabelsOf(jsonl), LabelsOf(csv));
  std::vector<float> expected(64);
  HashNgrams("good, very good", {.features = 64}, expected.data());
  std::vector<float> first = Floats(csv);
  first.resize(64);
  EXPECT_EQ(first, expected);
}

TEST_F(NgramsTest, NumbersAndBooleansMayBeClasses) {
  folder_.Write("a.jsonl", "{\"text\": \"a\", \"label\": 2}\n{\"text\": \"b\", \"label\": true}\n");
  EXPECT_THAT(Load({{"path", Text("a.jsonl")}}).info.class_names, ElementsAre("2", "true"));
}

TEST_F(NgramsTest, ASecondFileIsTheTestPart) {
  folder_.Write("a.csv", "text,label\nx,0\ny,1\n");
  folder_.Write("b.csv", "label,text\n1,z\n");
  const RawMap params = {{"path", Text("a.csv")}, {"test_path", Text("b.csv")}};
  const Samples samples = Load(params);
  EXPECT_EQ(samples.train_count, 2);
  EXPECT_THAT(LabelsOf(samples), ElementsAre(0, 1, 1));
  folder_.Write("b.csv", "label,text\n7,z\n");
  EXPECT_THAT(Message(TryLoad(params).status()),
              HasSubstr("b.csv:2: the training part has no class '7'"));
}

TEST_F(NgramsTest, DescribesWhatItLoads) {
  folder_.Write("a.csv", "text,label\nx,0\ny,1\n");
  roots_.cache_folder = folder_.PathOf("cache");
  const auto source = MakeSource("ngrams", {{"path", Text("a.csv")}, {"features", Value(8)}});
  for (int i = 0; i < 2; ++i) {  // from the file, then from what was kept
    const auto description = source->Describe(roots_);
    ASSERT_TRUE(description.ok()) << description.status();
    EXPECT_EQ(description->count, 2);
    EXPECT_EQ(description->info.classes, 2);
    EXPECT_EQ(description->memory_bytes, 2 * 8 * 4);
    EXPECT_TRUE(source->Load(roots_).ok());
  }
}

TEST_F(NgramsTest, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(ErrorOf("a.jsonl", "{\"text\": \"a\", \"label\": 1}\n{\"text\": \n"),
              HasSubstr("a.jsonl:2: is no valid JSON"));
  EXPECT_THAT(ErrorOf("a.jsonl", "[1]\n"), HasSubstr("a.jsonl:1: is no JSON object"));
  EXPECT_THAT(ErrorOf("a.jsonl", "{\"texd\": \"a\", \"label\": 1}\n"),
              HasSubstr("a.jsonl:1: has no field 'text'; did you mean 'texd'?"));
  EXPECT_THAT(ErrorOf("a.jsonl", "{\"text\": 3, \"label\": 1}\n"), HasSubstr("'text' is no text"));
  EXPECT_THAT(ErrorOf("a.jsonl", "{\"text\": \"a\"}\n"), HasSubstr("has no field 'label'"));
  EXPECT_THAT(ErrorOf("a.jsonl", "{\"text\": \"a\", \"label\": [1]}\n"),
              HasSubstr("'label' is no text or number"));
  EXPECT_THAT(ErrorOf("a.csv", "text,lable\nx,1\n"),
              HasSubstr("a.csv:1: has no column 'label'; did you mean 'lable'?"));
  EXPECT_THAT(ErrorOf("a.csv", "text,label\nx,1\ny\n"), HasSubstr("a.csv:3: has 1 fields"));
  EXPECT_THAT(ErrorOf("a.csv", "text,label\nx,\n"), HasSubstr("a.csv:2: column 'label' is empty"));
  EXPECT_THAT(ErrorOf("a.csv", "text,label\nx,1\ny,1\n"),
              HasSubstr("all 2 texts are of one class"));
  EXPECT_THAT(ErrorOf("a.csv", "text,label\n"), HasSubstr("a.csv: holds no text"));
  EXPECT_THAT(ErrorOf("a.csv", ""), HasSubstr("a.csv: is empty"));
}

TEST_F(NgramsTest, DeepOrLongLinesAreNoCrash) {
  EXPECT_THAT(ErrorOf("a.jsonl", std::string(1000000, '[')), HasSubstr("is no valid JSON"));
  EXPECT_THAT(ErrorOf("a.jsonl", "{\"text\": \"a\", \"label\": 1}\n" + std::string(5 << 20, ' ')),
              HasSubstr("a.jsonl:2: is longer than"));
}

TEST_F(NgramsTest, PredictionKnowsTheModelsClassesAndNeedsNoLabels) {
  folder_.Write("a.csv", "text,label\nx,no\ny,yes\n");
  const DataInfo like = Load({{"path", Text("a.csv")}}).info;
  folder_.Write("new.jsonl", "{\"text\": \"y\"}\n{\"text\": \"x\", \"label\": null}\n");
  const auto source = MakeSource("ngrams", {{"path", Text("new.jsonl")}, {"features", Value(64)}});
  const auto samples = source->LoadLike(like, roots_);
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_EQ(samples->count, 2);
  EXPECT_THAT(LabelsOf(*samples), IsEmpty());
  folder_.Write("new.jsonl", "{\"text\": \"y\", \"label\": \"yes\"}\n");
  EXPECT_THAT(LabelsOf(*source->LoadLike(like, roots_)), ElementsAre(1));
  folder_.Write("new.jsonl", "{\"text\": \"y\", \"label\": \"perhaps\"}\n");
  EXPECT_THAT(Message(source->DescribeLike(like, roots_).status()),
              HasSubstr("new.jsonl:1: the model knows no class 'perhaps'"));
}

TEST_F(NgramsTest, PredictionReadsTextsAsTheModelDid) {
  folder_.Write("a.csv", "text,label\nx,no\ny,yes\n");
  const DataInfo like = Load({{"path", Text("a.csv")}}).info;
  const auto source = MakeSource(
      "ngrams", {{"path", Text("a.csv")}, {"features", Value(64)}, {"of", Text("characters")}});
  EXPECT_THAT(Message(source->DescribeLike(like, roots_).status()),
              HasSubstr("reads n-grams of 1 to 2 characters, lower case, the model n-grams of 1 to "
                        "2 words, lower case; use the parameters that it was trained with"));
  EXPECT_FALSE(source->LoadLike(like, roots_).ok());
}

TEST_F(NgramsTest, RefusesBadParameters) {
  Violations violations;
  MakeSource("ngrams", {{"path", Text("a.csv")}, {"smallest", Value(3)}, {"largest", Value(2)}},
             violations);
  MakeSource("ngrams", {{"path", Text("a.csv")}, {"features", Value(1e9)}}, violations);
  EXPECT_THAT(Message(violations.ToStatus()), HasSubstr("data.source.smallest: expected at most"));
  EXPECT_THAT(Message(violations.ToStatus()), HasSubstr("data.source.features"));
}

}  // namespace
}  // namespace trainyard
