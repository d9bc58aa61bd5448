#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "engine/base/philox.h"
#include "engine/base/status.h"
#include "tests/engine/data/make_source.h"
#include "tests/engine/formats/gzip_bytes.h"
#include "tests/engine/formats/temporary_folder.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsNan;

class CsvSourceTest : public ::testing::Test {
 protected:
  CsvSourceTest() { roots_.folders = {folder_.path()}; }

  absl::StatusOr<Samples> Load(const std::string& text, RawMap params = {}) {
    folder_.Write("t.csv", text);
    params["path"] = Text("t.csv");
    return MakeSource("csv", params)->Load(roots_);
  }
  absl::Status Refused(const std::string& text, RawMap params = {}) {
    const absl::Status loaded = Load(text, params).status();
    params["path"] = Text("t.csv");
    EXPECT_EQ(MakeSource("csv", params)->Describe(roots_).status(), loaded);
    return loaded;
  }
  std::string Wrong(const std::string& text, const RawMap& params = {}) {
    return Message(Refused(text, params));
  }

  TemporaryFolder folder_;
  DataRoots roots_;
  const RawMap regression_ = {{"task", Text("regression")}};
};

TEST_F(CsvSourceTest, ReadsNumbersAndCategories) {
  const auto samples = Load("age,town,bought\n30,Rome,yes\n40,Bonn,no\n50,Rome,no\n");
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_EQ(samples->info.input_shape, Shape({3}));  // age, Bonn, Rome
  EXPECT_THAT(Floats(*samples), ElementsAre(30, 0, 1, 40, 1, 0, 50, 0, 1));
  EXPECT_THAT(samples->info.class_names, ElementsAre("no", "yes"));
  EXPECT_EQ(samples->info.classes, 2);
  EXPECT_THAT(LabelsOf(*samples), ElementsAre(1, 0, 0));
  EXPECT_EQ(samples->train_count, 3);
}

TEST_F(CsvSourceTest, DetectsAMissingHeader) {
  const auto samples = Load("5.1,3.5,setosa\r\n6.2,2.9,virginica\r\n");
  EXPECT_EQ(samples->count, 2);
  EXPECT_THAT(LabelsOf(*samples), ElementsAre(0, 1));
}

TEST_F(CsvSourceTest, HeaderCanBeSaid) {
  EXPECT_EQ(Load("a,b\nc,d\n", {{"header", {false}}})->count, 2);
  EXPECT_EQ(Load("1,2\n3,x\n4,y\n", {{"header", {true}}})->count, 2);
}

TEST_F(CsvSourceTest, TargetByNameOrNumber) {
  const std::string text = "label,x\nb,1\na,2\n";
  for (const RawValue& target : {Text("label"), Value(0), Value(-2), Text("0")}) {
    const auto samples = Load(text, {{"target", target}});
    ASSERT_TRUE(samples.ok()) << samples.status();
    EXPECT_THAT(LabelsOf(*samples), ElementsAre(1, 0));
    EXPECT_THAT(Floats(*samples), ElementsAre(1, 2));
  }
}

TEST_F(CsvSourceTest, ClassesThatAreNumbersAreSortedByValue) {
  const auto samples = Load("x,y\n1,10\n1,9\n1,2\n");
  EXPECT_THAT(samples->info.class_names, ElementsAre("2", "9", "10"));
  EXPECT_THAT(LabelsOf(*samples), ElementsAre(2, 1, 0));
}

TEST_F(CsvSourceTest, Regression) {
  RawMap params = regression_;
  params["target"] = Texts({"y", "z"});
  const auto samples = Load("y,x,z\n1,2,3\n4,5,6\n", params);
  EXPECT_EQ(samples->info.task, Task::kRegression);
  EXPECT_EQ(samples->info.targets, 2);
  EXPECT_THAT(Floats(*samples), ElementsAre(2, 5));
  EXPECT_THAT(TargetsOf(*samples), ElementsAre(1, 3, 4, 6));
}

TEST_F(CsvSourceTest, ChoosesColumns) {
  const std::string text = "id,a,b,y\n1,2,3,u\n4,5,6,v\n";
  EXPECT_THAT(Floats(*Load(text, {{"ignore", Text("id")}})), ElementsAre(2, 3, 5, 6));
  EXPECT_THAT(Floats(*Load(text, {{"features", Texts({"b"})}})), ElementsAre(3, 6));
  EXPECT_THAT(Floats(*Load(text, {{"features", Texts({"a"})}, {"categorical", Texts({"a"})}})),
              ElementsAre(1, 0, 0, 1));
}

