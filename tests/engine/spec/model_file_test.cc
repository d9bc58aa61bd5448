#include "engine/spec/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/status.h"
#include "tests/engine/formats/temporary_folder.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

FittedData Table() {
  FittedData data;
  data.source.input_shape = Shape({3});
  data.source.classes = 2;
  data.source.class_names = {"no", "yes"};
  data.source.columns = {{"age", {}}, {"town", {"Bonn", "Rome"}}};
  data.source.target_columns = {"bought"};
  data.fill = {41.5f, 0.5f, 0.5f};
  data.transforms = {{{"shift", {1, 2, 3}}, {"scale", {4, 5, 6}}}, {}};
  return data;
}

TEST(ModelFile, GivesBackWhatWasWritten) {
  const auto bytes = WriteModel({{"dense_0.weight", {2, 3}, {1, 2, 3, 4, 5, 6}}}, Table());
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  const auto model = ReadModel(*bytes);
  ASSERT_TRUE(model.ok()) << model.status();
  ASSERT_EQ(model->parameters.size(), 1u);
  EXPECT_EQ(model->parameters[0].name, "dense_0.weight");
  EXPECT_EQ(model->data.source.input_shape, Shape({3}));
  EXPECT_EQ(model->data.source.task, Task::kClassification);
  EXPECT_EQ(model->data.source.classes, 2);
  EXPECT_EQ(model->data.source.columns, Table().source.columns);
  EXPECT_EQ(model->data.source.class_names, Table().source.class_names);
  EXPECT_EQ(model->data.source.target_columns, Table().source.target_columns);
  EXPECT_EQ(model->data.fill, Table().fill);
  EXPECT_EQ(model->data.transforms, Table().transforms);
}

TEST(ModelFile, IsTheSameForTheSameModel) {
  const std::vector<NamedTensor> parameters = {{"dense_0.weight", {1}, {1}}};
  EXPECT_EQ(*WriteModel(parameters, Table()), *WriteModel(parameters, Table()));
}

TEST(ModelFile, ItsHeaderTellsOfTheData) {
  TemporaryFolder folder;
  const std::string bytes = *WriteModel({{"dense_0.weight", {1}, {1}}}, Table());
  folder.Write("model", bytes);
  const auto info = ReadModelDataInfo(folder.path() + "/model");
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_THAT(info->class_names, ElementsAre("no", "yes"));

  folder.Write("cut", bytes.substr(0, 40));
  EXPECT_TRUE(absl::IsDataLoss(ReadModelDataInfo(folder.path() + "/cut").status()));
  EXPECT_TRUE(absl::IsNotFound(ReadModelDataInfo(folder.path() + "/none").status()));
}

TEST(ModelFile, RefusesOtherFiles) {
  EXPECT_TRUE(absl::IsDataLoss(ReadModel("not a model").status()));
  const std::string other = *WriteSafetensors({{"a", {1}, {1}}}, {{"format", "pt"}});
  EXPECT_THAT(Message(ReadModel(other).status()), HasSubstr("no model file of Trainyard"));
}

}  // namespace
}  // namespace trainyard
