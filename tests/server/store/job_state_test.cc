#include "server/store/job_state.h"

#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "engine/base/error_info.h"

namespace trainyard {
namespace {

TEST(JobState, OnlyTheTransitionsOfTheTableMayHappen) {
  const std::set<std::pair<int, int>> allowed = {
      {v1::QUEUED, v1::RUNNING},       {v1::QUEUED, v1::CANCELLED},
      {v1::RUNNING, v1::SUCCEEDED},    {v1::RUNNING, v1::FAILED},
      {v1::RUNNING, v1::CANCELLING},   {v1::RUNNING, v1::QUEUED},
      {v1::CANCELLING, v1::SUCCEEDED}, {v1::CANCELLING, v1::FAILED},
      {v1::CANCELLING, v1::CANCELLED}};
  for (int from = v1::JobState_MIN; from <= v1::JobState_MAX; ++from) {
    for (int to = v1::JobState_MIN; to <= v1::JobState_MAX; ++to) {
      EXPECT_EQ(CanFollow(v1::JobState(from), v1::JobState(to)), allowed.count({from, to}) == 1)
          << from << to;
    }
  }
}

TEST(JobState, NothingFollowsATerminalState) {
  for (int from = v1::JobState_MIN; from <= v1::JobState_MAX; ++from) {
    if (!IsTerminal(v1::JobState(from))) continue;
    for (int to = v1::JobState_MIN; to <= v1::JobState_MAX; ++to) {
      EXPECT_FALSE(CanFollow(v1::JobState(from), v1::JobState(to)));
    }
  }
}

TEST(JobState, NamesGoBothWays) {
  EXPECT_EQ(StateName(v1::CANCELLING), "CANCELLING");
  EXPECT_EQ(StateOfName("CANCELLING"), v1::CANCELLING);
  EXPECT_EQ(StateOfName("cancelling"), v1::JOB_STATE_UNSPECIFIED);
  EXPECT_EQ(StateOfName(""), v1::JOB_STATE_UNSPECIFIED);
}

TEST(JobState, WhatHasEndedSaysHow) {
  const absl::Status ended = HasEnded("jobs/a", v1::FAILED, "JOB_TERMINAL");
  EXPECT_EQ(ended.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ended.message(), "jobs/a has ended: it is FAILED");
  EXPECT_EQ(ReasonOf(ended), "JOB_TERMINAL");
  EXPECT_EQ(MetadataOf(ended).at("state"), "FAILED");
}

}  // namespace
}  // namespace trainyard
