#include <sstream>

#include "client/lib/files.h"
#include "client/text/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/cli/harness.h"
#include "tests/client/sweeps/sample_sweep.h"

namespace trainyard::cli {
namespace {

using client::SampleSweep;
using client::UnfinishedSweep;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kFile[] =
    "method: random\ntrials: 4\nparameters:\n  - {path: batch_size, values: [8, 16]}\n"
    "specification: {budget: {epochs: 1}}\n";

class SweepCommandsTest : public testing::Test, public Harness {
 protected:
  SweepCommandsTest() { file_ = folder.Write("lr.yaml", kFile); }
  std::string file_;
};

TEST_F(SweepCommandsTest, RunTellsEachTrialAndTheBest) {
  server.AddSweep("lr", {UnfinishedSweep(), UnfinishedSweep(), SampleSweep()});
  const Ran ran = Cli({"sweep", "run", file_, "seeds=2", "--every", "1ms"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const v1::CreateSweepRequest request = server.created_sweeps()[0];
  EXPECT_EQ(request.specification().name(), "lr");
  EXPECT_EQ(request.specification().seeds(), 2u);
  EXPECT_EQ(request.request_id().size(), 32u);
  EXPECT_THAT(ran.err, StartsWith("sweeps/lr started: 4 trials, 8 trainings\n"));
  EXPECT_THAT(ran.out, HasSubstr("trial 0, learning_rate 0.01, optimizer adam: "
                                 "validation/accuracy 0.85 [0.83, 0.87], 2 seeds\n"));
  EXPECT_THAT(ran.out, HasSubstr("STOPPED: 0.5 after 1 epoch is not the best of 2"));
  EXPECT_THAT(ran.out, HasSubstr("FAILED: the loss is nan\n"));
  EXPECT_THAT(ran.out, HasSubstr("best        trial 0 of 4\n"));
  EXPECT_THAT(ran.out, HasSubstr("test part   test/accuracy 0.84 [0.8, 0.88], 2 seeds\n"));
  EXPECT_THAT(ran.err, HasSubstr("2 of 4 trials trained to the end, 1 stopped early"));
  EXPECT_EQ(ran.out.find('\x1b'), std::string::npos);
}

TEST_F(SweepCommandsTest, WatchOnATerminalRedrawsInPlaceAndFits) {
  terminal = true;
  server.AddSweep("lr", {UnfinishedSweep(), UnfinishedSweep(), SampleSweep()});
  const Ran ran = Cli({"sweep", "watch", "lr", "--every", "1ms"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.err, HasSubstr("1/4 trials  1 running"));
  EXPECT_THAT(ran.err, HasSubstr("best so far: 0.85 [0.83, 0.87] of trial 0, "));
  EXPECT_THAT(ran.err, HasSubstr("\x1b[J"));
  std::istringstream lines(ran.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(DisplayWidth(line), 80) << line;
}

TEST_F(SweepCommandsTest, AnUnknownFigureIsRefusedWithThoseThereAre) {
  server.AddSweep("lr", {SampleSweep()});
  const Ran ran = Cli({"sweep", "watch", "lr", "--figure", "units"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("it has trials, importance, learning_rate, optimizer"));
}

TEST_F(SweepCommandsTest, APreviewShowsTrialsAndCost) {
  v1::Sweep preview = UnfinishedSweep();
  preview.set_expected_flops(100);
  preview.set_expected_core_seconds(12);
  server.AddSweep("lr", {preview});
  const Ran ran = Cli({"sweep", "run", file_, "--dry-run"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_TRUE(server.created_sweeps()[0].validate_only());
  EXPECT_THAT(ran.out, HasSubstr("trials          4\ntrainings       8, 2 seeds each\n"));
  EXPECT_THAT(ran.out, HasSubstr("judged after    1, 3 epochs\n"));
  EXPECT_THAT(ran.out, HasSubstr("(25 %), where 1 of 3 goes on each time\n"));
  EXPECT_THAT(ran.out, HasSubstr("about 12, at the rate of the newest jobs\n"));
}

TEST_F(SweepCommandsTest, GetShowsTrialsFromTheBestAndRungs) {
  server.AddSweep("lr", {SampleSweep()});
  const Ran ran = Cli({"sweep", "get", "lr"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, HasSubstr("asha, search_seed 9, 1/3 goes on at each rung"));
  EXPECT_LT(ran.out.find("0.85 [0.83"), ran.out.find("0.75 [0.7"));
  EXPECT_LT(ran.out.find("0.75 [0.7"), ran.out.find("STOPPED"));
  EXPECT_THAT(ran.out, HasSubstr("EPOCHS  CAME  WENT ON"));
  EXPECT_THAT(ran.out, HasSubstr("smaller is better"));
  EXPECT_THAT(Cli({"sweep", "get", "lr", "-o", "json"}).out, HasSubstr("\"trialsEnded\": 4"));
  EXPECT_THAT(Cli({"sweep", "get", "lr", "--spec"}).out, HasSubstr("method: asha\n"));
}

TEST_F(SweepCommandsTest, GetWritesFiles) {
  server.AddSweep("lr", {SampleSweep()});
  for (const char* name : {"a.csv", "a.svg", "a.html", "a.json", "a.png"}) {
    const std::string path = folder.path() + "/" + name;
    EXPECT_EQ(Cli({"sweep", "get", "lr", "--out", path}).code, 0) << name;
    EXPECT_TRUE(client::ReadFile(path, 1 << 20).ok()) << name;
  }
  EXPECT_EQ(Cli({"sweep", "get", "lr", "--out", "a.pdf"}).code, 2);
  EXPECT_THAT(
      Cli({"sweep", "get", "lr", "--out", "-", "--format", "csv", "--figure", "trials"}).out,
      testing::StartsWith("series,mark,x,y"));
}

TEST_F(SweepCommandsTest, BestIsAJobToGoOnWith) {
  server.AddSweep("lr", {SampleSweep()});
  EXPECT_EQ(Cli({"sweep", "best", "lr", "-o", "name"}).out, "jobs/lr-000-a\n");
  EXPECT_THAT(Cli({"sweep", "best", "lr"}).out, HasSubstr("optimizer.learning_rate=0.01\n"));
  v1::Sweep none = UnfinishedSweep();
  none.clear_best();
  server.AddSweep("lr", {none});
  EXPECT_EQ(Cli({"sweep", "best", "lr"}).code, 6);
}

TEST_F(SweepCommandsTest, StopAndItsExitCodes) {
  server.AddSweep("lr", {UnfinishedSweep()});
  EXPECT_EQ(Cli({"sweep", "stop", "lr"}).out, "sweeps/lr CANCELLED\n");
  EXPECT_EQ(Cli({"sweep", "watch", "lr", "--every", "1ms"}).code, 10);
  server.AddSweep("lr", {SampleSweep()});
  EXPECT_EQ(Cli({"sweep", "stop", "lr"}).code, 6);
  EXPECT_EQ(Cli({"sweep", "get", "none"}).code, 5);
}

TEST_F(SweepCommandsTest, ListsAndCompletesNames) {
  server.AddSweep("lr", {SampleSweep()});
  const Ran listed = Cli({"sweep", "ls"});
  EXPECT_THAT(listed.out, HasSubstr("asha"));
  EXPECT_THAT(listed.out, HasSubstr("4/4"));
  EXPECT_EQ(Cli({"sweep", "ls", "-o", "name"}).out, "sweeps/lr\n");
  EXPECT_THAT(Cli({"__complete", "sweep", "get", ""}).out, HasSubstr("lr\tSUCCEEDED"));
}

}  // namespace
}  // namespace trainyard::cli
