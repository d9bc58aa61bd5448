// From the same weights and samples, with the same hyper-parameters, our losses are PyTorch's:
// torch_curves.txt, made by torch_curves.py, records its version. The models are the yardsticks in
// full; batches are small, and learning rates such that rounding is not magnified beyond the
// tolerance.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "tests/yardsticks/yardstick.h"

namespace trainyard {
namespace {

constexpr double kTolerance = 1e-3;  // relative
constexpr int kThreads = 2;

struct Reference {
  std::vector<std::string> overrides;
  Curve curve;
};

std::map<std::string, Reference> ReadReferences() {
  std::map<std::string, Reference> references;
  std::ifstream file(TRAINYARD_CURVES);
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind('#', 0) == 0) continue;
    std::istringstream words(line);
    std::string name, batch, rate, step;
    double loss = 0;
    words >> name >> batch >> rate >> step >> loss;
    Reference& reference = references[name];
    reference.overrides = {"batch_size=" + batch, "optimizer.learning_rate=" + rate};
    if (step == "held-out") {
      reference.curve.held_out = loss;
    } else {
      reference.curve.losses.push_back(loss);
    }
  }
  return references;
}

class Curves : public ::testing::TestWithParam<std::string> {};

TEST_P(Curves, AreThoseOfPyTorch) {
  const Reference reference = ReadReferences()[GetParam()];
  const std::vector<double>& theirs = reference.curve.losses;
  ASSERT_EQ(theirs.size(), 50u);
  const auto specification = ReadYardstick(GetParam(), reference.overrides);
  ASSERT_TRUE(specification.ok()) << specification.status();
  const auto ours = TrainByFormula(*specification, static_cast<int64_t>(theirs.size()), kThreads);
  ASSERT_TRUE(ours.ok()) << ours.status();
  for (size_t step = 0; step < theirs.size(); ++step)
    EXPECT_NEAR(ours->losses[step], theirs[step], kTolerance * theirs[step]) << "step " << step;
  EXPECT_NEAR(ours->held_out, reference.curve.held_out, kTolerance * reference.curve.held_out);
}

INSTANTIATE_TEST_SUITE_P(Yardsticks, Curves, ::testing::ValuesIn(YardstickNames()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace trainyard