TEST_F(CsvSourceTest, Delimiters) {
  EXPECT_EQ(Load("a;y\n1;u\n2;v\n", {{"delimiter", Text(";")}})->count, 2);
  EXPECT_EQ(Load("a\ty\n1\tu\n2\tv\n", {{"delimiter", Text("tab")}})->count, 2);
  Violations violations;
  MakeSource("csv", {{"path", Text("t.csv")}, {"delimiter", Text("ab")}}, violations);
  EXPECT_THAT(Message(violations.ToStatus()),
              HasSubstr("data.source.delimiter: expected one character"));
}

TEST_F(CsvSourceTest, ReadsGzip) {
  folder_.Write("t.csv.gz", Gzip("a,y\n1,u\n2,v\n"));
  EXPECT_EQ(MakeSource("csv", {{"path", Text("t.csv.gz")}})->Load(roots_)->count, 2);
}

TEST_F(CsvSourceTest, ATestFileIsTheTestPart) {
  folder_.Write("test.csv", "a,y\nq,v\n");
  const auto samples = Load("a,y\np,u\nr,v\n", {{"test_path", Text("test.csv")}});
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_EQ(samples->count, 3);
  EXPECT_EQ(samples->train_count, 2);
  EXPECT_THAT(Floats(*samples), ElementsAre(1, 0, 0, 0, 0, 1, 0, 1, 0));  // p, q, r
  EXPECT_THAT(LabelsOf(*samples), ElementsAre(0, 1, 1));
  folder_.Write("test.csv", "b,y\nq,v\n");
  EXPECT_THAT(Wrong("a,y\np,u\nr,v\n", {{"test_path", Text("test.csv")}}),
              HasSubstr("test.csv:1: column 0 is 'b', in t.csv it is 'a'"));
}

TEST_F(CsvSourceTest, MissingValues) {
  const std::string text = "a,b,y\n1,?,u\n,p,v\n3,q,u\n";
  EXPECT_THAT(Wrong(text), HasSubstr("t.csv:2: column 'b' has no value"));
  const auto samples = Load(text, {{"missing", Text("mean")}});
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_TRUE(samples->has_missing);
  EXPECT_THAT(Floats(*samples), ElementsAre(1, IsNan(), IsNan(), IsNan(), 1, 0, 3, 0, 1));
  EXPECT_THAT(Wrong("a,y\n1,\n2,u\n", {{"missing", Text("mean")}}),
              HasSubstr("t.csv:2: column 'y' has no value; every row needs"));
  EXPECT_THAT(Wrong("a,b,y\n,1,u\n,2,v\n", {{"missing", Text("mean")}}),
              HasSubstr("column 'a' has no value in any row"));
}

TEST_F(CsvSourceTest, RaggedRows) {
  EXPECT_THAT(Wrong("a,b,y\n1,2,u\n1,2\n"),
              HasSubstr("t.csv:3: has 2 fields where the first line has 3"));
  EXPECT_THAT(Wrong("a,b,y\n1,2,u\n\"x\ny\",2,u,4\n"), HasSubstr("t.csv:3: has 4 fields"));
}

TEST_F(CsvSourceTest, ATypingErrorInAColumnOfNumbers) {
  EXPECT_THAT(Wrong("a,y\n1,u\n2,v\n3,u\n4x,v\n"),
              HasSubstr("t.csv:5: column 'a' holds '4x', but 3 of its values are numbers"));
  EXPECT_TRUE(Load("a,y\n1,u\n2,v\n3,u\n4x,v\n", {{"categorical", Text("a")}}).ok());
  EXPECT_THAT(Wrong("a,y\n1,u\n1e99,v\n2,v\n"), HasSubstr("t.csv:3: column 'a' holds '1e99'"));
}

TEST_F(CsvSourceTest, UnknownColumns) {
  const std::string text = "age,town,y\n1,2,u\n2,3,v\n";
  const absl::Status target = Refused(text, {{"target", Text("twon")}});
  EXPECT_EQ(ParameterOf(target), "target");
  EXPECT_THAT(Message(target),
              HasSubstr("there is no column 'twon' in t.csv; did you mean 'town'?"));
  EXPECT_EQ(ParameterOf(Refused(text, {{"ignore", Text("zzzzzz")}})), "ignore");
  EXPECT_THAT(Wrong("1,2\n3,4\n", {{"target", Value(5)}}),
              HasSubstr("columns are numbered 0 to 1"));
  EXPECT_THAT(Wrong(text, {{"ignore", Text("y")}}), HasSubstr("is the target"));
  EXPECT_THAT(Wrong(text, {{"ignore", Texts({"age", "town"})}}),
              HasSubstr("no column is left as a feature"));
}

