#include "server/sweeps/asha_controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/store/names.h"
#include "tests/server/jobs/job_manager_fixture.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Trials on one core, one after the other, trained by the test: what each measures after an epoch
// is what the test says.
class AshaControllerTest : public JobManagerTest {
 protected:
  AshaControllerTest() {
    sweeps_ = std::make_unique<SweepStore>(*store_);
    controller_ = std::make_unique<AshaController>(*sweeps_, *jobs_, *manager_, *notifier_,
                                                   executor_, clock_);
  }
  ~AshaControllerTest() override {
    Stop();
    controller_.reset();
  }

  // Rungs after 1 and 3 of 9 epochs, factor 3.
  void Make(int trials, uint32_t seeds = 1) {
    v1::Sweep sweep;
    v1::SweepSpecification& specification = *sweep.mutable_specification();
    specification.set_method(v1::METHOD_ASHA);
    specification.set_seeds(seeds);
    specification.mutable_asha()->set_reduction_factor(3);
    specification.mutable_asha()->set_least_epochs(1);
    specification.mutable_objective()->set_series("validation/accuracy");
    specification.mutable_objective()->set_goal(v1::GOAL_MAXIMISE);
    sweep.add_rungs(1);
    sweep.add_rungs(3);
    std::vector<NewJob> jobs;
    for (int i = 0; i < trials; ++i) {
      sweep.add_trials()->set_trial(static_cast<uint32_t>(i));
      jobs.push_back(Request(absl::StrCat("trial-", i), /*cores=*/2));
    }
    std::string name;
    manager_->CreateAll(
        std::move(jobs),
        [&](Connection& connection, const std::vector<std::string>& names) {
          const absl::Status status =
              InsertSweep(connection, "", "", names, Counter(), clock_.Now(), sweep);
          name = sweep.name();
          return status;
        },
        [](const absl::Status& status) { ASSERT_OK(status); });
    Settle();
    sweep_ = name;
    controller_->Follow(sweep_);
    Settle();
  }
  // As after kill -9 of the server.
  void Again() {
    Restart();
    sweeps_ = std::make_unique<SweepStore>(*store_);
    controller_ = std::make_unique<AshaController>(*sweeps_, *jobs_, *manager_, *notifier_,
                                                   executor_, clock_);
    controller_->Recover();
    Settle();
  }
  v1::Sweep Now() {
    const auto sweep = sweeps_->Get(sweep_);
    EXPECT_OK(sweep.status());
    return sweep.ok() ? *sweep : v1::Sweep();
  }
  std::string JobOf(int trial) { return Now().trials(trial).job(); }
  // "trial@rung+" where it goes on, "trial@rung-" where it does not.
  std::vector<std::string> Decisions() {
    std::vector<std::string> texts;
    const v1::Sweep sweep = Now();
    for (const v1::SweepDecision& decision : sweep.decisions()) {
      texts.push_back(
          absl::StrCat(decision.trial(), "@", decision.resource(), decision.goes_on() ? "+" : "-"));
    }
    return texts;
  }

  static v1::Event Measured(double epoch, double value,
                            const std::string& series = "validation/accuracy") {
    v1::Event event = MetricEvent(static_cast<uint64_t>(epoch * 10), series, value);
    event.mutable_metrics()->set_epoch(epoch);
    return event;
  }
  // A worker that takes one job after the other.
  FakeLink Worker() {
    process_ = processes_.started.back();
    return DialNewest();
  }
  // The job that it has.
  Running Current(FakeLink link) {
    Running running;
    running.process = process_;
    running.connection = std::move(link);
    running.lease = running.connection->assignments.back().lease;
    running.job = running.lease.job;
    return running;
  }
  // Ends the running job as a worker does that was asked to cancel, or is done.
  void End(const Running& running, uint64_t sequence, v1::JobState state) {
    Report(running, sequence, {StateEvent(state)});
    Done(running);
  }

  std::unique_ptr<SweepStore> sweeps_;
  std::unique_ptr<AshaController> controller_;
  std::string sweep_;
  WorkerProcess process_;
};

