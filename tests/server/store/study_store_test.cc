#include "server/store/study_store.h"

#include "absl/strings/str_cat.h"
#include "tests/server/store/support.h"

namespace trainyard {
namespace {

class StudyStoreTest : public StoreTest {
 protected:
  // Of one contender at sizes 100 and 1,000.
  std::string Make(const std::string& request_id = "") {
    v1::Study study;
    study.mutable_specification()->set_name("more");
    study.mutable_specification()->add_contenders()->set_name("a");
    AddPoint(study, "a", 100);
    AddPoint(study, "a", 1000);
    study.set_total_runs(6);
    study.set_total_flops(10);
    const std::vector<std::string> jobs = {AddJob("a-100"), AddJob("a-1000")};
    EXPECT_OK(Write([&](Connection& connection) {
      return InsertStudy(connection, request_id, "hash", jobs, Counter(), clock_.Now(), study);
    }));
    return study.name();
  }
  static void AddPoint(v1::Study& study, const std::string& contender, uint64_t size) {
    study.add_points()->set_contender(contender);
    study.mutable_points(study.points_size() - 1)->set_size(size);
  }
  // A size between, and a contender.
  v1::Study Addition(const std::string& name) {
    v1::Study added;
    added.set_name(name);
    added.mutable_specification()->set_name("more");
    added.mutable_specification()->add_contenders()->set_name("a");
    added.mutable_specification()->add_contenders()->set_name("b");
    AddPoint(added, "b", 100);
    AddPoint(added, "a", 300);
    added.set_total_runs(3);
    added.set_total_flops(5);
    return added;
  }
  absl::Status Extend(const std::string& name, const std::string& request_id = "",
                      int known_points = 2, const std::string& hash = "other") {
    jobs_ = {AddJob("b-100"), AddJob("a-300")};
    return Write([&](Connection& connection) {
      return ExtendStudy(connection, request_id, hash, jobs_, known_points, Addition(name));
    });
  }
  v1::Study Get(const std::string& name) {
    absl::StatusOr<v1::Study> study = StudyStore(*store_).Get(name);
    EXPECT_OK(study.status());
    return study.ok() ? *study : v1::Study();
  }

  std::vector<std::string> jobs_;
};

TEST_F(StudyStoreTest, AnExtensionAddsPointsInTheirOrder) {
  const std::string name = Make();
  ASSERT_OK(Extend(name));
  for (int i = 0; i < 2; ++i) {
    const v1::Study study = Get(name);
    ASSERT_EQ(study.points_size(), 4);
    EXPECT_EQ(study.points(0).size(), 100u);
    EXPECT_EQ(study.points(1).size(), 300u);
    EXPECT_EQ(study.points(1).job(), jobs_[1]);
    EXPECT_EQ(study.points(2).size(), 1000u);
    EXPECT_EQ(study.points(3).contender(), "b");
    EXPECT_EQ(study.points(3).job(), jobs_[0]);
    EXPECT_EQ(study.total_runs(), 9u);
    EXPECT_EQ(study.total_flops(), 15);
    EXPECT_EQ(study.specification().contenders_size(), 2);
    Reopen();
  }
}

TEST_F(StudyStoreTest, TheJobsThatItMadeNameIt) {
  const std::string name = Make();
  ASSERT_OK(Extend(name));
  const v1::Study study = Get(name);
  for (const v1::StudyPoint& point : study.points())
    EXPECT_EQ(Row(point.job()).summary.parent(), name);
  // One that was there before stays as it is.
  v1::Study other;
  AddPoint(other, "a", 100);
  other.mutable_points(0)->set_reused(true);
  const std::vector<std::string> jobs = {AddJob("by-itself")};
  ASSERT_OK(Write([&](Connection& connection) {
    return InsertStudy(connection, "", "hash", jobs, Counter(), clock_.Now(), other);
  }));
  EXPECT_EQ(Row(jobs[0]).summary.parent(), "");
}

TEST_F(StudyStoreTest, ATransactionThatFailsLeavesTheStudyAsItWas) {
  const std::string name = Make();
  const absl::Status failed = Write([&](Connection& connection) -> absl::Status {
    RETURN_IF_ERROR(
        ExtendStudy(connection, "id-1", "hash", {"jobs/x", "jobs/y"}, 2, Addition(name)));
    return absl::InternalError("the disk is full");
  });
  EXPECT_FALSE(failed.ok());
  EXPECT_EQ(Get(name).points_size(), 2);
  EXPECT_EQ(Get(name).total_runs(), 6u);
  EXPECT_OK(Extend(name, "id-1"));  // its request id is free
}

TEST_F(StudyStoreTest, OnlyOneOfTwoExtensionsAtATimeIsMade) {
  const std::string name = Make();
  ASSERT_OK(Extend(name));
  const absl::Status late = Extend(name);
  EXPECT_EQ(late.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(late), "STUDY_CHANGED");
  EXPECT_EQ(Get(name).points_size(), 4);
}

TEST_F(StudyStoreTest, ACancelledStudyIsNotExtended) {
  const std::string name = Make();
  ASSERT_OK(StudyStore(*store_).MarkCancelled(name));
  const absl::Status refused = Extend(name);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused), "STUDY_CANCELLED");
  EXPECT_EQ(Extend("studies/none").code(), absl::StatusCode::kNotFound);
}

