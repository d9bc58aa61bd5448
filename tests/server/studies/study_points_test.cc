#include "server/studies/study_points.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace trainyard {
namespace {

// Two seeds a candidate.
class StudyPointsTest : public ::testing::Test {
 protected:
  StudyPointsTest() {
    study_.set_seeds(2);
    job_.set_name("jobs/a");
    job_.set_state(v1::SUCCEEDED);
    job_.mutable_specification()->mutable_resources()->set_cores(2);
    job_.mutable_start_time()->set_seconds(10);
    job_.mutable_end_time()->set_seconds(13);
    job_.mutable_model()->set_flops_per_step(100);
    job_.mutable_model()->set_parameters(42);
  }
  void AddRun(double test_accuracy, double validation_accuracy, double validation_loss = 0) {
    job_.mutable_specification()->add_runs();
    v1::RunResult& run = *job_.add_runs();
    run.set_run(static_cast<uint32_t>(job_.runs_size() - 1));
    run.set_state(v1::SUCCEEDED);
    run.set_steps(7);
    const auto add = [&](const char* series, double value) {
      v1::MetricValue& out = *run.add_results();
      out.set_series(series);
      out.set_value(value);
    };
    add("test/accuracy", test_accuracy);
    add("validation/accuracy", validation_accuracy);
    add("validation/loss", validation_loss);
  }
  void Fail(int run) {
    job_.mutable_runs(run)->set_state(v1::FAILED);
    job_.mutable_runs(run)->clear_results();
  }
  v1::StudyPoint Point() {
    v1::StudyPoint point;
    FillPoint(study_, job_, point);
    return point;
  }

  v1::StudySpecification study_;
  v1::Job job_;
};

TEST_F(StudyPointsTest, ValidationChoosesAndTheTestPartIsReported) {
  AddRun(0.9, 0.7);
  AddRun(0.9, 0.7);
  AddRun(0.6, 0.8);
  AddRun(0.8, 0.8);
  const v1::StudyPoint point = Point();
  EXPECT_EQ(point.candidate(), 1u);
  ASSERT_EQ(point.seeds_size(), 2);
  EXPECT_EQ(point.seeds(0).seed(), 1u);
  EXPECT_DOUBLE_EQ(point.seeds(0).error(), 1 - 0.6);
  EXPECT_DOUBLE_EQ(point.seeds(1).validation_error(), 1 - 0.8);
  EXPECT_DOUBLE_EQ(point.mean().value(), 0.3);
  // Deviation sqrt(0.02), t(1) = 12.7062: 12.7062 * sqrt(0.02 / 2).
  EXPECT_NEAR(point.mean().high() - 0.3, 1.27062, 1e-4);
}

TEST_F(StudyPointsTest, OfEqualErrorsTheLowerLossIsChosen) {
  AddRun(0.5, 0.7, 2);
  AddRun(0.5, 0.7, 2);
  AddRun(0.6, 0.7, 1);
  AddRun(0.6, 0.7, 1);
  EXPECT_EQ(Point().candidate(), 1u);
}

TEST_F(StudyPointsTest, ACandidateThatFailsLoses) {
  AddRun(0.5, 0.6);
  AddRun(0.5, 0.6);
  AddRun(0.9, 0.9);
  AddRun(0.9, 0.9);
  Fail(2);
  EXPECT_EQ(Point().candidate(), 0u);
}

TEST_F(StudyPointsTest, AFailedSeedIsSaidAndNotAveraged) {
  AddRun(0.5, 0.6);
  AddRun(0.5, 0.6);
  Fail(0);
  const v1::StudyPoint point = Point();
  EXPECT_TRUE(std::isnan(point.seeds(0).error()));
  EXPECT_DOUBLE_EQ(point.mean().value(), 0.5);
  EXPECT_TRUE(std::isinf(point.mean().high()));
}

TEST_F(StudyPointsTest, CostsAreThoseOfAllRuns) {
  AddRun(0.5, 0.6);
  AddRun(0.5, 0.6);
  const v1::StudyPoint point = Point();
  EXPECT_DOUBLE_EQ(point.core_seconds(), 6);
  EXPECT_DOUBLE_EQ(point.flops(), 1400);
  EXPECT_EQ(point.parameters(), 42u);
}

TEST_F(StudyPointsTest, AJobThatFailedHasNoSeeds) {
  AddRun(0.5, 0.6);
  AddRun(0.5, 0.6);
  job_.set_state(v1::FAILED);
  job_.set_message("no memory");
  const v1::StudyPoint point = Point();
  EXPECT_EQ(point.seeds_size(), 0);
  EXPECT_EQ(point.message(), "no memory");
}

TEST_F(StudyPointsTest, ErrorsOfRegressionsAreSquared) {
  AddRun(0, 0);
  AddRun(0, 0);
  for (int i = 0; i < 2; ++i) {
    for (v1::MetricValue& value : *job_.mutable_runs(i)->mutable_results()) {
      if (value.series() == "test/accuracy") value.set_series("test/mse");
      if (value.series() == "validation/accuracy") value.set_series("validation/mse");
      value.set_value(2.5 + i);
    }
  }
  EXPECT_DOUBLE_EQ(Point().mean().value(), 3);
}

}  // namespace
}  // namespace trainyard
