#include "server/studies/job_comparison.h"

#include <cmath>
#include <limits>

#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trainyard {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const Catalogs& AllCatalogs() {
  static const auto& catalogs = *new Catalogs();
  return catalogs;
}

void AddValue(const std::string& series, double value,
              google::protobuf::RepeatedPtrField<v1::MetricValue>& results) {
  v1::MetricValue& added = *results.Add();
  added.set_series(series);
  added.set_value(value);
}

// A job with a run a seed.
v1::Job Runs(const std::string& name, const std::vector<double>& accuracies,
             uint64_t first_seed = 1) {
  v1::Job job;
  job.set_name("jobs/" + name);
  job.set_state(v1::SUCCEEDED);
  job.mutable_model()->set_test_samples(10'000);
  job.mutable_model()->set_flops_per_step(1000);
  job.mutable_specification()->mutable_resources()->set_cores(2);
  job.mutable_start_time()->set_seconds(100);
  job.mutable_end_time()->set_seconds(110);
  for (size_t i = 0; i < accuracies.size(); ++i) {
    job.mutable_specification()->add_runs()->set_seed(first_seed + i);
    v1::RunResult& run = *job.add_runs();
    run.set_run(static_cast<uint32_t>(i));
    run.set_steps(50);
    run.set_state(std::isnan(accuracies[i]) ? v1::FAILED : v1::SUCCEEDED);
    if (!std::isnan(accuracies[i]))
      AddValue("test/accuracy", accuracies[i], *run.mutable_results());
  }
  return job;
}

v1::Job One(const std::string& name, double accuracy) {
  v1::Job job;
  job.set_name("jobs/" + name);
  job.set_state(v1::SUCCEEDED);
  job.mutable_model()->set_test_samples(10'000);
  AddValue("test/accuracy", accuracy, *job.mutable_results());
  AddValue("test/loss", 1 - accuracy, *job.mutable_results());
  return job;
}

v1::Comparison Compare(const std::vector<v1::Job>& jobs, const std::string& metric = "") {
  const auto comparison = CompareJobs(jobs, metric, AllCatalogs());
  EXPECT_TRUE(comparison.ok()) << Message(comparison.status());
  return comparison.ok() ? *comparison : v1::Comparison();
}

TEST(JobComparisonTest, SharedSeedsArePaired) {
  // Differences of errors -0.01, -0.02, -0.03: mean -0.02, standard error 0.01 / sqrt(3), t(2) =
  // 4.30265: +- 0.0248414; t = -3.4641, p = 0.0741799.
  const v1::Comparison comparison =
      Compare({Runs("a", {0.80, 0.81, 0.82}), Runs("b", {0.81, 0.83, 0.85})});
  EXPECT_EQ(comparison.label(), "test error");
  ASSERT_EQ(comparison.jobs_size(), 2);
  EXPECT_NEAR(comparison.jobs(0).mean().value(), 0.19, 1e-12);
  EXPECT_EQ(comparison.jobs(0).count(), 3u);
  EXPECT_NEAR(comparison.jobs(0).deviation(), 0.01, 1e-12);
  EXPECT_NEAR(comparison.jobs(0).core_seconds(), 20.0 / 3, 1e-9);
  EXPECT_DOUBLE_EQ(comparison.jobs(0).flops(), 50'000);
  ASSERT_EQ(comparison.differences_size(), 1);
  const v1::JobDifference& difference = comparison.differences(0);
  EXPECT_EQ(difference.method(), v1::JobDifference::PAIRED_SEEDS);
  EXPECT_EQ(difference.pairs(), 3u);
  EXPECT_NEAR(difference.difference().value(), -0.02, 1e-12);
  EXPECT_NEAR(difference.difference().low(), -0.02 - 0.0248414, 1e-6);
  EXPECT_NEAR(difference.t_test(), 0.0741799, 1e-6);
  EXPECT_NEAR(difference.wilcoxon(), 0.25, 1e-12);
  EXPECT_EQ(difference.verdict(), v1::UNDECIDED);
  EXPECT_EQ(difference.sentence(),
            "b's test error is not told apart from a's: 2.00 points lower (-0.48 to 4.48), paired "
            "over 3 seeds, p = 0.074");
}

TEST(JobComparisonTest, ASureDifferenceHoldsEitherWay) {
  const v1::Job worse = Runs("a", {0.800, 0.810, 0.820, 0.815});
  const v1::Job better = Runs("b", {0.851, 0.860, 0.869, 0.865});
  const v1::JobDifference up = Compare({worse, better}).differences(0);
  EXPECT_EQ(up.verdict(), v1::HOLDS);
  EXPECT_THAT(up.sentence(), StartsWith("b's test error is 5.00 points lower (4.8"));
  EXPECT_THAT(up.sentence(), HasSubstr("p < 0.001"));
  const v1::JobDifference down = Compare({better, worse}).differences(0);
  EXPECT_EQ(down.verdict(), v1::DOES_NOT_HOLD);
  EXPECT_THAT(down.sentence(), StartsWith("a's test error is 5.00 points higher (4.8"));
}

TEST(JobComparisonTest, OtherSeedsAreNotPaired) {
  const v1::Comparison comparison =
      Compare({Runs("a", {0.80, 0.81, 0.82}), Runs("b", {0.81, 0.83, 0.85}, 100)});
  EXPECT_EQ(comparison.differences(0).method(), v1::JobDifference::UNPAIRED_SEEDS);
  EXPECT_FALSE(comparison.differences(0).has_wilcoxon());
  EXPECT_THAT(comparison.differences(0).sentence(), HasSubstr("3 and 3 unpaired runs"));
}

TEST(JobComparisonTest, OtherTestDataIsNotedAndNotPaired) {
  v1::Job other = Runs("b", {0.81, 0.83, 0.85});
  other.mutable_specification()->mutable_data()->mutable_split()->set_test(0.5);
  const v1::Comparison comparison = Compare({Runs("a", {0.80, 0.81, 0.82}), other});
  EXPECT_EQ(comparison.differences(0).method(), v1::JobDifference::UNPAIRED_SEEDS);
  ASSERT_EQ(comparison.notes_size(), 1);
  EXPECT_THAT(comparison.notes(0), StartsWith("b is judged on other data than a"));
}

TEST(JobComparisonTest, OneRunEachSaysNothingOfSeeds) {
  const v1::Comparison apart = Compare({One("a", 0.80), One("b", 0.85)});
  const v1::JobDifference& difference = apart.differences(0);
  EXPECT_EQ(difference.method(), v1::JobDifference::ONE_RUN_EACH);
  EXPECT_EQ(difference.verdict(), v1::INSUFFICIENT_DATA);
  EXPECT_FALSE(difference.has_t_test());
  EXPECT_THAT(difference.sentence(), HasSubstr("5.00 points lower (3.9"));
  EXPECT_THAT(difference.sentence(), HasSubstr("from one run each: these two models differ"));
  EXPECT_TRUE(std::isinf(apart.jobs(0).mean().high()));
  EXPECT_THAT(Compare({One("a", 0.850), One("b", 0.851)}).differences(0).sentence(),
              HasSubstr("are not told apart"));
  // A loss is no share: nothing is known of it from one run.
  const v1::Comparison loss = Compare({One("a", 0.80), One("b", 0.85)}, "test/loss");
  EXPECT_EQ(loss.differences(0).method(), v1::JobDifference::NONE);
  EXPECT_EQ(loss.differences(0).verdict(), v1::INSUFFICIENT_DATA);
  EXPECT_NEAR(loss.differences(0).difference().value(), -0.05, 1e-12);
}

TEST(JobComparisonTest, ValidationChoosesAmongCandidates) {
  v1::Job job = Runs("a", {0.9, 0.9, 0.7, 0.7});
  for (int i = 0; i < 4; ++i) {
    v1::Run& run = *job.mutable_specification()->mutable_runs(i);
    run.set_seed(static_cast<uint64_t>(1 + i % 2));
    run.set_learning_rate(i < 2 ? 0.1 : 0.01);
    AddValue("validation/accuracy", i < 2 ? 0.6 : 0.8, *job.mutable_runs(i)->mutable_results());
  }
  const v1::Comparison comparison = Compare({job, One("b", 0.85)}, "test/accuracy");
  EXPECT_EQ(comparison.jobs(0).candidate(), "learning_rate: 0.01");
  EXPECT_NEAR(comparison.jobs(0).mean().value(), 0.3, 1e-12);
  EXPECT_EQ(comparison.jobs(0).runs(0).run(), 2u);
  for (v1::RunResult& run : *job.mutable_runs()) run.mutable_results()->RemoveLast();
  const auto refused = CompareJobs({job, One("b", 0.85)}, "", AllCatalogs());
  EXPECT_EQ(ReasonOf(refused.status()), "NO_VALIDATION");
  EXPECT_THAT(Message(refused.status()), HasSubstr("learning_rate: 0.1; learning_rate: 0.01"));
}

TEST(JobComparisonTest, FailedRunsAreCountedAndLeftOut) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  const v1::Comparison comparison =
      Compare({Runs("a", {0.80, none, 0.82, 0.81}), Runs("b", {0.81, 0.83, 0.85, 0.82})});
  EXPECT_EQ(comparison.jobs(0).failed(), 1u);
  EXPECT_EQ(comparison.differences(0).pairs(), 3u);
  EXPECT_THAT(comparison.differences(0).sentence(), HasSubstr("left out: 0 of b, 1 of a"));
}

TEST(JobComparisonTest, SeveralComparisonsAreCorrected) {
  const v1::Comparison comparison =
      Compare({Runs("a", {0.80, 0.81, 0.82}), Runs("b", {0.81, 0.83, 0.85}),
               Runs("c", {0.80, 0.80, 0.83})});
  ASSERT_EQ(comparison.differences_size(), 2);
  EXPECT_NEAR(comparison.differences(0).adjusted(), 2 * 0.0741799, 1e-6);
  EXPECT_DOUBLE_EQ(comparison.differences(1).adjusted(), 1);
  EXPECT_THAT(comparison.differences(0).sentence(), HasSubstr("by Holm for 2 comparisons)"));
}

TEST(JobComparisonTest, WhatIsMissingIsSaid) {
  v1::Job empty;
  empty.set_name("jobs/queued");
  empty.set_state(v1::QUEUED);
  const auto none = CompareJobs({One("a", 0.8), empty}, "", AllCatalogs());
  EXPECT_EQ(ReasonOf(none.status()), "NO_RESULTS");
  EXPECT_EQ(Message(none.status()), "jobs/queued has no results: it is QUEUED");
  const auto unknown = CompareJobs({One("a", 0.8), One("b", 0.8)}, "test/acuracy", AllCatalogs());
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Message(unknown.status()), HasSubstr("did you mean 'test/accuracy'?"));
  EXPECT_THAT(Message(unknown.status()), HasSubstr("they have test/accuracy, test/loss"));
  v1::Job running = One("r", 0.7);
  running.set_state(v1::RUNNING);
  EXPECT_THAT(Compare({One("a", 0.8), running}).notes(0), StartsWith("r is RUNNING"));
}

}  // namespace
}  // namespace trainyard
