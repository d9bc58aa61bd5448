// Kernel support vector machines against libsvm, which solves the same problem.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libsvm/svm.h>

#include <algorithm>

#include "engine/learners/svm_pair.h"
#include "tests/engine/learners/learner_fixture.h"

namespace trainyard::learners {
namespace {

using ::testing::HasSubstr;

constexpr char kType[] = "kernel_svm";
using KernelSvmTest = LearnerTest;

// libsvm's classes for the samples of `other`, trained on `table`.
struct Reference {
  int64_t support = 0;
  std::vector<int32_t> predicted;
  std::vector<double> decisions;  // of two classes
};

std::vector<std::vector<svm_node>> NodesOf(const Table& table) {
  std::vector<std::vector<svm_node>> nodes;
  for (int64_t i = 0; i < table.count(); ++i) {
    std::vector<svm_node> row;
    for (int64_t f = 0; f < table.features; ++f)
      row.push_back({static_cast<int>(f) + 1, table.values[i * table.features + f]});
    row.push_back({-1, 0});
    nodes.push_back(row);
  }
  return nodes;
}

Reference Libsvm(const Table& table, const Table& other, int kernel, double gamma, double c,
                 double coef0 = 0) {
  svm_set_print_string_function([](const char*) {});
  auto nodes = NodesOf(table);
  std::vector<svm_node*> rows;
  for (auto& row : nodes) rows.push_back(row.data());
  std::vector<double> labels(table.labels.begin(), table.labels.end());
  svm_problem problem{static_cast<int>(table.count()), labels.data(), rows.data()};
  svm_parameter parameter{};
  parameter.svm_type = C_SVC;
  parameter.kernel_type = kernel;
  parameter.degree = 3;
  parameter.gamma = gamma;
  parameter.coef0 = coef0;
  parameter.C = c;
  parameter.cache_size = 50;
  parameter.eps = 1e-4;
  svm_model* model = svm_train(&problem, &parameter);
  Reference reference;
  reference.support = svm_get_nr_class(model) > 0 ? model->l : 0;
  int order[64];
  svm_get_labels(model, order);
  for (auto& row : NodesOf(other)) {
    double decision = 0;
    if (table.info.classes == 2) {
      svm_predict_values(model, row.data(), &decision);
      reference.decisions.push_back(order[0] == 0 ? decision : -decision);
    }
    reference.predicted.push_back(static_cast<int32_t>(svm_predict(model, row.data())));
  }
  svm_free_and_destroy_model(&model);
  return reference;
}

// x = -1 and x = 1 with a linear kernel: a1 = a2 = min(c, 1/2), and no bias.
TEST_F(KernelSvmTest, TwoPoints) {
  const std::vector<float> rows = {-1, 1};
  const std::vector<float> norms = SquaredNorms(rows.data(), 2, 1);
  Kernel kernel;
  kernel.kind = KernelKind::kLinear;
  for (const double c : {0.25, 10.0}) {
    SvmSettings settings;
    settings.c = c;
    SvmPair pair(kernel, settings, 1, 2);
    SvmSolution solution;
    ASSERT_TRUE(pair.Solve(
        {&rows[0], &norms[0], 1}, {&rows[1], &norms[1], 1}, nullptr, [] { return false; },
        solution));
    EXPECT_NEAR(solution.coefficients[0], std::min(c, 0.5), 1e-6);
    EXPECT_NEAR(solution.coefficients[1], -std::min(c, 0.5), 1e-6);
    EXPECT_NEAR(solution.bias, 0, 1e-6);
  }
}

TEST_F(KernelSvmTest, DecisionsAreLibsvms) {
  const Table table = Clouds(1500, 5, 2, 1, 2);  // more than a working set holds
  const Table other = Clouds(200, 5, 2, 2, 2);
  struct Case {
    const char* name;
    int kernel;
    double gamma, c, coef0;
  };
  for (const Case& one : {Case{"rbf", RBF, 0.3, 10, 0}, Case{"rbf", RBF, 0.05, 1, 0},
                          Case{"poly", POLY, 0.2, 0.5, 1}, Case{"linear", LINEAR, 1, 0.1, 0}}) {
    const auto learner = Make(kType, {{"kernel", Text(one.name)},
                                      {"gamma", Value(one.gamma)},
                                      {"c", Value(one.c)},
                                      {"coef0", Value(one.coef0)},
                                      {"tolerance", Value(1e-4)}});
    ASSERT_TRUE(Fit(*learner, table).ok());
    const Reference reference = Libsvm(table, other, one.kernel, one.gamma, one.c, one.coef0);
    const std::vector<float> outputs = Predict(*learner, other);
    for (int64_t i = 0; i < other.count(); ++i)
      EXPECT_NEAR(outputs[2 * i], reference.decisions[i],
                  2e-3 * (1 + std::abs(reference.decisions[i])))
          << one.name << " " << i;
    const double support =
        static_cast<double>(TensorNamed(learner->Export(), "support_vectors").shape[0]);
    EXPECT_NEAR(support, static_cast<double>(reference.support), 0.01 * support + 2) << one.name;
  }
}

TEST_F(KernelSvmTest, VotesAreLibsvms) {
  const Table table = Clouds(600, 6, 4, 1, 1.5);
  const Table other = Clouds(400, 6, 4, 2, 1.5);
  const auto learner = Make(kType, {{"gamma", Value(0.2)}, {"c", Value(5)}});
  ASSERT_TRUE(Fit(*learner, table).ok());
  const Reference reference = Libsvm(table, other, RBF, 0.2, 5);
  const std::vector<float> outputs = Predict(*learner, other);
  int64_t same = 0;
  for (int64_t i = 0; i < other.count(); ++i) {
    const auto row = outputs.begin() + 4 * i;
    same += std::max_element(row, row + 4) - row == reference.predicted[i];
  }
  EXPECT_GE(same, 396);  // where votes are equal, libsvm takes the first class
}

TEST_F(KernelSvmTest, ASmallCacheFindsTheSameMachine) {
  const Table table = Clouds(3000, 8, 2, 1, 2);
  Kernel kernel;
  kernel.gamma = 0.1;
  const std::vector<float> norms = SquaredNorms(table.values.data(), 3000, 8);
  std::vector<SvmSolution> solutions;
  for (const int64_t cache : {int64_t{1}, int64_t{64} << 20}) {
    SvmSettings settings;
    settings.cache_bytes = cache;
    SvmPair pair(kernel, settings, 8, 3000);
    // Whichever samples are which class.
    const KernelRows first = {table.values.data(), norms.data(), 1400};
    const KernelRows second = {&table.values[1400 * 8], &norms[1400], 1600};
    ASSERT_TRUE(pair.Solve(
        first, second, nullptr, [] { return false; }, solutions.emplace_back()));
  }
  // Up to rounding, which depends on the rows that are computed together.
  double off = 0;
  for (size_t i = 0; i < 3000; ++i)
    off += std::abs(solutions[0].coefficients[i] - solutions[1].coefficients[i]);
  EXPECT_LT(off / 3000, 1e-3);
  EXPECT_NEAR(solutions[0].bias, solutions[1].bias, 1e-3);
}

TEST_F(KernelSvmTest, AClassWithoutSamplesIsNeverPredicted) {
  Table table = Clouds(90, 4, 3, 1);
  table.info.classes = 4;
  const auto learner = Make(kType);
  ASSERT_TRUE(Fit(*learner, table).ok());
  EXPECT_GE(Accuracy(*learner, table), 0.9);
}

TEST_F(KernelSvmTest, RefusesWhatItCannotDo) {
  LearnerProblem problem;
  problem.info = Clouds(3, 2, 3, 1).info;
  problem.samples = 1'000'000;
  problem.features = 10;
  EXPECT_THAT(Message(Make(kType)->SizeFor(problem).status()), HasSubstr("fourier_svm"));
  problem.info.classes = 201;
  EXPECT_THAT(Message(Make(kType)->Check(problem.info)), HasSubstr("at most 200 classes"));
  EXPECT_THAT(Wrong(kType, {{"gamma", Value(1)}, {"gamma_rule", Text("auto")}}),
              HasSubstr("learner.gamma_rule"));
  EXPECT_THAT(Wrong(kType, {{"kernel", Text("rfb")}}), HasSubstr("rbf"));
}

}  // namespace
}  // namespace trainyard::learners