TEST_F(AshaControllerTest, WhatIsNotAmongTheBestThirdEndsEarly) {
  const FakeLink link = Worker();
  Make(3);
  const Running first = Current(link);
  Report(first, 1, {Measured(1, 0.8), Measured(2, 0.81), Measured(3, 0.82)});
  EXPECT_THAT(Decisions(), ElementsAre("0@1+", "0@3+"));
  EXPECT_EQ(StateOf(first.job), v1::RUNNING);
  End(first, 4, v1::SUCCEEDED);

  const Running second = Current(link);
  ASSERT_EQ(second.job, JobOf(1));
  Report(second, 1, {Measured(1, 0.7)});
  EXPECT_THAT(Decisions(), ElementsAre("0@1+", "0@3+", "1@1-"));
  EXPECT_EQ(StateOf(second.job), v1::CANCELLING);
  EXPECT_EQ(link->cancels.size(), 1u);
  End(second, 2, v1::CANCELLED);
  const v1::Job stopped = Get(second.job);
  EXPECT_EQ(stopped.state(), v1::CANCELLED);
  EXPECT_EQ(stopped.reason(), kStoppedEarly);
  EXPECT_EQ(stopped.message(),
            "0.7 after 1 epoch is not the best of 2 trials that came there (best 0.8)");
  EXPECT_EQ(stopped.parent(), sweep_);

  const Running third = Current(link);
  Report(third, 1, {Measured(1, 0.9), Measured(2, 0.9), Measured(3, 0.5)});
  EXPECT_THAT(Decisions(), ElementsAre("0@1+", "0@3+", "1@1-", "2@1+", "2@3-"));
  End(third, 4, v1::CANCELLED);
  EXPECT_EQ(Now().state(), v1::SUCCEEDED);
  EXPECT_EQ(Now().trials_stopped_early(), 2u);
}

TEST_F(AshaControllerTest, OtherSeriesAndOtherSweepsAreNotJudged) {
  const FakeLink link = Worker();
  Make(1);
  Report(Current(link), 1, {Measured(1, 0.1, "test/accuracy"), Measured(0.5, 0.3)});
  EXPECT_THAT(Decisions(), ElementsAre());
}

TEST_F(AshaControllerTest, SeveralSeedsAreJudgedByTheFirst) {
  const FakeLink link = Worker();
  Make(1, /*seeds=*/3);
  Report(Current(link), 1,
         {Measured(1, 0.1, "runs/1/validation/accuracy"), Measured(1, 0.2, "validation/accuracy"),
          Measured(1, 0.3, "runs/0/validation/accuracy")});
  ASSERT_EQ(Now().decisions_size(), 1);
  EXPECT_EQ(Now().decisions(0).value(), 0.3);
}

TEST_F(AshaControllerTest, ARepeatOfAnAttemptDecidesNothingAnew) {
  const FakeLink link = Worker();
  Make(2);
  Running first = Current(link);
  Report(first, 1, {Measured(1, 0.8)});
  Die(first.process);
  const FakeLink again = Worker();
  first = Current(again);
  ASSERT_EQ(first.job, JobOf(0));
  Report(first, 1, {Measured(1, 0.8), Measured(2, 0.8)});
  EXPECT_THAT(Decisions(), ElementsAre("0@1+"));
}

// kill -9 of the server after each of the three steps of a decision.
TEST_F(AshaControllerTest, ARestartedServerGoesOnWhereItWas) {
  const FakeLink link = Worker();
  Make(2);
  Running first = Current(link);
  Report(first, 1, {Measured(1, 0.8)});
  End(first, 2, v1::SUCCEEDED);
  const Running second = Current(link);
  const std::string job = second.job;

  // 1. The value is in the log, nothing is decided.
  ASSERT_OK(Append(job, {Measured(1, 0.7)}));
  EXPECT_THAT(Decisions(), ElementsAre("0@1+"));
  Again();
  EXPECT_THAT(Decisions(), ElementsAre("0@1+", "1@1-"));
  EXPECT_EQ(StateOf(job), v1::CANCELLING);

  // 2. Once more: what was decided stays, and is not decided again.
  Again();
  EXPECT_THAT(Decisions(), ElementsAre("0@1+", "1@1-"));
  EXPECT_EQ(StateOf(job), v1::CANCELLING);
}

// 3. The decision is on disk, and the server was killed before it stopped the job.
TEST_F(AshaControllerTest, ADecisionWithoutItsEffectIsCarriedOut) {
  const FakeLink link = Worker();
  Make(2);
  const std::string job = JobOf(0);
  ASSERT_OK(Write([&](Connection& connection) {
    v1::SweepDecision decision;
    decision.set_sentence("as decided");
    return InsertDecision(connection, sweep_, decision);
  }));
  EXPECT_EQ(StateOf(job), v1::RUNNING);
  Again();
  EXPECT_EQ(StateOf(job), v1::CANCELLING);
  EXPECT_EQ(Get(job).message(), "as decided");
}

TEST_F(AshaControllerTest, TrialsThatCameToARungAreCountedAfterARestart) {
  const FakeLink link = Worker();
  Make(2);
  const Running first = Current(link);
  Report(first, 1, {Measured(1, 0.8)});
  End(first, 2, v1::SUCCEEDED);
  const std::string job = Current(link).job;
  Again();
  ASSERT_OK(Append(job, {Measured(1, 0.7)}));
  notifier_->Publish(job, *jobs_->LastSequence(job));
  Settle();
  EXPECT_EQ(Now().decisions(1).reached(), 2u);
  EXPECT_EQ(Now().decisions(1).best(), 0.8);
  EXPECT_THAT(Now().decisions(1).sentence(), HasSubstr("not the best of 2 trials"));
}

}  // namespace
}  // namespace trainyard
