#include "server/store/sweep_store.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/server/store/support.h"

namespace trainyard {
namespace {

class SweepStoreTest : public StoreTest {
 protected:
  std::string Insert(const std::string& label, const std::vector<std::string>& jobs,
                     v1::SweepMethod method = v1::METHOD_ASHA, const std::string& request = "") {
    v1::Sweep sweep;
    sweep.mutable_specification()->set_name(label);
    sweep.mutable_specification()->set_method(method);
    for (size_t i = 0; i < jobs.size(); ++i)
      sweep.add_trials()->set_trial(static_cast<uint32_t>(i));
    EXPECT_OK(Write([&](Connection& connection) {
      return InsertSweep(connection, request, "hash", jobs, Counter(), clock_.Now(), sweep);
    }));
    return sweep.name();
  }
  absl::Status Decide(const std::string& sweep, uint32_t trial, uint32_t rung, bool goes_on) {
    return Write([&](Connection& connection) {
      v1::SweepDecision decision;
      decision.set_trial(trial);
      decision.set_rung(rung);
      decision.set_goes_on(goes_on);
      return InsertDecision(connection, sweep, decision);
    });
  }
  void End(const std::string& job, v1::JobState state) {
    Claim(job);
    ASSERT_OK(Append(job, {StateEvent(state)}));
  }
  v1::Sweep Get(const std::string& name) {
    const auto sweep = SweepStore(*store_).Get(name);
    EXPECT_OK(sweep.status());
    return sweep.ok() ? *sweep : v1::Sweep();
  }
};

TEST_F(SweepStoreTest, AStateFollowsFromTheJobs) {
  const std::string a = AddJob("a"), b = AddJob("b");
  const std::string name = Insert("lr", {a, b});
  EXPECT_EQ(name.rfind("sweeps/lr-", 0), 0u);
  EXPECT_EQ(Get(name).state(), v1::RUNNING);
  EXPECT_EQ(Get(name).trials(1).job(), b);
  EXPECT_EQ(Row(a).summary.parent(), name);
  End(a, v1::FAILED);
  EXPECT_EQ(Get("@last").trials_ended(), 1u);
  End(b, v1::SUCCEEDED);
  EXPECT_EQ(Get("lr").state(), v1::SUCCEEDED);
}

TEST_F(SweepStoreTest, FailedWhereNoTrialCameToTheEnd) {
  const std::string a = AddJob("a"), b = AddJob("b");
  const std::string name = Insert("lr", {a, b});
  End(a, v1::FAILED);
  ASSERT_OK(Decide(name, 1, 0, false));
  End(b, v1::SUCCEEDED);  // before it heard that it was to stop
  EXPECT_EQ(Get(name).state(), v1::FAILED);
  EXPECT_EQ(Get(name).trials_stopped_early(), 1u);
}

TEST_F(SweepStoreTest, AStoppedSweepIsCancelledOnceAllHaveEnded) {
  const std::string a = AddJob("a");
  const std::string name = Insert("lr", {a});
  ASSERT_OK(SweepStore(*store_).MarkStopped(name));
  EXPECT_EQ(Get(name).state(), v1::CANCELLING);
  End(a, v1::SUCCEEDED);
  EXPECT_EQ(Get(name).state(), v1::CANCELLED);
}

TEST_F(SweepStoreTest, DecisionsKeepTheirOrderAndAreMadeOnce) {
  const std::string name = Insert("lr", {AddJob("a"), AddJob("b")});
  ASSERT_OK(Decide(name, 1, 0, true));
  ASSERT_OK(Decide(name, 0, 0, false));
  ASSERT_OK(Decide(name, 1, 1, true));
  EXPECT_TRUE(absl::IsAlreadyExists(Decide(name, 1, 0, false)));
  EXPECT_TRUE(absl::IsNotFound(Decide("sweeps/none", 1, 0, false)));
  Reopen();
  const v1::Sweep sweep = Get(name);
  ASSERT_EQ(sweep.decisions_size(), 3);
  EXPECT_EQ(sweep.decisions(0).trial(), 1u);
  EXPECT_TRUE(sweep.decisions(0).goes_on());
  EXPECT_EQ(sweep.decisions(2).rung(), 1u);
  EXPECT_TRUE(sweep.trials(0).stopped_early());
}

TEST_F(SweepStoreTest, UnfinishedSweepsByAshaAreFound) {
  const std::string a = AddJob("a"), b = AddJob("b"), c = AddJob("c");
  Insert("over", {a});
  Insert("grid", {b}, v1::METHOD_GRID);
  const std::string open = Insert("open", {c});
  End(a, v1::SUCCEEDED);
  const auto names = SweepStore(*store_).JudgedSweeps();
  ASSERT_OK(names.status());
  EXPECT_EQ(*names, std::vector<std::string>{open});
}

TEST_F(SweepStoreTest, ARequestIsFoundByItsIdAndBody) {
  const std::string name = Insert("lr", {AddJob("a")}, v1::METHOD_GRID, "id-1");
  const SweepStore sweeps(*store_);
  const auto known = sweeps.FindRequest("id-1", "hash");
  ASSERT_OK(known.status());
  EXPECT_EQ((*known)->name(), name);
  EXPECT_EQ(ReasonOf(sweeps.FindRequest("id-1", "other").status()), "REQUEST_ID_REUSED");
  EXPECT_FALSE(sweeps.FindRequest("id-2", "hash")->has_value());
}

TEST_F(SweepStoreTest, ListsAreLightAndNewestFirst) {
  std::vector<std::string> names;
  for (const char* label : {"a", "b", "c"}) names.push_back(Insert(label, {AddJob(label)}));
  const SweepStore sweeps(*store_);
  int64_t last = 0;
  const auto page = sweeps.List(2, 0, last);
  ASSERT_OK(page.status());
  ASSERT_EQ(page->size(), 2u);
  EXPECT_EQ((*page)[0].name(), names[2]);
  EXPECT_EQ((*page)[0].trials_size(), 0);
  const auto rest = sweeps.List(2, last, last);
  ASSERT_EQ(rest->size(), 1u);
  EXPECT_EQ((*rest)[0].name(), names[0]);
  EXPECT_EQ(last, 0);
}

TEST_F(SweepStoreTest, AnUnknownSweepIsNotFound) {
  EXPECT_EQ(ReasonOf(SweepStore(*store_).Get("sweeps/none").status()), "SWEEP_NOT_FOUND");
  EXPECT_TRUE(absl::IsNotFound(SweepStore(*store_).Get("@last").status()));
}

}  // namespace
}  // namespace trainyard
