// Benchmark jobs, without a server.
#include <gmock/gmock.h>

#include "engine/tensor/onednn.h"
#include "tests/engine/training/run_fixture.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;
using Kind = RunOutcome::Kind;

constexpr char kTraining[] = R"(
  data { source { type: "synthetic_gaussian" params { key: "samples" value { number_value: 1000 } }
                  params { key: "test_samples" value { number_value: 0 } }
                  params { key: "classes" value { number_value: 3 } } } }
  model { initializer { type: "he" }
          layers { type: "dense" params { key: "units" value { number_value: 3 } } } }
  loss { type: "softmax_cross_entropy" }
  batch_size: 64
  gradient_accumulation_steps: 2
  budget { epochs: 3 }
  precision: PRECISION_FP32
  benchmark { threads: 1 }
)";

class BenchmarkTest : public RunTest {
 protected:
  RunOutcome Measure(const std::string& text, RecordingSink& sink) {
    RunOptions options;
    options.threads = 2;
    options.catalogs = &catalogs_;
    options.clock = &clock_;
    options.cancel = &cancel_;
    options.worker = "worker";
    return RunBenchmark(Parse(text), options, sink);
  }
};

TEST_F(BenchmarkTest, MeasuresMachineAndStep) {
  RecordingSink sink;
  const RunOutcome outcome = Measure(kTraining, sink);
  ASSERT_EQ(outcome.kind, Kind::kSucceeded) << outcome.message;
  ASSERT_EQ(sink.events.size(), 2u);
  EXPECT_EQ(sink.events[0].attempt_started().threads(), 2u);
  const v1::MachineCard& machine = sink.events[1].benchmark().machine();
  EXPECT_EQ(machine.cores(), 2u);
  EXPECT_EQ(machine.isa(), onednn::InstructionSet());
  EXPECT_EQ(machine.one_core().threads(), 1u);
  EXPECT_EQ(machine.all_cores().threads(), 2u);
  EXPECT_GT(machine.one_core().fp32_gflops(), 0);
  EXPECT_GT(machine.all_cores().memory_gigabytes_per_second(), 0);
  const v1::MeasuredStep& step = sink.events[1].benchmark().step();
  EXPECT_EQ(step.threads(), 1u);
  EXPECT_GE(step.steps(), 5u);
  EXPECT_LE(step.least_seconds(), step.median_seconds());
  EXPECT_LE(step.median_seconds(), step.p90_seconds());
  EXPECT_DOUBLE_EQ(step.gflops(), static_cast<double>(step.flops()) * 1e-9 / step.median_seconds());
  EXPECT_EQ(step.peak_gflops(), machine.one_core().fp32_gflops());
  EXPECT_DOUBLE_EQ(step.share_of_peak(), step.gflops() / step.peak_gflops());
  EXPECT_EQ(step.steps_per_epoch(), 8u);  // 1000 / 128, the last of 104
  EXPECT_DOUBLE_EQ(step.epoch_seconds(), 8 * step.median_seconds());
  EXPECT_DOUBLE_EQ(step.training_seconds(), 24 * step.median_seconds());
  EXPECT_GT(step.memory_bytes(), 0u);
  EXPECT_TRUE(sink.files.empty());
}

TEST_F(BenchmarkTest, MeasuresTheMachineAlone) {
  RecordingSink sink;
  ASSERT_EQ(Measure("benchmark { threads: 1 }", sink).kind, Kind::kSucceeded);
  EXPECT_TRUE(sink.events.back().benchmark().has_machine());
  EXPECT_FALSE(sink.events.back().benchmark().has_step());
}

TEST_F(BenchmarkTest, StopsWhenCancelledAndGoesBackWhenDrained) {
  RecordingSink sink;
  cancel_.Cancel(CancelToken::Reason::kDrained);
  EXPECT_EQ(Measure(kTraining, sink).kind, Kind::kPreempted);
  CancelToken cancel;
  cancel.Cancel(CancelToken::Reason::kCancelled);
  RunOptions options;
  options.catalogs = &catalogs_;
  options.clock = &clock_;
  options.cancel = &cancel;
  EXPECT_EQ(RunBenchmark(Parse(kTraining), options, sink).kind, Kind::kCancelled);
  for (const v1::Event& event : sink.events) EXPECT_FALSE(event.has_benchmark());
}

// 10^15 operations a step: minutes on any core, refused before any sample is made.
TEST_F(BenchmarkTest, RefusesAStepOfMinutes) {
  v1::Specification specification = Parse(kTraining);
  auto& source = *specification.mutable_data()->mutable_source()->mutable_params();
  source["samples"].set_number_value(1'000'000);
  source["features"].set_number_value(64);
  specification.set_batch_size(1'000'000);
  specification.set_gradient_accumulation_steps(1);
  v1::Layer wide = specification.model().layers(0);
  (*wide.mutable_params())["units"].set_number_value(20'000);
  v1::Layer last = specification.model().layers(0);
  specification.mutable_model()->clear_layers();
  for (int i = 0; i < 2; ++i) *specification.mutable_model()->add_layers() = wide;
  *specification.mutable_model()->add_layers() = last;
  RecordingSink sink;
  const RunOutcome outcome = Measure(specification.DebugString(), sink);
  EXPECT_EQ(outcome.kind, Kind::kFailed);
  EXPECT_EQ(outcome.reason, "STEP_TOO_LONG");
  EXPECT_THAT(outcome.message, HasSubstr("use a smaller batch_size"));
}

TEST_F(BenchmarkTest, SaysWhatIsWrongWithTheData) {
  RecordingSink sink;
  v1::Specification specification = Parse(kTraining);
  specification.mutable_data()->mutable_source()->set_type("csv");
  specification.mutable_data()->mutable_source()->clear_params();
  (*specification.mutable_data()->mutable_source()->mutable_params())["path"].set_string_value(
      "gone.csv");
  const RunOutcome outcome = Measure(specification.DebugString(), sink);
  EXPECT_EQ(outcome.reason, "DATA_ERROR");
  EXPECT_THAT(outcome.message, HasSubstr("gone.csv"));
}

}  // namespace
}  // namespace trainyard
