#include "client/cli/wait_condition.h"

#include "absl/strings/match.h"
#include "engine/base/status.h"
#include "gtest/gtest.h"
#include "tests/client/fake_server.h"

namespace trainyard::cli {
namespace {

bool Met(const std::string& text, const client::FakeJob& job) {
  absl::StatusOr<WaitCondition> condition = WaitCondition::Parse(text);
  EXPECT_TRUE(condition.ok()) << condition.status();
  for (const v1::Event& event : job.log) condition->Take(event);
  return condition->met();
}

TEST(WaitConditionTest, WaitsForStates) {
  client::FakeJob job;
  job.AddState(v1::QUEUED).AddState(v1::RUNNING);
  EXPECT_TRUE(Met("state=RUNNING", job));
  EXPECT_TRUE(Met("state=running", job));
  EXPECT_TRUE(Met("state=QUEUED", job)) << "it has been so";
  EXPECT_FALSE(Met("state=SUCCEEDED", job));
}

TEST(WaitConditionTest, WaitsForMetrics) {
  client::FakeJob job;
  job.AddMetrics(1, {{"validation/accuracy", 0.9}, {"test/loss", 0.5}})
      .AddProgress(5, 10, 0.5, 0.3, 0.7);
  EXPECT_TRUE(Met("metric:val_accuracy>0.89", job));
  EXPECT_FALSE(Met("metric:val_accuracy>0.9", job));
  EXPECT_TRUE(Met("metric:val_accuracy>=0.9", job));
  EXPECT_TRUE(Met("metric:validation/accuracy==0.9", job));
  EXPECT_TRUE(Met("metric:test_loss<0.6", job));
  EXPECT_FALSE(Met("metric:test_loss<=0.4", job));
  EXPECT_TRUE(Met("metric:train_loss<0.5", job));
  EXPECT_FALSE(Met("metric:other>0", job));
}

TEST(WaitConditionTest, SaysWhatItTakes) {
  const auto error = [](const std::string& text) {
    return Message(WaitCondition::Parse(text).status());
  };
  EXPECT_TRUE(absl::StrContains(error("state=SUCEEDED"), "did you mean 'SUCCEEDED'?"));
  EXPECT_TRUE(absl::StrContains(error("state=JOB_STATE_UNSPECIFIED"), "unknown state"));
  for (const char* text : {"", "done", "metric:x", "metric:>1", "metric:x>", "metric:x>a",
                           "metric:x=>1", "metric:x=1"}) {
    EXPECT_TRUE(absl::StrContains(error(text), "expected")) << text;
  }
}

}  // namespace
}  // namespace trainyard::cli
