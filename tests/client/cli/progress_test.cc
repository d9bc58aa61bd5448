#include <limits>
#include <sstream>

#include "client/cli/progress_view.h"
#include "client/cli/run_state.h"
#include "client/text/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/fake_server.h"

namespace trainyard::cli {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// 469 steps an epoch, 3 epochs; an event a second, each 100 steps on.
client::FakeJob Job() {
  client::FakeJob job;
  job.AddState(v1::QUEUED).AddState(v1::RUNNING);
  v1::Event started;
  started.mutable_attempt_started()->set_threads(2);
  job.AddEvent(started);
  for (uint64_t step = 100; step <= 700; step += 100) {
    job.AddProgress(step, 1407, static_cast<double>(step) / 469,
                    1000.0 / static_cast<double>(step + 900),
                    0.5 + static_cast<double>(step) / 2000);
  }
  return job;
}

RunState StateOf(const client::FakeJob& job) {
  RunState state;
  for (const v1::Event& event : job.log) state.Apply(event);
  return state;
}

TEST(RunStateTest, KnowsPaceAndLength) {
  const RunState state = StateOf(Job());
  EXPECT_NEAR(state.total_epochs(), 3, 1e-9);
  EXPECT_NEAR(*state.seconds_left(), 7.07, 1e-9);
  EXPECT_EQ(state.losses().size(), 7u);
}

TEST(RunStateTest, ForgetsThePaceOfAnEarlierAttempt) {
  client::FakeJob job = Job();
  job.AddProgress(50, 1407, 0.1, 1, 0.5);
  EXPECT_EQ(StateOf(job).seconds_left(), std::nullopt);
}

TEST(RunStateTest, KeepsCurvesBounded) {
  client::FakeJob job;
  for (uint64_t i = 1; i <= 5000; ++i) job.AddProgress(i, 5000, 1, static_cast<double>(i), 0);
  const RunState state = StateOf(job);
  EXPECT_LE(state.losses().size(), 512u);
  EXPECT_GE(state.losses().size(), 256u);
  EXPECT_LT(state.losses().front(), state.losses().back());
}

TEST(RunStateTest, LeavesOutWhatIsNotMeasured) {
  client::FakeJob job;
  job.AddProgress(1, 10, 0.1, kNan, kNan);
  const RunState state = StateOf(job);
  EXPECT_TRUE(state.losses().empty());
  EXPECT_TRUE(state.accuracies().empty());
}

TEST(EvaluationTest, PrintsAccuracyThenLossThenOthers) {
  client::FakeJob job;
  job.AddMetrics(3, {{"validation/top_2", 0.98},
                     {"validation/loss", 0.2431},
                     {"validation/accuracy", 0.9123},
                     {"validation/precision/3", 0.5},
                     {"train/loss", 0.2},
                     {"health/dense_0/gradient_rms", 0.1},
                     {"test/accuracy", 0.9}});
  RunState state;
  const std::vector<Evaluation> evaluations = state.Apply(job.log[0]);
  ASSERT_EQ(evaluations.size(), 2u);
  EXPECT_EQ(evaluations[0].Text(),
            "epoch 3  validation accuracy 0.9123  loss 0.2431  top_2 0.9800");
  EXPECT_EQ(evaluations[1].Text(), "epoch 3  test accuracy 0.9000");
  EXPECT_EQ(state.results().at("validation/precision/3"), 0.5);
}

TEST(EvaluationTest, PrintsFractionsOfEpochs) {
  EXPECT_EQ((Evaluation{1.5, 0, "validation", {{"loss", 1}}}).Text(),
            "epoch 1.50  validation loss 1.0000");
}

TEST(EvaluationTest, PrintsStepsOfLearners) {
  EXPECT_EQ((Evaluation{0, 45, "test", {{"accuracy", 0.9}}}).Text(),
            "step 45  test accuracy 0.9000");
  client::FakeJob job;
  job.AddProgress(7, 45, 0, kNan, kNan);
  EXPECT_EQ(PlainLine(StateOf(job)).rfind("step 7/45  ", 0), 0u);
  EXPECT_EQ(PlainLine(StateOf(job)).find("epoch"), std::string::npos);
}

TEST(BarLine, IsDrawnInFull) {
  const RunState state = StateOf(Job());
  EXPECT_EQ(BarLine(state, "cnn", 80, true, false),
            "cnn  ━━━━━━━━━━━━━━───────────────   49%  ETA 0:07  epoch 1.5/3  12.3k samples/s");
  EXPECT_EQ(CurveLine(state, 80, true), "loss 0.6250 █▇▅▄▂▁▁  accuracy 0.8500 ▁▂▃▄▆▇█");
  EXPECT_EQ(PlainLine(state),
            "step 700/1407  epoch 1.49  loss 0.6250  accuracy 0.8500  12.3k samples/s  ETA 0:07");
}

TEST(BarLine, GivesWayFromTheRight) {
  const RunState state = StateOf(Job());
  EXPECT_EQ(BarLine(state, "cnn", 40, true, false), "cnn  ━━━━━━━━━──────────   49%  ETA 0:07");
  EXPECT_EQ(BarLine(state, "cnn", 20, true, false), "cnn  ━━━━─────   49%");
  EXPECT_EQ(BarLine(state, "cnn", 8, true, false), " 49%");
  EXPECT_EQ(CurveLine(state, 40, true), "loss 0.6250  accuracy 0.8500");
}

TEST(BarLine, IsNeverWiderThanTheTerminal) {
  const RunState state = StateOf(Job());
  for (int width = 1; width <= 200; ++width) {
    for (const char* title :
         {"a", "fashion-mnist-cnn-medium-with-a-very-long-name-indeed-1234567890"}) {
      EXPECT_LE(DisplayWidth(BarLine(state, title, width, true, false)), width);
      EXPECT_LE(DisplayWidth(BarLine(RunState(), title, width, true, false)), width);
    }
    EXPECT_LE(DisplayWidth(CurveLine(state, width, true)), width);
  }
}

TEST(BarLine, UsesAsciiWhereTheLocaleHasNoMore) {
  const RunState state = StateOf(Job());
  EXPECT_EQ(BarLine(state, "cnn", 40, false, false), "cnn  #########----------   49%  ETA 0:07");
  EXPECT_EQ(CurveLine(state, 80, false), "loss 0.6250  accuracy 0.8500");
}

class ProgressViewTest : public testing::Test {
 protected:
  std::string Play(const std::string& mode, const client::FakeJob& job) {
    std::ostringstream err;
    std::ostringstream out;
    Console console{out, err};
    RunState state;
    const auto view = MakeProgressView(mode, "cnn", console);
    for (const v1::Event& event : job.log) {
      state.Apply(event);
      view->Update(state, event);
    }
    view->Clear();
    return err.str();
  }
};

TEST_F(ProgressViewTest, PrintsALineASecond) {
  client::FakeJob job;
  for (uint64_t i = 1; i <= 40; ++i) job.AddProgress(i, 40, 0.1, 1, 0.5);
  for (size_t i = 0; i < job.log.size(); ++i) {  // ten a second
    job.log[i].mutable_time()->set_seconds(1'700'000'000 + static_cast<int64_t>(i) / 10);
    job.log[i].mutable_time()->set_nanos(static_cast<int32_t>(i % 10) * 100'000'000);
  }
  const std::string plain = Play("plain", job);
  EXPECT_EQ(std::count(plain.begin(), plain.end(), '\n'), 4);
  EXPECT_EQ(Play("auto", job), plain) << "this is no terminal";
}

TEST_F(ProgressViewTest, PrintsNothingWhereAsked) { EXPECT_EQ(Play("none", Job()), ""); }

TEST_F(ProgressViewTest, DrawsInPlaceAndCleansUp) {
  const std::string drawn = Play("bar", Job());
  EXPECT_THAT(drawn, testing::HasSubstr("\r\x1b[1A"));
  EXPECT_TRUE(drawn.ends_with("\r\x1b[1A\x1b[J"));
}

}  // namespace
}  // namespace trainyard::cli
