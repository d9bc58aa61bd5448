#include "server/datasets/dataset_store.h"

#include <gmock/gmock.h>

#include "server/store/dataset_names.h"
#include "tests/server/datasets/fixture.h"

namespace trainyard {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DatasetStoreTest : public DatasetsTest {
 protected:
  static v1::Specification Reading(const std::string& path) {
    v1::Specification specification = Named("job");
    specification.mutable_data()->mutable_source()->set_type("csv");
    (*specification.mutable_data()->mutable_source()->mutable_params())["path"].set_string_value(
        path);
    return specification;
  }
  static std::string PathOf(const v1::Specification& specification) {
    return specification.data().source().params().at("path").string_value();
  }

  // A queued job that reads a version.
  absl::StatusOr<std::string> AddReader(const std::string& path) {
    std::string name;
    RETURN_IF_ERROR(Write([&](Connection& connection) -> absl::Status {
      const v1::Specification specification = Reading(path);
      ASSIGN_OR_RETURN(JobRow row, InsertJob(connection, specification, v1::ModelSummary(), 0,
                                             clock_.Now(), Counter()));
      RETURN_IF_ERROR(HoldDatasets(connection, row.id, specification));
      name = row.summary.name();
      return AppendEvents(connection, row, {StateEvent(v1::QUEUED)}, clock_.Now());
    }));
    return name;
  }
};

TEST_F(DatasetStoreTest, MakesVersionsByContent) {
  const auto first = Put("flowers", {{"train.csv", "a,b\n1,x\n"}});
  ASSERT_OK(first.status());
  EXPECT_EQ(first->version.name(), "datasets/flowers/versions/1");
  EXPECT_EQ(first->version.path(), "dataset:flowers@1");
  EXPECT_EQ(first->version.source(), "csv");
  EXPECT_FALSE(first->existed);
  const auto same = Put("flowers", {{"train.csv", "a,b\n1,x\n"}});
  ASSERT_OK(same.status());
  EXPECT_TRUE(same->existed);
  EXPECT_EQ(same->version.version(), 1u);
  const auto second = Put("flowers", {{"train.csv", "a,b\n2,y\n"}});
  ASSERT_OK(second.status());
  EXPECT_EQ(second->version.version(), 2u);
  // Back to the first bytes: that version is there.
  EXPECT_EQ(Put("flowers", {{"train.csv", "a,b\n1,x\n"}})->version.version(), 1u);
  EXPECT_EQ(Read("flowers", 1, "train.csv"), "a,b\n1,x\n");
  EXPECT_EQ(Read("flowers", 2, "train.csv"), "a,b\n2,y\n");
}

// The hash of a version can be computed by anyone who has the files.
TEST_F(DatasetStoreTest, HashesTheListOfFiles) {
  const auto made = Put("pets", {{"a.txt", "x"}, {"b/c.txt", "yy"}});
  ASSERT_OK(made.status());
  EXPECT_EQ(made->version.sha256(),
            Sha256Hex(Sha256Hex("x") + " 1 a.txt\n" + Sha256Hex("yy") + " 2 b/c.txt\n"));
}

TEST_F(DatasetStoreTest, SurvivesARestart) {
  ASSERT_OK(Put("flowers", {{"train.csv", "a\n1\n"}}).status());
  ASSERT_OK(Append("flowers", {{"train.csv", "a\n2\n"}}).status());
  Open();
  EXPECT_EQ(Read("flowers", 2, "train.csv"), "a\n1\n2\n");
  EXPECT_EQ(datasets_->Get("flowers")->versions(), 2u);
  // Folders of links can be made again.
  std::filesystem::remove_all(folder_.path() + "/versions");
  Open();
  EXPECT_EQ(Read("flowers", 1, "train.csv"), "a\n1\n");
  EXPECT_EQ(Read("flowers", 2, "train.csv"), "a\n1\n2\n");
}

// Killed between the uses and the row of a version.
TEST_F(DatasetStoreTest, SweepsAVersionThatWasNeverMade) {
  ASSERT_OK(Put("flowers", {{"train.csv", "a\n1\n"}}).status());
  const size_t files = FilesBelow("contents");
  ASSERT_OK(Send("lost"));
  ASSERT_OK(Write([&](Connection& connection) -> absl::Status {
    RETURN_IF_ERROR(connection.Run(
        "INSERT INTO content_uses (dataset, version, sha256) VALUES ('flowers', 2, ?)",
        Sha256Hex("lost")));
    return connection.Run("DELETE FROM content_claims");
  }));
  std::filesystem::create_directories(folder_.path() + "/versions/flowers@2");
  Open();
  EXPECT_EQ(FilesBelow("contents"), files);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/versions/flowers@2"));
  EXPECT_EQ(Put("flowers", {{"train.csv", "a\n9\n"}})->version.version(), 2u);
}

TEST_F(DatasetStoreTest, NeedsTheContentsItIsMadeOf) {
  NewVersion wanted;
  wanted.dataset = "flowers";
  wanted.files_sha256 = Sha256Hex("nowhere");
  EXPECT_EQ(ReasonOf(datasets_->Create(wanted).status()), "CONTENTS_MISSING");
  const std::string list = Sha256Hex("never sent") + " 10 train.csv\n";
  ASSERT_OK(Send(list));
  wanted.files_sha256 = Sha256Hex(list);
  const absl::Status status = datasets_->Create(wanted).status();
  EXPECT_EQ(ReasonOf(status), "CONTENTS_MISSING");
  EXPECT_THAT(Message(status), HasSubstr("1 of 1 files have not been uploaded, train.csv"));
}

TEST_F(DatasetStoreTest, RefusesAListWithAnotherSize) {
  ASSERT_OK(Send("abc"));
  const std::string list = Sha256Hex("abc") + " 4 train.csv\n";
  ASSERT_OK(Send(list));
  NewVersion wanted;
  wanted.dataset = "flowers";
  wanted.files_sha256 = Sha256Hex(list);
  EXPECT_TRUE(absl::IsInvalidArgument(datasets_->Create(wanted).status()));
}

TEST_F(DatasetStoreTest, RefusesNamesOfDataSets) {
  for (const char* name : {"", "Flowers", "a/b", "..", "-a", "a@1", "a b"})
    EXPECT_TRUE(absl::IsInvalidArgument(Put(name, {{"a.csv", "x"}}).status())) << name;
}

TEST_F(DatasetStoreTest, AnswersARepeatedRequestFromTheStore) {
  NewVersion wanted;
  wanted.dataset = "flowers";
  wanted.request_id = "r1";
  wanted.request_hash = "h1";
  const auto first = Create(wanted, {{"a.csv", "x\n1\n"}});
  ASSERT_OK(first.status());
  ASSERT_OK(Put("flowers", {{"a.csv", "x\n2\n"}}).status());
  const auto again = Create(wanted, {{"a.csv", "x\n1\n"}});
  ASSERT_OK(again.status());
  EXPECT_EQ(again->version.SerializeAsString(), first->version.SerializeAsString());
  EXPECT_FALSE(again->existed);
  wanted.request_hash = "h2";
  EXPECT_TRUE(absl::IsAlreadyExists(Create(wanted, {{"a.csv", "y"}}).status()));
}

TEST_F(DatasetStoreTest, AnswersARepeatedRemovalFromTheStore) {
  ASSERT_OK(Put("flowers", {{"a.csv", "x\n1\n"}}).status());
  const auto first = datasets_->Delete("flowers", "r1", "h1");
  ASSERT_OK(first.status());
  const auto again = datasets_->Delete("flowers", "r1", "h1");
  ASSERT_OK(again.status());
  EXPECT_EQ(again->versions(), 1u);
  EXPECT_TRUE(absl::IsNotFound(datasets_->Delete("flowers", "r2", "h2").status()));
}

TEST_F(DatasetStoreTest, NumbersAreNotUsedAgain) {
  ASSERT_OK(Put("flowers", {{"a.csv", "x\n1\n"}}).status());
  ASSERT_OK(datasets_->Delete("flowers", "", "").status());
  EXPECT_EQ(FilesBelow("contents"), 0u);
  EXPECT_EQ(Put("flowers", {{"a.csv", "x\n1\n"}})->version.version(), 2u);
}

TEST_F(DatasetStoreTest, WhatVersionsShareStaysUntilTheLastOneGoes) {
  ASSERT_OK(Put("flowers", {{"a.csv", "x\n1\n"}, {"b.csv", "y\n"}}).status());
  ASSERT_OK(Put("flowers", {{"a.csv", "x\n1\n"}}).status());
  ASSERT_OK(datasets_->DeleteVersion("flowers", 1, "", "").status());
  EXPECT_EQ(Read("flowers", 2, "a.csv"), "x\n1\n");
  EXPECT_FALSE(std::filesystem::exists(contents_->Path(Sha256Hex("y\n"))));
  EXPECT_TRUE(std::filesystem::exists(contents_->Path(Sha256Hex("x\n1\n"))));
}

TEST_F(DatasetStoreTest, KeepsWhatJobsNeed) {
  ASSERT_OK(Put("flowers", {{"a.csv", "x\n1\n"}}).status());
  ASSERT_OK(Put("flowers", {{"a.csv", "x\n2\n"}}).status());
  const auto job = AddReader("dataset:flowers@1/a.csv");
  ASSERT_OK(job.status());
  const absl::Status refused = datasets_->DeleteVersion("flowers", 1, "", "").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_EQ(ReasonOf(refused), "DATASET_IN_USE");
  EXPECT_THAT(Message(refused), HasSubstr(*job));
  // All or nothing.
  EXPECT_TRUE(absl::IsFailedPrecondition(datasets_->Delete("flowers", "", "").status()));
  EXPECT_EQ(datasets_->Get("flowers")->versions(), 2u);
  ASSERT_OK(StoreTest::Append(*job, {StateEvent(v1::CANCELLED)}));
  EXPECT_OK(datasets_->Delete("flowers", "", "").status());
}

TEST_F(DatasetStoreTest, AJobCannotBeMadeOfARemovedVersion) {
  ASSERT_OK(Put("flowers", {{"a.csv", "x\n1\n"}}).status());
  const auto job = AddReader("dataset:flowers@7/a.csv");
  EXPECT_TRUE(absl::IsNotFound(job.status()));
  EXPECT_THAT(Message(job.status()), HasSubstr("newest first there are 1"));
}

TEST_F(DatasetStoreTest, PinsTheNewestVersion) {
  ASSERT_OK(Put("flowers", {{"a.csv", "x\n1\n"}}).status());
  ASSERT_OK(Put("flowers", {{"a.csv", "x\n1\n"}, {"b.csv", "x\n"}}).status());
  const auto pinned = [&](const std::string& path) {
    v1::Specification specification = Reading(path);
    Violations violations;
    datasets_->Pin(specification, violations);
    EXPECT_TRUE(violations.empty());
    return PathOf(specification);
  };
  EXPECT_EQ(pinned("dataset:flowers/a.csv"), "dataset:flowers@2/a.csv");
  EXPECT_EQ(pinned("dataset:flowers@1/a.csv"), "dataset:flowers@1/a.csv");
  EXPECT_EQ(pinned("dataset:flowers"), "dataset:flowers@2");
  // Of one file.
  EXPECT_EQ(pinned("dataset:flowers@1"), "dataset:flowers@1/a.csv");
  EXPECT_EQ(pinned("tables/iris.csv"), "tables/iris.csv");
}

TEST_F(DatasetStoreTest, SaysWhichDataSetIsNotThere) {
  ASSERT_OK(Put("flowers", {{"a.csv", "x\n1\n"}}).status());
  for (const auto& [path, why] : std::vector<std::pair<std::string, std::string>>{
           {"dataset:flowrs/a.csv", "did you mean 'flowers'?"},
           {"dataset:flowers@2/a.csv", "has no version 2"},
           {"dataset:flowers@0/a.csv", "no number of a version"},
           {"dataset:flowers@x", "no number of a version"},
           {"dataset:../x", "no name of a data set"},
           {"dataset:", "no name of a data set"}}) {
    v1::Specification specification = Reading(path);
    Violations violations;
    datasets_->Pin(specification, violations);
    ASSERT_EQ(violations.list().size(), 1u) << path;
    EXPECT_EQ(violations.list()[0].path, "data.source.path");
    EXPECT_THAT(violations.list()[0].message, HasSubstr(why)) << path;
  }
}

TEST_F(DatasetStoreTest, HasAQuotaForEachDataSet) {
  dataset_options_.most_bytes_per_dataset = 1000;
  Open();
  ASSERT_OK(Put("flowers", {{"a.txt", std::string(600, 'a')}}).status());
  const absl::Status status = Put("flowers", {{"a.txt", std::string(600, 'b')}}).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_EQ(ReasonOf(status), "QUOTA_EXCEEDED");
  EXPECT_EQ(MetadataOf(status).at("subject"), "datasets/flowers");
  EXPECT_EQ(datasets_->Get("flowers")->versions(), 1u);
  EXPECT_OK(Put("pets", {{"a.txt", std::string(600, 'b')}}).status());
  // What is shared counts once.
  EXPECT_OK(Put("flowers", {{"b.txt", std::string(600, 'a')}}).status());
}

TEST_F(DatasetStoreTest, ListsByName) {
  for (const char* name : {"c", "a", "b"}) ASSERT_OK(Put(name, {{"x.txt", name}}).status());
  ASSERT_OK(datasets_->Delete("b", "", "").status());
  const auto listed = datasets_->List("", 10);
  ASSERT_OK(listed.status());
  std::vector<std::string> names;
  for (const v1::Dataset& dataset : *listed) names.push_back(dataset.name());
  EXPECT_THAT(names, ElementsAre("datasets/a", "datasets/c"));
  EXPECT_EQ(datasets_->List("a", 10)->size(), 1u);
}

TEST_F(DatasetStoreTest, ReadsTheManyWaysToNameAVersion) {
  for (const char* text : {"flowers@3", "datasets/flowers@3", "datasets/flowers/versions/3"}) {
    const auto name = ParseVersionName(text, "name");
    ASSERT_OK(name.status());
    EXPECT_EQ(name->dataset, "flowers");
    EXPECT_EQ(name->version, 3u);
  }
  EXPECT_EQ(ParseVersionName("datasets/flowers", "name")->version, 0u);
  for (const char* text : {"", "flowers@", "flowers@-1", "flowers@4294967296", "flowers@03",
                           "datasets/flowers/versions/", "datasets//versions/1", "a/b"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseVersionName(text, "name").status())) << text;
  }
}

}  // namespace
}  // namespace trainyard
