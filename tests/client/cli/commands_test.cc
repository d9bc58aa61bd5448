#include <grpcpp/support/status_code_enum.h>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/cli/harness.h"

namespace trainyard::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kSpec[] = "name: net\nmodel:\n  layers:\n    - {type: dense, units: 10}\n";

// A short run with a good end.
client::FakeJob Trained() {
  client::FakeJob job;
  job.AddState(v1::QUEUED).AddState(v1::RUNNING);
  v1::Event started;
  started.mutable_attempt_started()->set_threads(2);
  started.mutable_attempt_started()->set_isa("avx512_core");
  job.AddEvent(started);
  job.AddProgress(5, 10, 0.5, 0.5, 0.8);
  job.AddMetrics(1, {{"validation/accuracy", 0.9123}, {"validation/loss", 0.2431}});
  job.AddMetrics(1, {{"test/accuracy", 0.90125}, {"test/loss", 0.25}, {"test/precision/0", 0.8}});
  job.End(v1::SUCCEEDED);
  return job;
}

class CommandsTest : public testing::Test, public Harness {
 protected:
  CommandsTest() { spec_ = folder.Write("net.yaml", kSpec); }
  void AddTrained(const std::string& id) {
    client::FakeJob& job = server.AddJob(id, v1::SUCCEEDED);
    const client::FakeJob trained = Trained();
    job.log = trained.log;
    job.ended = true;
  }
  std::string spec_;
};

TEST_F(CommandsTest, RunEndsWithTheTestAccuracy) {
  server.NextCreated(Trained());
  const Ran ran = Cli({"run", spec_});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out,
            "epoch 1  validation accuracy 0.9123  loss 0.2431\n"
            "epoch 1  test accuracy 0.9012  loss 0.2500\n"
            "validation loss 0.2431\n"
            "validation accuracy 0.9123\n"
            "test loss 0.2500\n"
            "test accuracy 0.9012\n");
  EXPECT_THAT(ran.err, HasSubstr("jobs/net queued"));
  EXPECT_THAT(ran.err, HasSubstr("started on 2 threads, avx512_core"));
  EXPECT_THAT(ran.err, HasSubstr("step 5/10  epoch 0.50  loss 0.5000  accuracy 0.8000"));
  EXPECT_THAT(ran.err, HasSubstr("jobs/net SUCCEEDED after 0:04"));
}

TEST_F(CommandsTest, RunOnATerminalCleansUpBehindItsBar) {
  terminal = true;
  server.NextCreated(Trained());
  const Ran ran = Cli({"run", spec_});
  EXPECT_THAT(ran.err, HasSubstr("\x1b[J"));
  EXPECT_THAT(ran.out, EndsWith("test accuracy 0.9012\n"));
}

TEST_F(CommandsTest, RunOfARegressionEndsWithItsError) {
  client::FakeJob job;
  job.AddMetrics(1, {{"test/mse", 0.01}, {"test/mae", 0.08}}).End(v1::SUCCEEDED);
  server.NextCreated(job);
  EXPECT_THAT(Cli({"run", spec_}).out, EndsWith("test mae 0.0800\ntest mse 0.0100\n"));
}