TEST_F(CsvSourceTest, Targets) {
  EXPECT_THAT(Wrong("a,y\n1,u\n2,u\n"), HasSubstr("all 2 rows of t.csv have the class 'u'"));
  EXPECT_THAT(Wrong("a,y\n1,2\n2,u\n", regression_),
              HasSubstr("t.csv:3: target 'y' is 'u'; regression needs numbers"));
  Violations violations;
  MakeSource("csv", {{"path", Text("t.csv")}, {"target", Texts({"a", "b"})}}, violations);
  EXPECT_THAT(Message(violations.ToStatus()),
              HasSubstr("data.source.target: classification has one target"));
  RawMap twice = regression_;
  twice["target"] = Texts({"y", "y"});
  EXPECT_THAT(Wrong("a,y\n1,2\n2,3\n", twice), HasSubstr("names column 'y' twice"));
}

TEST_F(CsvSourceTest, TooManyClassesAndCategories) {
  std::string classes = "a,y\n";
  std::string categories = "a,y\n";
  for (int i = 0; i < 10001; ++i) {
    classes += "1," + std::to_string(i) + "\n";
    categories += "n" + std::to_string(i) + ",u\nn,v\n";
  }
  EXPECT_THAT(Wrong(classes), HasSubstr("set `task: regression`"));
  EXPECT_THAT(Wrong(categories), HasSubstr("column 'a' has more than 1000 different values"));
}

TEST_F(CsvSourceTest, FilesWithoutRows) {
  EXPECT_THAT(Wrong(""), HasSubstr("t.csv: is empty"));
  EXPECT_THAT(Wrong("a,b\n"), HasSubstr("holds no rows after its header"));
  EXPECT_THAT(Wrong("a\n1\n2\n"), HasSubstr("has one column"));
  EXPECT_THAT(Wrong("a,a,y\n1,2,u\n"), HasSubstr("two columns are named 'a'"));
}

TEST_F(CsvSourceTest, NamesAreMadeSafeForMessages) {
  const auto samples = Load("a,y\n1,\xff\xfe\n2,v\n");
  EXPECT_THAT(samples->info.class_names, ElementsAre("v", "??"));
}

TEST_F(CsvSourceTest, KeepsAParsedCopy) {
  roots_.cache_folder = folder_.PathOf("cache");
  const std::string text = "a,y\n1,u\n2,v\n";
  ASSERT_TRUE(Load(text).ok());
  const auto again = MakeSource("csv", {{"path", Text("t.csv")}})->Load(roots_);
  EXPECT_THAT(Floats(*again), ElementsAre(1, 2));
  EXPECT_THAT(again->info.class_names, ElementsAre("u", "v"));
  // Other parameters are another key.
  EXPECT_THAT(
      Floats(
          *MakeSource("csv", {{"path", Text("t.csv")}, {"categorical", Text("a")}})->Load(roots_)),
      ElementsAre(1, 0, 0, 1));
}

TEST_F(CsvSourceTest, ADescriptionKeepsAParsedCopy) {
  roots_.cache_folder = folder_.PathOf("cache");
  folder_.Write("t.csv", "a,y\n1,u\n2,v\n");
  const auto source = MakeSource("csv", {{"path", Text("t.csv")}});
  const auto first = source->Describe(roots_);
  EXPECT_FALSE(std::filesystem::is_empty(roots_.cache_folder));
  const auto second = source->Describe(roots_);
  EXPECT_EQ(first->count, second->count);
  EXPECT_EQ(first->info.class_names, second->info.class_names);
  EXPECT_EQ(first->memory_bytes, second->memory_bytes);
}

TEST_F(CsvSourceTest, SurvivesRandomTables) {
  const RandomStream stream(6, RandomPurpose::kSynthetic);
  const std::vector<std::string> words = {"a",  "b",  "1",  "2.5", ",", ",",    ",",
                                          "\n", "\n", "\"", "?",   " ", "1e99", "\r\n"};
  for (uint64_t round = 0; round < 500; ++round) {
    std::string text;
    const uint64_t size = stream.Below(round, 0, 40);
    for (uint64_t i = 0; i < size; ++i) text += words[stream.Below(round, i + 1, words.size())];
    const auto samples = Load(text, round % 2 == 0 ? RawMap{} : RawMap{{"missing", Text("mean")}});
    if (samples.ok()) {
      EXPECT_EQ(samples->labels.size(), static_cast<size_t>(samples->count)) << text;
    }
  }
}

}  // namespace
}  // namespace trainyard
