// What every learner of the catalog must do, whoever adds it: learn what is easy, the same bits on
// any number of threads, a model that survives saving, an end when it is asked to stop, and no
// crash on samples that teach nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/losses/loss.h"
#include "tests/conformance/example.h"
#include "tests/engine/learners/learner_fixture.h"

namespace trainyard::learners {
namespace {

bool SameBits(const std::vector<NamedTensor>& a, const std::vector<NamedTensor>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].name != b[i].name || a[i].shape != b[i].shape ||
        a[i].values.size() != b[i].values.size() ||
        std::memcmp(a[i].values.data(), b[i].values.data(), a[i].values.size() * sizeof(float)) !=
            0) {
      return false;
    }
  }
  return true;
}

class LearnerConformance : public LearnerTest, public ::testing::WithParamInterface<std::string> {
 protected:
  LearnerConformance() : catalog_(MakeCatalog()) {}

  std::unique_ptr<Learner> New() const {
    const auto example = ParseExample(catalog_.entries().at(GetParam()).schema.example());
    EXPECT_TRUE(example.ok()) << "the schema needs an example that parses";
    Violations violations;
    auto learner = catalog_.Make(*example, "learner", violations);
    EXPECT_TRUE(violations.empty()) << violations.ToStatus();
    return learner;
  }
  // Of a kind that the learner takes.
  Table Easy(int64_t count, uint64_t seed = 1) const {
    const Table clouds = Clouds(count, 6, 3, seed);
    return New()->Check(clouds.info).ok() ? clouds : Plane(count, 6);
  }

  const Catalog<Learner> catalog_;
};

TEST_P(LearnerConformance, LearnsWhatIsEasy) {
  const auto learner = New();
  const Table table = Easy(400);
  ASSERT_TRUE(Fit(*learner, table).ok());
  ASSERT_FALSE(run_.steps.empty());
  const Table other = Easy(200, 2);
  if (table.info.task == Task::kClassification) {
    EXPECT_GT(Accuracy(*learner, other), 0.8);
    return;
  }
  const std::vector<float> outputs = Predict(*learner, other);
  double squares = 0;
  for (size_t i = 0; i < outputs.size(); ++i)
    squares += std::pow(outputs[i] - other.targets[i], 2) / static_cast<double>(outputs.size());
  EXPECT_LT(squares, 0.3);  // the targets' variance is about 1.7
}

TEST_P(LearnerConformance, BitsDoNotDependOnThreads) {
  const Table table = Easy(700);
  const auto one = New();
  ASSERT_TRUE(Fit(*one, table, 1).ok());
  for (const int threads : {2, 3}) {
    const auto many = New();
    ASSERT_TRUE(Fit(*many, table, threads).ok());
    EXPECT_TRUE(SameBits(one->Export(), many->Export())) << threads << " threads";
    EXPECT_EQ(Predict(*one, table, 1), Predict(*many, table, threads));
  }
}

TEST_P(LearnerConformance, AModelSurvivesSaving) {
  const Table table = Easy(300);
  const auto learner = New();
  ASSERT_TRUE(Fit(*learner, table).ok());
  const auto restored = New();
  ASSERT_TRUE(restored->Restore(table.info, table.features, learner->Export()).ok());
  EXPECT_EQ(Predict(*learner, table), Predict(*restored, table));
  EXPECT_TRUE(SameBits(learner->Export(), restored->Export()));
}