TEST_F(CommandsTest, SubmitPrintsTheNameAndReturns) {
  const Ran ran =
      Cli({"submit", spec_, "model.layers[0].units=20", "--priority", "7", "--request-id", "r1"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "jobs/net\n");
  EXPECT_EQ(ran.err, "");
  const v1::CreateJobRequest request = server.created()[0];
  EXPECT_EQ(request.request_id(), "r1");
  EXPECT_EQ(request.priority(), 7);
  EXPECT_EQ(request.specification().model().layers(0).params().at("units").number_value(), 20);
}

TEST_F(CommandsTest, SubmitTakesNegativePrioritiesAndNames) {
  EXPECT_EQ(
      Cli({"submit", spec_, "--priority", "-5", "--name", "other", "--detach", "--quiet"}).out,
      "jobs/other\n");
  EXPECT_EQ(server.created()[0].priority(), -5);
}

TEST_F(CommandsTest, SubmitPrintsJson) {
  EXPECT_THAT(Cli({"submit", spec_, "-o", "json"}).out, HasSubstr("\"name\": \"jobs/net\""));
  EXPECT_THAT(Cli({"submit", spec_, "-o", "jsonl"}).out, StartsWith("{\"name\":\"jobs/net\""));
}

// A benchmark of two threads that ended well.
client::FakeJob Benchmarked() {
  client::FakeJob job;
  v1::BenchmarkResult& result = *job.job.mutable_benchmark();
  v1::MachineCard& machine = *result.mutable_machine();
  machine.set_processor("Some CPU\x1b[2J");
  machine.set_cores(2);
  machine.set_isa("avx512_core");
  machine.mutable_one_core()->set_threads(1);
  machine.mutable_one_core()->set_fp32_gflops(210.4);
  machine.mutable_one_core()->set_memory_gigabytes_per_second(21.04);
  machine.mutable_all_cores()->set_threads(2);
  machine.mutable_all_cores()->set_fp32_gflops(420);
  machine.mutable_all_cores()->set_memory_gigabytes_per_second(30);
  v1::MeasuredStep& step = *result.mutable_step();
  step.set_threads(2);
  step.set_steps(400);
  step.set_median_seconds(0.005);
  step.set_least_seconds(0.00499);
  step.set_p90_seconds(0.0051);
  step.set_gflops(210);
  step.set_peak_gflops(420);
  step.set_share_of_peak(0.5);
  step.set_memory_bytes(25'000'000);
  step.set_steps_per_epoch(2000);
  step.set_epoch_seconds(10);
  step.set_training_seconds(100);
  job.job.mutable_model()->set_steps(20'000);
  job.AddState(v1::QUEUED).AddState(v1::RUNNING);
  v1::Event started;
  started.mutable_attempt_started()->set_threads(2);
  job.AddEvent(started);
  job.End(v1::SUCCEEDED);
  return job;
}

TEST_F(CommandsTest, BenchPrintsMachineAndStep) {
  server.NextCreated(Benchmarked());
  const Ran ran = Cli({"bench", spec_, "batch_size=64"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(
      ran.out,
      "processor   Some CPU?[2J\n"
      "cores       2\n"
      "isa         avx512_core\n"
      "\n"
      "THREADS  FP32 GFLOP/s  BF16 GFLOP/s  MEMORY GB/s\n"
      "      1           210             -         21.0\n"
      "      2           420             -         30.0\n"
      "\n"
      "step        5 ms on 2 threads (median of 400; least 4.99 ms, nine of ten within 5.1 ms)\n"
      "speed       210 GFLOP/s, 50 % of the peak of 420\n"
      "memory      25.0 MB\n"
      "epoch       0:10 for 2,000 steps, without evaluation\n"
      "training    1:40 for 20,000 steps\n");
  EXPECT_EQ(ran.err, "waiting until all cores are free\nmeasuring\n");
  const v1::Specification sent = server.created()[0].specification();
  EXPECT_EQ(sent.name(), "bench-net");
  EXPECT_TRUE(sent.has_benchmark());
  EXPECT_EQ(sent.batch_size(), 64u);
}

TEST_F(CommandsTest, BenchWithoutSpecificationSendsNoTraining) {
  client::FakeJob job = Benchmarked();
  job.job.mutable_benchmark()->clear_step();
  server.NextCreated(job);
  EXPECT_THAT(Cli({"bench"}).out, EndsWith("      2           420             -         30.0\n"));
  v1::Specification sent = server.created()[0].specification();
  EXPECT_EQ(sent.name(), "bench");
  sent.clear_name();
  sent.clear_benchmark();
  EXPECT_EQ(sent.ByteSizeLong(), 0u);
}

TEST_F(CommandsTest, BenchPrintsJsonAndYaml) {
  server.NextCreated(Benchmarked());
  const std::string json = Cli({"bench", spec_, "-o", "json"}).out;
  EXPECT_THAT(json, StartsWith("{\n \"machine\": {"));
  EXPECT_THAT(json, HasSubstr("\"shareOfPeak\": 0.5"));
  server.NextCreated(Benchmarked());
  const std::string yaml = Cli({"bench", spec_, "-o", "yaml"}).out;
  EXPECT_THAT(yaml, StartsWith("machine:\n"));
  EXPECT_THAT(yaml, HasSubstr("shareOfPeak: 0.5"));
  server.NextCreated(Benchmarked());
  EXPECT_EQ(Cli({"bench", "-o", "name"}).out, "jobs/bench\n");
  EXPECT_EQ(Cli({"bench", "-o", "csv"}).code, 2);
}

TEST_F(CommandsTest, BenchEndsAsItsJobDid) {
  client::FakeJob job;
  job.AddState(v1::QUEUED).AddState(v1::RUNNING).End(v1::FAILED, "STEP_TOO_LONG", "too long");
  server.NextCreated(job);
  const Ran ran = Cli({"bench", spec_});
  EXPECT_EQ(ran.code, 3);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("FAILED: STEP_TOO_LONG: too long"));
  EXPECT_EQ(Cli({"bench", folder.path() + "/none.yaml"}).code, 2);
  EXPECT_EQ(Cli({"bench", "--timeout", "soon"}).code, 2);
}

TEST_F(CommandsTest, BenchCancelsWhatNobodyWaitsFor) {
  client::FakeJob job;
  job.AddState(v1::QUEUED);
  server.NextCreated(job);
  const Ran ran = Cli({"bench", "--timeout", "100ms"});
  EXPECT_EQ(ran.code, 9);
  EXPECT_THAT(ran.err, HasSubstr("timed out; jobs/bench is cancelled"));
  EXPECT_THAT(Cli({"job", "get", "bench"}).out, HasSubstr("CANCEL"));
}

TEST_F(CommandsTest, DryRunPrintsTheTableOfLayers) {
  client::FakeJob job;
  v1::ModelSummary& model = *job.job.mutable_model();
  auto* layer = model.add_layers();
  layer->set_name("conv2d_0");
  layer->set_type("conv2d");
  for (const int size : {16, 28, 28}) layer->add_output_shape(static_cast<uint64_t>(size));
  layer->set_parameters(144);
  layer->set_forward_flops(225'792);
  model.set_parameters(1144);
  model.set_flops_per_step(86'000'000);
  model.set_steps(1407);
  model.set_memory_bytes(52'000'000);
  model.set_train_samples(57'000);
  model.set_validation_samples(3'000);
  model.set_test_samples(10'000);
  server.NextCreated(job);
  const Ran ran = Cli({"submit", spec_, "--dry-run"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out,
            "LAYER     TYPE      OUTPUT  PARAMETERS  FORWARD/SAMPLE\n"
            "conv2d_0  conv2d  16x28x28         144     225.8 kFLOP\n"
            "\n"
            "parameters      1,144\n"
            "FLOPs a step    86.0 MFLOP\n"
            "steps           1,407\n"
            "memory          52.0 MB\n"
            "samples         57,000 train, 3,000 validation, 10,000 test\n");
  EXPECT_TRUE(server.created()[0].validate_only());
}

TEST_F(CommandsTest, RefusedSpecificationsAreShownAtTheirPlace) {
  server.FailNext({grpc::StatusCode::INVALID_ARGUMENT,
                   "refused",
                   "INVALID_SPECIFICATION",
                   {{"model.layers[0].units", "must be >= 1"}, {"loss", "is required"}},
                   {},
                   -1});
  const Ran ran = Cli({"submit", spec_});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.err,
            spec_ + ":4:28: model.layers[0].units: must be >= 1\n" + spec_ +
                ":1:1: loss: is required\ntrainyard: the specification was refused (2 errors)\n");
}

TEST_F(CommandsTest, ErrorsOfTheFileNeedNoServer) {
  const Ran ran = CliAt("127.0.0.1:1", {"submit", folder.Write("bad.yaml", "bach_size: 5\n")});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.err,
            (folder / "bad.yaml") + ":1:1: bach_size: unknown field; did you mean 'batch_size'?\n");
}

TEST_F(CommandsTest, JobLsListsNewestFirst) {
  server.AddJob("first", v1::QUEUED).job.set_priority(3);
  v1::Job& second = server.AddJob("second", v1::SUCCEEDED).job;
  second.mutable_progress()->set_step(10);
  second.mutable_progress()->set_total_steps(10);
  auto* result = second.add_results();
  result->set_series("test/accuracy");
  result->set_value(0.9);
  EXPECT_EQ(Cli({"job", "ls"}).out,
            "NAME    STATE      DONE  RESULT                PRIORITY  AGE\n"
            "second  SUCCEEDED  100%  test accuracy 0.9000         0\n"
            "first   QUEUED                                        3\n");
  EXPECT_EQ(Cli({"job", "ls", "-q"}).out, "jobs/second\njobs/first\n");
  EXPECT_EQ(Cli({"job", "ls", "-o", "jsonl"}).out,
            "{\"name\":\"jobs/"
            "second\",\"state\":\"SUCCEEDED\",\"progress\":{\"step\":\"10\",\"totalSteps\":\"10\"},"
            "\"results\":[{\"series\":\"test/accuracy\",\"value\":0.9}]}\n"
            "{\"name\":\"jobs/first\",\"state\":\"QUEUED\",\"priority\":3}\n");
  EXPECT_THAT(Cli({"job", "ls", "-o", "json"}).out, StartsWith("{\n \"jobs\": ["));
}

TEST_F(CommandsTest, JobLsReadsPagesAndFilters) {
  for (int i = 0; i < 1005; ++i) server.AddJob("j" + std::to_string(i));
  EXPECT_EQ(Cli({"job", "ls", "--limit", "3", "-q"}).out, "jobs/j1004\njobs/j1003\njobs/j1002\n");
  const std::string all = Cli({"job", "ls", "--all", "-q"}).out;
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 1005);
  Cli({"job", "ls", "--state", "running,queued", "--filter", "name:j1"});
  EXPECT_EQ(server.listed().back().filter(), "state=RUNNING,QUEUED AND name:j1");
}

TEST_F(CommandsTest, JobLsOfNothingSaysSo) {
  const Ran ran = Cli({"job", "ls"});
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, "no jobs\n");
}

TEST_F(CommandsTest, JobGetShowsOneJob) {
  AddTrained("net-1");
  const Ran ran = Cli({"job", "get", "net"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, StartsWith("name        jobs/net-1\nstate       SUCCEEDED\n"));
  EXPECT_THAT(Cli({"job", "get", "@last", "-o", "json"}).out, HasSubstr("\"SUCCEEDED\""));
}

TEST_F(CommandsTest, JobGetShowsRuns) {
  client::FakeJob& fake = server.AddJob("grid", v1::SUCCEEDED);
  fake.job.mutable_specification()->add_runs()->set_seed(3);
  v1::Run& second = *fake.job.mutable_specification()->add_runs();
  second.set_learning_rate(0.5);
  second.set_train_size(100);
  for (uint32_t i = 0; i < 2; ++i) {
    v1::RunResult& run = *fake.job.add_runs();
    run.set_run(i);
    run.set_steps(1000 * (i + 1));
    run.set_state(i == 0 ? v1::SUCCEEDED : v1::FAILED);
    if (i == 1) run.set_reason("DIVERGED");
  }
  for (const char* series : {"test/accuracy", "test/precision/0"}) {
    v1::MetricValue& value = *fake.job.mutable_runs(0)->add_results();
    value.set_series(series);
    value.set_value(0.5);
  }
  EXPECT_THAT(Cli({"job", "get", "grid"}).out,
              EndsWith("RUN  OF ITS OWN                         STATE      STEPS  test/accuracy\n"
                       "  0  seed 3                             SUCCEEDED  1,000         0.5000\n"
                       "  1  learning_rate 0.5, train_size 100  DIVERGED   2,000\n"));
}

TEST_F(CommandsTest, SeedsBecomeRuns) {
  server.NextCreated(Trained());
  EXPECT_EQ(Cli({"submit", spec_, "seed=7", "--seeds", "3"}).code, 0);
  const v1::Specification sent = server.created().front().specification();
  ASSERT_EQ(sent.runs_size(), 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(sent.runs(i).seed(), 7u + static_cast<uint64_t>(i));
  EXPECT_EQ(Cli({"submit", spec_, "--seeds", "-1"}).code, 2);
  EXPECT_EQ(Cli({"submit", spec_, "--seeds", "5000"}).code, 2);
  EXPECT_EQ(Cli({"submit", spec_, "runs=[{seed: 1}]", "--seeds", "2"}).code, 2);
}

TEST_F(CommandsTest, RunOfSeveralSaysWhatEachGaveAndTheirInterval) {
  client::FakeJob job;
  job.AddState(v1::QUEUED).AddState(v1::RUNNING);
  v1::Event ended;
  v1::RunResult& run = *ended.mutable_run_ended();
  run.set_run(1);
  run.set_state(v1::SUCCEEDED);
  v1::MetricValue& value = *run.add_results();
  value.set_series("test/accuracy");
  value.set_value(0.75);
  job.AddEvent(ended);
  job.AddMetrics(1, {{"test/accuracy", 0.7251}, {"test/accuracy/ci95", 0.0123}});
  job.End(v1::SUCCEEDED);
  server.NextCreated(job);
  EXPECT_EQ(Cli({"run", spec_}).out,
            "run 1  test accuracy 0.7500\n"
            "epoch 1  test accuracy 0.7251\n"
            "test accuracy 0.7251 ± 0.0123\n");
}

TEST_F(CommandsTest, JobGetWritesTheSpecification) {
  server.AddJob("a").job.mutable_specification()->set_batch_size(64);
  EXPECT_EQ(Cli({"job", "get", "a", "--spec"}).out, "batch_size: 64\n");
}

TEST_F(CommandsTest, JobWatchPrintsEveryFrameAsJson) {
  AddTrained("a");
  const Ran ran = Cli({"job", "watch", "a", "-o", "jsonl"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 8) << "7 events and the end";
  EXPECT_THAT(ran.out, StartsWith("{\"resumeToken\":\"1\",\"event\":{\"sequence\":\"1\""));
}

TEST_F(CommandsTest, JobWatchOverCutsPrintsWhatAnUncutOnePrints) {
  AddTrained("a");
  const Ran uncut = Cli({"job", "watch", "a", "-o", "jsonl"});
  server.CutStreams({2, 0, 3}, grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Cli({"job", "watch", "a", "-o", "jsonl"}).out, uncut.out);
  const Ran table = Cli({"job", "watch", "a"});
  server.CutStreams({4, 1}, grpc::StatusCode::UNAVAILABLE);
  const Ran cut = Cli({"job", "watch", "a"});
  EXPECT_EQ(cut.out, table.out);
  EXPECT_THAT(
      cut.err,
      HasSubstr("lost the server (cut); looking for it\nfound the server again; going on\n"));
}

TEST_F(CommandsTest, JobWatchResumes) {
  AddTrained("a");
  EXPECT_THAT(Cli({"job", "watch", "a", "-o", "jsonl", "--resume-token", "6"}).out,
              StartsWith("{\"resumeToken\":\"7\""));
}

TEST_F(CommandsTest, JobLogsPrintsLines) {
  client::FakeJob& job = server.AddJob("a");
  v1::Event event;
  event.mutable_log()->set_severity(v1::WARNING);
  event.mutable_log()->set_text("loss grows");
  job.AddEvent(event).End(v1::SUCCEEDED);
  EXPECT_EQ(Cli({"job", "logs", "a"}).out, "2023-11-14 22:13:20  warning  loss grows\n");
  EXPECT_EQ(Cli({"job", "logs", "a", "--follow"}).out,
            "2023-11-14 22:13:20  warning  loss grows\n");
  EXPECT_EQ(Cli({"job", "logs", "a", "--severity", "error"}).out, "");
}

TEST_F(CommandsTest, JobCancelSaysTheNewState) {
  server.AddJob("a");
  EXPECT_EQ(Cli({"job", "cancel", "a"}).out, "jobs/a CANCELLING\n");
}

TEST_F(CommandsTest, JobWaitEndsOnItsCondition) {
  server.AddJob("a").AddState(v1::RUNNING).AddMetrics(1, {{"validation/accuracy", 0.91}});
  EXPECT_EQ(
      Cli({"job", "wait", "a", "--for", "state=RUNNING", "--for", "metric:val_accuracy>0.9"}).code,
      0);
}

TEST_F(CommandsTest, JobWaitEndsWhenTheConditionCannotComeTrue) {
  AddTrained("a");
  const Ran ran = Cli({"job", "wait", "a", "--for", "metric:val_accuracy>0.99"});
  EXPECT_EQ(ran.code, 6);
  EXPECT_EQ(ran.err, "trainyard: jobs/a SUCCEEDED before 'metric:val_accuracy>0.99' came true\n");
  server.AddJob("b").End(v1::FAILED);
  EXPECT_EQ(Cli({"job", "wait", "b", "--for", "state=SUCCEEDED"}).code, 3);
}

TEST_F(CommandsTest, DataLsListsDataSets) {
  EXPECT_EQ(Cli({"data", "ls"}).out,
            "PATH           SOURCE     SIZE  FILES  VERSIONS  UPDATED\n"
            "fashion-mnist  idx     30.9 MB      4\n");
  EXPECT_EQ(Cli({"data", "ls", "-o", "name"}).out, "fashion-mnist\n");
}

TEST_F(CommandsTest, DataPutUploadsAndPrintsThePath) {
  const std::string file = folder.Write("train.csv", "x,y\n1,a\n");
  const Ran ran = Cli({"data", "put", "flowers", file});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "dataset:flowers@1\n");
  ASSERT_EQ(server.versions().size(), 1u);
  EXPECT_FALSE(server.versions()[0].append());
  EXPECT_FALSE(server.versions()[0].request_id().empty());
  EXPECT_EQ(Cli({"data", "append", "flowers", file, "--repeat", "--quiet"}).out,
            "dataset:flowers@1\n");
  EXPECT_TRUE(server.versions()[1].append());
  EXPECT_TRUE(server.versions()[1].repeat());
}

TEST_F(CommandsTest, DataCommandsHaveTheDocumentedExitCodes) {
  const std::string file = folder.Write("train.csv", "x,y\n1,a\n");
  EXPECT_EQ(Cli({"data", "put", "flowers"}).code, 2);
  EXPECT_EQ(Cli({"data", "put", "flowers", "/nowhere"}).code, 2);
  EXPECT_EQ(Cli({"data", "rm"}).code, 2);
  server.FailNext({grpc::StatusCode::RESOURCE_EXHAUSTED,
                   "full",
                   "QUOTA_EXCEEDED",
                   {},
                   {{"datasets", "used up"}},
                   -1});
  EXPECT_EQ(Cli({"data", "put", "flowers", file}).code, 7);
  server.FailNext(
      {grpc::StatusCode::FAILED_PRECONDITION, "needed by jobs/a", "DATASET_IN_USE", {}, {}, -1});
  EXPECT_EQ(Cli({"data", "rm", "flowers@1"}).code, 6);
  EXPECT_EQ(Cli({"data", "rm", "flowers@1"}).out, "dataset:flowers@1\n");
}

TEST_F(CommandsTest, ExplainListsAndDescribes) {
  EXPECT_EQ(Cli({"explain"}).out,
            "KIND       TYPE   WHAT IT IS\n"
            "layer      dense  Fully connected layer.\n"
            "optimizer  adam   Adam.\n");
  EXPECT_EQ(Cli({"explain", "layer", "-q"}).out, "dense\n");
  const std::string details =
      "dense  (layer)\n"
      "  Fully connected layer. Input [features].\n"
      "\n"
      "PARAMETER  TYPE     DEFAULT   ACCEPTS  MEANING\n"
      "units      integer  required  >= 1     Number of outputs.\n"
      "\n"
      "example\n"
      "  {type: dense, units: 10}\n";
  EXPECT_EQ(Cli({"explain", "dense"}).out, details);
  EXPECT_EQ(Cli({"explain", "layer", "dense"}).out, details);
  const Ran unknown = Cli({"explain", "dens"});
  EXPECT_EQ(unknown.code, 5);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'dense'?"));
}

TEST_F(CommandsTest, ModelGetWritesWeightsAndSpecification) {
  AddTrained("a");
  server.AddArtifact("a", "model.safetensors", "weights");
  const Ran ran = Cli({"model", "get", "a", "-o", folder.path()});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(folder.Read("a.safetensors"), "weights");
  EXPECT_THAT(folder.Read("a.yaml"),
              StartsWith("# The specification of jobs/a, with every default filled in."));
  EXPECT_EQ(
      Cli({"model", "get", "a", "--output", folder / "m.safetensors", "--format", "json"}).out,
      (folder / "m.safetensors") + "\n" + (folder / "m.json") + "\n");
  EXPECT_EQ(folder.Read("m.safetensors"), "weights");
}

TEST_F(CommandsTest, ModelGetOfAnUntrainedJobIsAWrongState) {
  server.AddJob("a");
  const Ran ran = Cli({"model", "get", "a"});
  EXPECT_EQ(ran.code, 6);
  EXPECT_EQ(ran.err, "trainyard: jobs/a is RUNNING and has left no model\n");
}

class PredictTest : public CommandsTest {
 protected:
  void NextEnds(v1::JobState state, const std::string& reason = "",
                const std::string& message = "") {
    client::FakeJob job;
    job.End(state, reason, message);
    server.NextCreated(job);
  }
  PredictTest() {
    AddTrained("net");
    NextEnds(v1::SUCCEEDED);
    server.AddArtifact("predict-net", "predictions.csv",
                       "sample,label,predicted\n0,9,ankle boot\n1,2,pullover\n");
  }
};

TEST_F(PredictTest, PrintsATable) {
  const Ran ran = Cli({"predict", "net", "--count", "2", "--first", "0", "--part", "test"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "sample  label   predicted\n"
            "     0      9  ankle boot\n"
            "     1      2    pullover\n");
  const v1::Prediction prediction = server.created()[0].specification().predict();
  EXPECT_EQ(prediction.job(), "jobs/net");
  EXPECT_EQ(prediction.count(), 2u);
  EXPECT_EQ(prediction.part(), "test");
}

TEST_F(PredictTest, PrintsCsvAndJson) {
  EXPECT_EQ(Cli({"predict", "net", "-o", "csv"}).out,
            "sample,label,predicted\n0,9,ankle boot\n1,2,pullover\n");
  NextEnds(v1::SUCCEEDED);
  EXPECT_EQ(Cli({"predict", "net", "-o", "jsonl"}).out,
            "{\"sample\": 0, \"label\": 9, \"predicted\": \"ankle boot\"}\n"
            "{\"sample\": 1, \"label\": 2, \"predicted\": \"pullover\"}\n");
}

TEST_F(PredictTest, TakesOtherData) {
  EXPECT_EQ(Cli({"predict", "net", "--data", "{source: {type: csv, path: x.csv}}"}).code, 0);
  EXPECT_EQ(server.created()[0].specification().predict().data().source().type(), "csv");
  const Ran bad =
      Cli({"predict", "net", "--data", folder.Write("data.yaml", "data:\n  sauce: idx\n")});
  EXPECT_EQ(bad.code, 2);
  EXPECT_EQ(bad.err, (folder / "data.yaml") +
                         ":2:3: predict.data.sauce: unknown field; did you mean 'source'?\n");
}

TEST_F(PredictTest, FailsAsTheJobFails) {
  ASSERT_EQ(Cli({"predict", "net"}).code, 0);
  NextEnds(v1::FAILED, "DATA_ERROR", "no such file");
  const Ran ran = Cli({"predict", "net"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_THAT(ran.err, HasSubstr("FAILED: DATA_ERROR: no such file"));
}

TEST_F(CommandsTest, VersionNamesBothSides) {
  EXPECT_EQ(
      Cli({"version"}).out,
      "client  trainyard 0.1.0\nserver  trainyardd 0.1.0, oneDNN 2.6.3, avx512_core, 2 cores\n");
  EXPECT_EQ(CliAt("127.0.0.1:1", {"version", "--client"}).code, 0);
  EXPECT_EQ(CliAt("127.0.0.1:1", {"version", "--client", "-o", "jsonl"}).out,
            "{\"version\":\"0.1.0\"}\n");
}

TEST_F(CommandsTest, DoctorChecksEverything) {
  const Ran ran = Cli({"doctor"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, HasSubstr("ok    data           1 data sets"));
  patience = std::chrono::milliseconds(50);
  const Ran alone = CliAt("127.0.0.1:1", {"doctor"});
  EXPECT_EQ(alone.code, 8);
  EXPECT_THAT(alone.out, HasSubstr("BAD   server         no server answers at 127.0.0.1:1"));
}

TEST_F(CommandsTest, HelpNamesWhatThereIs) {
  const Ran help = Cli({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("Exit codes: 0 ok"));
  EXPECT_THAT(Cli({"job", "wait", "--help"}).out, HasSubstr("--timeout TIME"));
}

// --- exit codes, one by one; 0 is met above.

TEST_F(CommandsTest, Exit1ApiError) {
  server.FailNext({grpc::StatusCode::INTERNAL, "broken", "", {}, {}, -1});
  EXPECT_EQ(Cli({"job", "ls"}).code, 1);
  server.FailNext(
      {grpc::StatusCode::ALREADY_EXISTS, "another body", "REQUEST_ID_REUSED", {}, {}, -1});
  EXPECT_EQ(Cli({"submit", spec_}).code, 1);
}

TEST_F(CommandsTest, Exit2UsageOrBadSpecification) {
  const Ran unknown = Cli({"job", "gte"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'get'?"));
  EXPECT_THAT(Cli({"bogus"}).err, HasSubstr("unknown command 'bogus'"));
  EXPECT_THAT(Cli({"--server", "x:1", "job", "ls"}).err, HasSubstr("unknown flag '--server' here"));
  EXPECT_THAT(Cli({"job", "watch", "a", "--frm-now"}).err, HasSubstr("did you mean '--from-now'?"));
  const std::vector<std::vector<std::string>> wrong = {{},
                                                       {"job"},
                                                       {"nothing"},
                                                       {"submit"},
                                                       {"job", "get"},
                                                       {"job", "ls", "-o", "xml"},
                                                       {"job", "ls", "--limit", "0"},
                                                       {"job", "ls", "--limit", "x"},
                                                       {"submit", "/nowhere.yaml"},
                                                       {"submit", spec_, "units"},
                                                       {"job", "wait", "a", "--timeout", "soon"},
                                                       {"job", "wait", "a", "--for", "x"},
                                                       {"run", spec_, "--progress", "loud"},
                                                       {"completion", "fish"},
                                                       {"job", "ls", "--patience", "x"},
                                                       {"submit", spec_, "--detach", "--watch"},
                                                       {"job", "ls", "--server", "a b"}};
  for (const auto& words : wrong) {
    const Ran ran = Cli(words);
    EXPECT_EQ(ran.code, 2) << testing::PrintToString(words);
    EXPECT_FALSE(ran.err.empty()) << testing::PrintToString(words);
    EXPECT_EQ(ran.out, "");
  }
}

TEST_F(CommandsTest, Exit3JobFailed) {
  client::FakeJob job;
  job.End(v1::FAILED, "OUT_OF_MEMORY", "needs 20 GB");
  server.NextCreated(job);
  const Ran ran = Cli({"run", spec_});
  EXPECT_EQ(ran.code, 3);
  EXPECT_THAT(ran.err, HasSubstr("jobs/net FAILED: OUT_OF_MEMORY: needs 20 GB\n"));
  EXPECT_EQ(Cli({"job", "wait", "net"}).code, 3);
}

TEST_F(CommandsTest, Exit4Authentication) {
  server.FailNext({grpc::StatusCode::UNAUTHENTICATED, "no token", "", {}, {}, -1});
  const Ran ran = Cli({"job", "ls"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, HasSubstr("TRAINYARD_TOKEN"));
  server.FailNext({grpc::StatusCode::PERMISSION_DENIED, "not yours", "", {}, {}, -1});
  EXPECT_EQ(Cli({"job", "ls"}).code, 4);
}

TEST_F(CommandsTest, Exit5NotFound) {
  EXPECT_EQ(Cli({"job", "get", "nothing"}).code, 5);
  EXPECT_EQ(Cli({"job", "watch", "@last"}).code, 5);
}

TEST_F(CommandsTest, Exit6WrongState) {
  AddTrained("a");
  const Ran ran = Cli({"job", "cancel", "a"});
  EXPECT_EQ(ran.code, 6);
  EXPECT_EQ(ran.err, "trainyard: jobs/a has ended\n");
}

TEST_F(CommandsTest, Exit7QueueFull) {
  server.FailNext({grpc::StatusCode::RESOURCE_EXHAUSTED,
                   "the queue is full",
                   "QUEUE_FULL",
                   {},
                   {{"jobs", "1000 queued"}},
                   2000});
  const Ran ran = Cli({"submit", spec_});
  EXPECT_EQ(ran.code, 7);
  EXPECT_EQ(ran.err, "trainyard: the queue is full\n  jobs: 1000 queued\n  try again in 2 s\n");
}

TEST_F(CommandsTest, Exit8Unreachable) {
  patience = std::chrono::milliseconds(50);
  const Ran ran = CliAt("127.0.0.1:1", {"job", "ls"});
  EXPECT_EQ(ran.code, 8);
  EXPECT_THAT(ran.err, HasSubstr("trainyard: no server answers at 127.0.0.1:1 (TRAINYARD_SERVER)"));
}

TEST_F(CommandsTest, Exit9WaitTimedOut) {
  server.AddJob("a");
  const Ran ran = Cli({"job", "wait", "a", "--timeout", "50ms"});
  EXPECT_EQ(ran.code, 9);
  EXPECT_EQ(ran.err, "trainyard: timed out; jobs/a goes on\n");
}

TEST_F(CommandsTest, Exit10JobCancelled) {
  client::FakeJob job;
  job.End(v1::CANCELLED);
  server.NextCreated(job);
  EXPECT_EQ(Cli({"run", spec_}).code, 10);
}

TEST_F(CommandsTest, Exit11Diverged) {
  client::FakeJob job;
  job.End(v1::FAILED, "DIVERGED", "loss is nan at step 3");
  server.NextCreated(job);
  EXPECT_EQ(Cli({"run", spec_}).code, 11);
}

TEST_F(CommandsTest, Exit12DataLoss) {
  AddTrained("a");
  server.AddArtifact("a", "model.safetensors", "weights");
  server.CorruptArtifacts();
  EXPECT_EQ(Cli({"model", "get", "a", "-o", folder.path()}).code, 12);
  client::FakeJob job;
  job.End(v1::FAILED, "CHECKPOINT_CORRUPT");
  server.NextCreated(job);
  EXPECT_EQ(Cli({"run", spec_}).code, 12);
}

TEST_F(CommandsTest, Exit130Interrupted) {
  server.AddJob("a").AddState(v1::RUNNING);
  interrupt.Trigger();
  const Ran ran = Cli({"job", "watch", "a"});
  EXPECT_EQ(ran.code, 130);
  EXPECT_THAT(ran.err,
              HasSubstr("detached; jobs/a goes on. Come back with 'trainyard job watch a'"));
  EXPECT_THAT(ran.out, Not(HasSubstr("detached")));
}

}  // namespace
}  // namespace trainyard::cli