TEST_F(StudyStoreTest, RequestIdsOfExtensionsAreRemembered) {
  const std::string name = Make("made");
  ASSERT_OK(Extend(name, "extended"));
  const StudyStore studies(*store_);
  auto found = studies.FindRequest("extended", "other");
  ASSERT_OK(found.status());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->points_size(), 4);
  EXPECT_EQ(ReasonOf(studies.FindRequest("extended", "else").status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(ReasonOf(studies.FindRequest("made", "else").status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(Extend(name, "made", 4).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Extend(name, "extended", 4).code(), absl::StatusCode::kAlreadyExists);
}

// "1 a/100 QUEUED" and so on; "2 CANCELLING" of the study itself.
std::vector<std::string> Lines(const StudyEventSlice& slice) {
  std::vector<std::string> lines;
  for (const v1::StudyEvent& event : slice.events) {
    const v1::StudyPoint& point = event.point();
    lines.push_back(absl::StrCat(
        event.sequence(),
        event.has_point() ? absl::StrCat(" ", point.contender(), "/", point.size()) : "", " ",
        v1::JobState_Name(event.has_point() ? point.state() : event.study())));
  }
  return lines;
}

TEST_F(StudyStoreTest, ItsLogHasEveryChangeInOrder) {
  using Wanted = std::vector<std::string>;
  const std::string name = Make();
  const v1::Study study = Get(name);
  Claim(study.points(1).job());
  ASSERT_OK(Append(study.points(1).job(), {ProgressEvent(1), StateEvent(v1::SUCCEEDED)}));
  ASSERT_OK(Extend(name));
  StudyStore store(*store_);
  ASSERT_OK(store.MarkCancelled(name));
  ASSERT_OK(store.MarkCancelled(name));  // the second time nothing happens
  const Wanted all = {"1 a/100 QUEUED", "2 a/1000 QUEUED", "3 a/1000 RUNNING", "4 a/1000 SUCCEEDED",
                      "5 b/100 QUEUED", "6 a/300 QUEUED",  "7 CANCELLING"};
  absl::StatusOr<StudyEventSlice> slice = store.ReadEvents(name, 0, 100);
  ASSERT_OK(slice.status());
  EXPECT_EQ(Lines(*slice), all);
  EXPECT_TRUE(slice->complete);
  EXPECT_EQ(slice->last_sequence, 7u);
  EXPECT_EQ(slice->measured, 1);
  EXPECT_EQ(slice->points, 4);
  EXPECT_EQ(slice->events[2].point().job(), study.points(1).job());

  // In slices, and after a restart.
  Reopen();
  slice = StudyStore(*store_).ReadEvents(name, 2, 3);
  ASSERT_OK(slice.status());
  EXPECT_EQ(Lines(*slice), Wanted(all.begin() + 2, all.begin() + 5));
  EXPECT_FALSE(slice->complete);
  EXPECT_TRUE(StudyStore(*store_).ReadEvents(name, UINT64_MAX, 3)->complete);
  EXPECT_EQ(StudyStore(*store_).ReadEvents("studies/x", 0, 3).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(StudyStoreTest, OneJobMayDoPointsOfManyStudies) {
  const std::string job = AddJob("shared");
  std::vector<std::string> names;
  for (int i = 0; i < 2; ++i) {
    v1::Study study;
    study.mutable_specification()->set_name("more");
    AddPoint(study, "a", 100);
    AddPoint(study, "b", 100);
    ASSERT_OK(Write([&](Connection& connection) {
      return InsertStudy(connection, "", "", {job, job}, Counter(), clock_.Now(), study);
    }));
    names.push_back(study.name());
  }
  Claim(job);
  for (const std::string& name : names) {
    const auto slice = StudyStore(*store_).ReadEvents(name, 0, 100);
    ASSERT_OK(slice.status());
    EXPECT_EQ(Lines(*slice), (std::vector<std::string>{"1 a/100 QUEUED", "2 b/100 QUEUED",
                                                       "3 a/100 RUNNING", "4 b/100 RUNNING"}));
  }
}

}  // namespace
}  // namespace trainyard