TEST_P(LearnerConformance, OtherModelsAreRefused) {
  const Table table = Easy(100);
  EXPECT_TRUE(absl::IsDataLoss(New()->Restore(table.info, table.features, {})));
  const auto learner = New();
  ASSERT_TRUE(Fit(*learner, table).ok());
  for (size_t i = 0; i < learner->Export().size(); ++i) {
    std::vector<NamedTensor> tensors = learner->Export();
    tensors[i].values.push_back(0);
    EXPECT_TRUE(absl::IsDataLoss(New()->Restore(table.info, table.features, tensors)))
        << tensors[i].name << " longer than its shape";
    tensors = learner->Export();
    tensors.erase(tensors.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_TRUE(absl::IsDataLoss(New()->Restore(table.info, table.features, tensors)));
  }
}

TEST_P(LearnerConformance, StopsWhenItIsAskedTo) {
  const auto learner = New();
  run_.stopping = true;
  EXPECT_TRUE(absl::IsCancelled(Fit(*learner, Easy(300), 2)));
  // Afterwards it learns as if nothing had been.
  run_.stopping = false;
  const auto fresh = New();
  ASSERT_TRUE(Fit(*fresh, Easy(300)).ok());
}

TEST_P(LearnerConformance, StepsAreCountedToTheEnd) {
  const auto learner = New();
  const Table table = Easy(300);
  LearnerProblem problem;
  problem.info = table.info;
  problem.samples = table.count();
  problem.features = table.features;
  const auto size = learner->SizeFor(problem);
  ASSERT_TRUE(size.ok()) << size.status();
  EXPECT_GE(size->steps, 1);
  EXPECT_GE(size->memory_bytes, 0);
  ASSERT_TRUE(Fit(*learner, table, 2).ok());
  for (size_t i = 0; i < run_.steps.size(); ++i) {
    EXPECT_EQ(run_.steps[i].total_steps, size->steps);
    const int64_t before = i > 0 ? run_.steps[i - 1].step : 0;
    EXPECT_GT(run_.steps[i].step, before);
  }
  EXPECT_LE(run_.steps.back().step, size->steps);
}

TEST_P(LearnerConformance, SamplesThatTeachNothingCrashNothing) {
  std::vector<Table> tables;
  Table same = Easy(20);  // every feature constant
  std::fill(same.values.begin(), same.values.end(), 2.0f);
  tables.push_back(same);
  Table one_class = Easy(20);
  std::fill(one_class.labels.begin(), one_class.labels.end(), 1);
  std::fill(one_class.targets.begin(), one_class.targets.end(), 3.0f);
  tables.push_back(one_class);
  Table wide = Easy(6);  // as one table of 6 features, and as 2 samples of 18
  wide.features = 18;
  wide.labels.resize(2);
  wide.targets.resize(wide.targets.empty() ? 0 : 2);
  wide.info.input_shape = Shape{18};
  tables.push_back(wide);
  Table large = Easy(20);
  for (float& value : large.values) value *= 1e30f;
  tables.push_back(large);
  for (size_t i = 0; i < tables.size(); ++i) {
    const auto learner = New();
    LearnerProblem problem;
    problem.info = tables[i].info;
    problem.samples = tables[i].count();
    problem.features = tables[i].features;
    if (!learner->SizeFor(problem).ok()) continue;  // two samples are too few for five neighbours
    const absl::Status fitted = Fit(*learner, tables[i]);
    if (!fitted.ok()) {
      EXPECT_TRUE(absl::IsFailedPrecondition(fitted)) << i << ": " << fitted;
      continue;
    }
    const std::vector<float> outputs = Predict(*learner, tables[i]);
    if (i == 3) continue;  // squares of such values are beyond float
    for (const float output : outputs) EXPECT_TRUE(std::isfinite(output)) << i;
    if (i == 1 && tables[i].info.task == Task::kClassification) {
      EXPECT_EQ(Accuracy(*learner, tables[i]), 1) << "one class only";
    }
  }
}

TEST_P(LearnerConformance, KnowsItsLossAndItsTask) {
  const auto learner = New();
  const Table table = Easy(10);
  Violations violations;
  const auto loss = losses::MakeCatalog().Make(learner->Loss(table.info), "learner", violations);
  ASSERT_TRUE(violations.empty()) << violations.ToStatus();
  EXPECT_TRUE(loss->Check(table.info).ok());
  EXPECT_TRUE(loss->Accepts(table.info, OutputsOf(table.info)));
  DataInfo text = table.info;
  text.vocabulary = 256;
  EXPECT_TRUE(absl::IsInvalidArgument(learner->Check(text))) << "ids are no numbers";
}

INSTANTIATE_TEST_SUITE_P(All, LearnerConformance, ::testing::ValuesIn(MakeCatalog().types()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace trainyard::learners
