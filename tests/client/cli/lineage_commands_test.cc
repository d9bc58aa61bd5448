// compare, job diff, job fork, --reuse.
#include <limits>
#include <sstream>

#include "client/text/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/cli/harness.h"
#include "tests/client/studies/sample_study.h"

namespace trainyard::cli {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

using SpecificationDifferences = google::protobuf::RepeatedPtrField<v1::SpecificationDifference>;

void Differ(const std::string& path, const std::vector<std::string>& values,
            SpecificationDifferences& differences) {
  v1::SpecificationDifference& added = *differences.Add();
  added.set_path(path);
  for (const std::string& value : values) added.add_values(value);
}

v1::Comparison Sample() {
  v1::Comparison comparison;
  comparison.set_metric("test/accuracy");
  comparison.set_label("test error");
  comparison.set_share(true);
  comparison.set_complement(true);
  for (const char* name : {"jobs/narrow", "jobs/wide"}) {
    v1::ComparedJob& job = *comparison.add_jobs();
    job.set_job(name);
    job.set_state(v1::SUCCEEDED);
    job.set_count(2);
    job.mutable_mean()->set_value(0.15);
    job.mutable_mean()->set_low(0.14);
    job.mutable_mean()->set_high(0.16);
    job.set_parameters(12'730);
    job.set_flops(1.2e9);
    job.set_core_seconds(3.5);
    for (uint32_t run = 0; run < 2; ++run) job.add_runs()->set_run(run);
  }
  v1::JobDifference& difference = *comparison.add_differences();
  difference.set_job("jobs/wide");
  difference.set_verdict(v1::HOLDS);
  difference.set_sentence(
      "wide's test error is 0.80 points lower (0.50 to 1.10), paired over 5 "
      "seeds, p = 0.002");
  difference.set_t_test(0.002);
  difference.set_wilcoxon(0.0625);
  difference.mutable_effect_size()->set_value(-1.5);
  difference.mutable_effect_size()->set_low(-2);
  difference.mutable_effect_size()->set_high(-1);
  Differ("model.layers[1].units", {"16", "512"}, *comparison.mutable_specification());
  return comparison;
}

class LineageCommandsTest : public testing::Test, public Harness {
 protected:
  LineageCommandsTest() {
    spec_ = folder.Write("net.yaml", "name: net\nbatch_size: 32\n");
    for (const char* name : {"narrow", "wide"}) {
      client::FakeJob& job = server.AddJob(name, v1::SUCCEEDED);
      for (uint64_t step = 100; step <= 500; step += 100) {
        job.AddValue(step, "runs/0/validation/accuracy", 0.8);
        job.AddValue(step, "runs/1/validation/accuracy", 0.9);
        job.AddValue(step, "train/loss", 1);
      }
    }
    server.SetComparison(Sample());
  }
  static int Widest(const std::string& text) {
    int widest = 0;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
      widest = std::max(widest, DisplayWidth(line));
    return widest;
  }
  std::string spec_;
};

TEST_F(LineageCommandsTest, CompareShowsDifferencesResultsAndVerdict) {
  terminal = true;
  const Ran ran = Cli({"compare", "narrow", "wide"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("model.layers[1].units: 16 -> 512\n\n"));
  EXPECT_THAT(ran.out, HasSubstr("TEST ERROR"));
  EXPECT_THAT(ran.out, HasSubstr("12,730"));
  EXPECT_THAT(ran.out, HasSubstr("15.0 % [14.0, 16.0]"));
  EXPECT_THAT(ran.out,
              HasSubstr("\nholds: wide is better than narrow\n  wide's test error is 0.80"));
  EXPECT_THAT(ran.out, HasSubstr("effect size g = -1.50 (-2.00 to -1.00)"));
  EXPECT_LE(Widest(ran.out), 80);
  EXPECT_THAT(server.compared()[0].jobs(), ElementsAre("jobs/narrow", "jobs/wide"));
}

TEST_F(LineageCommandsTest, CompareOfEqualJobsSaysSo) {
  v1::Comparison comparison = Sample();
  comparison.clear_specification();
  comparison.mutable_jobs(0)->mutable_mean()->set_high(kInfinity);
  comparison.mutable_jobs(0)->mutable_mean()->set_low(-kInfinity);
  server.SetComparison(comparison);
  const Ran ran = Cli({"compare", "narrow", "wide", "--metric", "test/loss"});
  EXPECT_THAT(ran.out, StartsWith("all ask for the same\n"));
  EXPECT_EQ(server.compared()[0].metric(), "test/loss");
}

TEST_F(LineageCommandsTest, CompareDrawsTheMeanOfTheRuns) {
  const Ran ran = Cli({"compare", "narrow", "wide", "--series", "validation/accuracy"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("narrow 85.0 %"));
  EXPECT_LE(Widest(ran.out.substr(ran.out.find("validation/accuracy"))), 80);
  const std::string svg = folder.path() + "/curves.svg";
  EXPECT_THAT(Cli({"compare", "narrow", "wide", "--out", svg}).out, EndsWith(svg + "\n"));
  EXPECT_THAT(folder.Read("curves.svg"), HasSubstr("<svg"));
  const Ran wrong = Cli({"compare", "narrow", "wide", "--series", "validation/acuracy"});
  EXPECT_EQ(wrong.code, 5);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean 'validation/accuracy'?"));
  EXPECT_EQ(Cli({"compare", "narrow", "wide", "--out", "x.pdf"}).code, 2);
}

TEST_F(LineageCommandsTest, ComparePrintsJsonAndNames) {
  EXPECT_THAT(Cli({"compare", "narrow", "wide", "-o", "json"}).out, StartsWith("{\n \"metric\""));
  EXPECT_EQ(Cli({"compare", "narrow", "wide", "-q"}).out, "jobs/narrow\njobs/wide\n");
  EXPECT_EQ(Cli({"compare"}).code, 2);
  EXPECT_EQ(Cli({"compare", "narrow", "nothing"}).code, 5);
}

TEST_F(LineageCommandsTest, DiffPrintsAPathALine) {
  v1::DiffJobsResponse diff;
  Differ("optimizer.learning_rate", {"0.001", "0.01"}, *diff.mutable_differences());
  Differ("model.layers[1]", {"", "{type: relu}"}, *diff.mutable_differences());
  server.SetDiff(diff);
  const Ran ran = Cli({"job", "diff", "narrow", "wide"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out,
            "optimizer.learning_rate: 0.001 -> 0.01\nmodel.layers[1]: absent -> {type: relu}\n");
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(Cli({"job", "diff", "narrow", "wide", "-o", "name"}).out,
            "optimizer.learning_rate\nmodel.layers[1]\n");
  EXPECT_THAT(Cli({"job", "diff", "narrow", "wide", "-o", "json"}).out,
              HasSubstr("\"path\": \"optimizer.learning_rate\""));
}

TEST_F(LineageCommandsTest, DiffOfEqualJobsSaysSo) {
  const Ran ran = Cli({"job", "diff", "narrow", "wide"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, "narrow and wide ask for the same\n");
}

TEST_F(LineageCommandsTest, DiffOfThreeIsATable) {
  server.AddJob("third", v1::SUCCEEDED);
  v1::DiffJobsResponse diff;
  Differ("seed", {"1", "", "3"}, *diff.mutable_differences());
  server.SetDiff(diff);
  const Ran ran = Cli({"job", "diff", "narrow", "wide", "third"});
  EXPECT_THAT(ran.out, HasSubstr("DIFFERS  narrow  wide    third"));
  EXPECT_THAT(ran.out, HasSubstr("seed     1       absent  3"));
}

TEST_F(LineageCommandsTest, ForkSendsTheOldSpecificationWithChanges) {
  client::FakeJob& old = server.AddJob("old", v1::SUCCEEDED);
  v1::Specification& specification = *old.job.mutable_specification();
  specification.set_name("old");
  specification.set_batch_size(64);
  specification.mutable_optimizer()->set_type("adam");
  specification.mutable_resources()->set_cores(2);
  specification.mutable_resources()->set_memory_bytes(1000);
  old.job.mutable_model()->set_memory_bytes(1000);
  const Ran ran = Cli({"job", "fork", "old", "optimizer.learning_rate=0.01", "--name", "young",
                       "--priority", "3", "--seeds", "2", "--reuse"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "jobs/young\n");
  const v1::CreateJobRequest request = server.created()[0];
  EXPECT_EQ(request.forked_from(), "jobs/old");
  EXPECT_TRUE(request.reuse());
  EXPECT_EQ(request.priority(), 3);
  EXPECT_EQ(request.specification().name(), "young");
  EXPECT_EQ(request.specification().batch_size(), 64u);
  EXPECT_DOUBLE_EQ(request.specification().optimizer().params().at("learning_rate").number_value(),
                   0.01);
  EXPECT_EQ(request.specification().resources().cores(), 2u);
  EXPECT_EQ(request.specification().resources().memory_bytes(), 0u);  // was an estimate
  EXPECT_EQ(request.specification().runs_size(), 2);
}

TEST_F(LineageCommandsTest, ForkSaysWhatIsWrong) {
  EXPECT_EQ(Cli({"job", "fork", "nothing"}).code, 5);
  const Ran wrong = Cli({"job", "fork", "narrow", "optimizr.learning_rate=1"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("optimizer"));
  EXPECT_TRUE(server.created().empty());
  EXPECT_EQ(Cli({"job", "fork", "narrow", "--detach", "--watch"}).code, 2);
}

TEST_F(LineageCommandsTest, JobGetNamesTheOrigin) {
  server.AddJob("fork", v1::SUCCEEDED).job.set_forked_from("jobs/narrow");
  EXPECT_THAT(Cli({"job", "get", "fork"}).out, HasSubstr("forked from jobs/narrow\n"));
}

TEST_F(LineageCommandsTest, ReuseSaysWhoseResultItIs) {
  client::FakeJob job;
  job.AddState(v1::QUEUED).AddState(v1::RUNNING);
  job.AddMetrics(1, {{"test/accuracy", 0.9}});
  job.End(v1::SUCCEEDED);
  job.job.set_reused(true);
  job.job.mutable_end_time()->set_seconds(1'700'000'000);
  server.NextCreated(job);
  const Ran ran = Cli({"run", spec_, "--reuse"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_TRUE(server.created()[0].reuse());
  EXPECT_THAT(ran.err,
              StartsWith("jobs/net did the same on 2023-11-14 22:13:20: its result (run it "
                         "again without --reuse)\n"));
  EXPECT_THAT(ran.out, EndsWith("test accuracy 0.9000\n"));
  server.NextCreated(job);
  const Ran submitted = Cli({"submit", spec_, "--reuse"});
  EXPECT_EQ(submitted.out, "jobs/net\n");
  EXPECT_THAT(submitted.err, HasSubstr("did the same"));
}

TEST_F(LineageCommandsTest, StudiesSayWhatWasThere) {
  v1::Study study = client::SampleStudy();
  for (int i = 0; i < 3; ++i) study.mutable_points(i)->set_reused(true);
  server.NextStudyCreated({study});
  const std::string file = folder.Write("study.yaml", "name: s\n");
  EXPECT_THAT(Cli({"study", "run", file}).err,
              HasSubstr("3 of 56 points were there already (--no-reuse trains every one)\n"));
  EXPECT_FALSE(server.created_studies()[0].no_reuse());
  EXPECT_THAT(Cli({"study", "run", file, "--dry-run"}).out,
              HasSubstr("points          56, 3 there already\n"));
  server.NextStudyCreated({client::SampleStudy()});
  EXPECT_EQ(Cli({"study", "submit", file, "--no-reuse"}).err.find("already"), std::string::npos);
  EXPECT_TRUE(server.created_studies()[2].no_reuse());
}

}  // namespace
}  // namespace trainyard::cli
