#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/status.h"
#include "tests/engine/data/make_source.h"
#include "tests/engine/formats/npy_bytes.h"
#include "tests/engine/formats/temporary_folder.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class NpySourceTest : public ::testing::Test {
 protected:
  NpySourceTest() {
    roots_.folders = {folder_.path()};
    folder_.Write("x.npy", NpyArray<float>("<f4", "(3, 2)", {1, 2, 3, 4, 5, 6}));
    folder_.Write("y.npy", NpyArray<int64_t>("<i8", "(3,)", {0, 2, 1}));
  }
  absl::StatusOr<Samples> Load(RawMap params = {}) {
    params.insert({{"features", Text("x.npy")}, {"labels", Text("y.npy")}});
    return MakeSource("npy", params)->Load(roots_);
  }
  absl::Status Refused(RawMap params = {}) {
    params.insert({{"features", Text("x.npy")}, {"labels", Text("y.npy")}});
    const absl::Status described = MakeSource("npy", params)->Describe(roots_).status();
    EXPECT_EQ(described, Load(params).status());
    return described;
  }

  TemporaryFolder folder_;
  DataRoots roots_;
};

TEST_F(NpySourceTest, ReadsVectors) {
  const auto samples = Load();
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_EQ(samples->info.input_shape, Shape({2}));
  EXPECT_EQ(samples->info.classes, 3);
  EXPECT_THAT(Floats(*samples), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(LabelsOf(*samples), ElementsAre(0, 2, 1));
  EXPECT_EQ(samples->train_count, 3);
}

TEST_F(NpySourceTest, BytesStayBytes) {
  folder_.Write("x.npy", NpyArray<uint8_t>("|u1", "(3, 1, 2)", {1, 2, 3, 4, 5, 255}));
  const auto samples = Load();
  EXPECT_EQ(samples->info.input_shape, Shape({1, 1, 2}));
  EXPECT_THAT(Bytes(*samples), ElementsAre(1, 2, 3, 4, 5, 255));
  EXPECT_FLOAT_EQ(samples->byte_scale, 1.0f / 255);
}

TEST_F(NpySourceTest, ATestPart) {
  folder_.Write("tx.npy", NpyArray<double>("<f8", "(1, 2)", {7, 8}));
  folder_.Write("ty.npy", NpyArray<uint8_t>("|u1", "(1, 1)", {2}));
  const auto samples = Load({{"test_features", Text("tx.npy")}, {"test_labels", Text("ty.npy")}});
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_EQ(samples->count, 4);
  EXPECT_EQ(samples->train_count, 3);
  EXPECT_THAT(Floats(*samples), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(LabelsOf(*samples), ElementsAre(0, 2, 1, 2));
}

TEST_F(NpySourceTest, Regression) {
  folder_.Write("y.npy", NpyArray<float>("<f4", "(3, 2)", {1, 2, 3, 4, 5, 6}));
  const auto samples = Load({{"task", Text("regression")}});
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_EQ(samples->info.targets, 2);
  EXPECT_THAT(TargetsOf(*samples), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(NpySourceTest, RefusesWhatDoesNotFit) {
  const auto with_labels = [&](const std::string& labels) {
    folder_.Write("y.npy", labels);
    const absl::Status status = Refused();
    EXPECT_EQ(ParameterOf(status), "labels");
    return Message(status);
  };
  EXPECT_THAT(with_labels(NpyArray<int32_t>("<i4", "(2,)", {0, 1})),
              HasSubstr("y.npy: has 2 rows for the 3 samples of x.npy"));
  EXPECT_THAT(with_labels(NpyArray<int32_t>("<i4", "(3, 2)", {0, 1, 0, 1, 0, 1})),
              HasSubstr("expected one label a sample"));
  EXPECT_THAT(with_labels(NpyArray<int32_t>("<i4", "(3,)", {0, -1, 1})),
              HasSubstr("label -1 of sample 1"));
  EXPECT_THAT(with_labels(NpyArray<int32_t>("<i4", "(3,)", {1, 1, 1})), HasSubstr("of one class"));
}

TEST_F(NpySourceTest, RefusesCutFiles) {
  const std::string whole = NpyArray<float>("<f4", "(3, 2)", {1, 2, 3, 4, 5, 6});
  folder_.Write("x.npy", whole.substr(0, whole.size() - 1));
  EXPECT_THAT(Message(Refused()), HasSubstr("x.npy: announces an array of shape (3, 2)"));
  folder_.Write("x.npy", whole + "x");
  EXPECT_THAT(Message(Refused()), HasSubstr("more bytes follow"));
}

TEST_F(NpySourceTest, ParametersNeedEachOther) {
  Violations violations;
  MakeSource("npy", {{"features", Text("x")}, {"labels", Text("y")}, {"test_features", Text("t")}},
             violations);
  EXPECT_THAT(Message(violations.ToStatus()),
              HasSubstr("data.source.test_labels: required beside `test_features`"));
}

TEST_F(NpySourceTest, SamplesToBePredictedNeedNoLabels) {
  const auto trained = Load();
  const auto unlabelled = MakeSource("npy", {{"features", Text("x.npy")}});
  EXPECT_EQ(ParameterOf(unlabelled->Load(roots_).status()), "labels");
  const auto samples = unlabelled->LoadLike(trained->info, roots_);
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_THAT(Floats(*samples), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_TRUE(samples->labels.empty());
  EXPECT_EQ(samples->info.classes, 3);
}

TEST_F(NpySourceTest, LabelsToBeComparedAreTheModels) {
  DataInfo model = Load()->info;
  folder_.Write("ones.npy", NpyArray<int64_t>("<i8", "(3,)", {1, 1, 1}));
  const RawMap ones = {{"features", Text("x.npy")}, {"labels", Text("ones.npy")}};
  const auto samples = MakeSource("npy", ones)->LoadLike(model, roots_);
  ASSERT_TRUE(samples.ok()) << samples.status();
  EXPECT_EQ(samples->info.classes, 3);
  model.classes = 1;
  EXPECT_THAT(Message(MakeSource("npy", ones)->LoadLike(model, roots_).status()),
              HasSubstr("label 1 of sample 0 is not in [0, 1), the classes that the model knows"));
}

}  // namespace
}  // namespace trainyard
