#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/status.h"
#include "tests/engine/data/make_source.h"
#include "tests/engine/formats/temporary_folder.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsNan;

// A model that was trained on age, town (Bonn, Rome) and the classes no, yes.
class CsvLikeTest : public ::testing::Test {
 protected:
  CsvLikeTest() {
    roots_.folders = {folder_.path()};
    like_ = Train("age,town,bought\n30,Rome,yes\n40,Bonn,no\n50,Rome,no\n");
  }

  DataInfo Train(const std::string& text, RawMap params = {}) {
    folder_.Write("train.csv", text);
    params["path"] = Text("train.csv");
    const auto samples = MakeSource("csv", params)->Load(roots_);
    EXPECT_TRUE(samples.ok()) << samples.status();
    return samples->info;
  }
  absl::StatusOr<Samples> Load(const std::string& text, RawMap params = {}) {
    folder_.Write("new.csv", text);
    params["path"] = Text("new.csv");
    const auto source = MakeSource("csv", params);
    const auto samples = source->LoadLike(like_, roots_);
    EXPECT_EQ(source->DescribeLike(like_, roots_).status(), samples.status());
    return samples;
  }
  std::string Wrong(const std::string& text, const RawMap& params = {}) {
    return Message(Load(text, params).status());
  }

  TemporaryFolder folder_;
  DataRoots roots_;
  DataInfo like_;
};

TEST_F(CsvLikeTest, FindsColumnsByNameInTheModelsOrder) {
  const auto samples = Load("id,bought,town,age\n7,yes,Bonn,20\n8,no,Rome,60\n");
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_THAT(Floats(*samples), ElementsAre(20, 1, 0, 60, 0, 1));  // age, Bonn, Rome
  EXPECT_THAT(LabelsOf(*samples), ElementsAre(1, 0));
  EXPECT_THAT(samples->info.class_names, ElementsAre("no", "yes"));
}

// Other categories or classes in a file would shift features and labels, were they counted anew.
TEST_F(CsvLikeTest, CategoriesAndClassesAreTheModels) {
  const auto samples = Load("age,town,bought\n20,Rome,yes\n");
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_THAT(Floats(*samples), ElementsAre(20, 0, 1));
  EXPECT_THAT(LabelsOf(*samples), ElementsAre(1));
}

TEST_F(CsvLikeTest, TheTargetMayBeAbsent) {
  const auto samples = Load("town,age\nRome,20\n");
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_THAT(Floats(*samples), ElementsAre(20, 0, 1));
  EXPECT_THAT(LabelsOf(*samples), IsEmpty());
}

TEST_F(CsvLikeTest, TheTargetMayHaveAnotherName) {
  const auto samples = Load("age,town,sold\n20,Rome,no\n", {{"target", Texts({"sold"})}});
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_THAT(LabelsOf(*samples), ElementsAre(0));
  EXPECT_THAT(Wrong("age,town,sold\n20,Rome,no\n", {{"target", Texts({"town"})}}),
              HasSubstr("column 'town' is a feature already"));
}

TEST_F(CsvLikeTest, MissingValuesAreLeftToTheModel) {
  const auto samples = Load("age,town\n,Rome\n");
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_TRUE(samples->has_missing);
  EXPECT_THAT(Floats(*samples), ElementsAre(IsNan(), 0, 1));
}

TEST_F(CsvLikeTest, RefusesWhatTheModelDoesNotKnow) {
  EXPECT_THAT(
      Wrong("age,twon\n20,Rome\n"),
      HasSubstr("new.csv: has no column 'town', which the model needs; did you mean 'twon'?"));
  EXPECT_THAT(Wrong("age,town\n20,Rome\n30,Rom\n"),
              HasSubstr("new.csv:3: column 'town' holds 'Rom', a category that the model was not "
                        "trained on; did you mean 'Rome'?"));
  EXPECT_THAT(Wrong("age,town,bought\n20,Rome,perhaps\n"),
              HasSubstr("new.csv:2: column 'bought' holds 'perhaps', a class that the model"));
  EXPECT_THAT(Wrong("age,town\nold,Rome\n"),
              HasSubstr("new.csv:2: column 'age' holds 'old'; the model needs a number there"));
  EXPECT_THAT(Wrong("age,town,bought\n20,Rome,\n"), HasSubstr("target 'bought' has no value"));
}

TEST_F(CsvLikeTest, ColumnsWithoutNamesAreFoundByNumber) {
  like_ = Train("1,2,a\n3,4,b\n");
  const auto samples = Load("5,6\n7,8\n");
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_THAT(Floats(*samples), ElementsAre(5, 6, 7, 8));
  EXPECT_THAT(LabelsOf(*samples), IsEmpty());
}

TEST_F(CsvLikeTest, ReadsTheTargetsOfRegression) {
  like_ = Train("x,y\n1,2\n3,4\n", {{"task", Text("regression")}});
  const auto samples = Load("y,x\n10,20\n");
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_THAT(Floats(*samples), ElementsAre(20));
  EXPECT_THAT(TargetsOf(*samples), ElementsAre(10));
  EXPECT_THAT(TargetsOf(*Load("x\n20\n")), IsEmpty());
}

}  // namespace
}  // namespace trainyard
