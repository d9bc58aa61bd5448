#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "engine/spec/compile.h"
#include "engine/tensor/machine.h"

namespace trainyard {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr char kTraining[] = R"(
  data { source { type: "synthetic_gaussian" params { key: "samples" value { number_value: 1000 } }
                  params { key: "classes" value { number_value: 3 } } } }
  model { layers { type: "dense" params { key: "units" value { number_value: 3 } } } }
  loss { type: "softmax_cross_entropy" }
  budget { epochs: 2 }
)";

class CheckBenchmarkTest : public ::testing::Test {
 protected:
  CheckBenchmarkTest() { limits_.cores = 8; }
  v1::Specification Check(const std::string& text) {
    v1::Specification specification;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &specification)) << text;
    violations_ = Violations();
    summary_.Clear();
    return CheckBenchmark(specification, catalogs_, DataRoots(), limits_, summary_, violations_);
  }
  std::vector<std::string> PathsOf(const std::string& text) {
    Check(text);
    std::vector<std::string> paths;
    for (const Violation& violation : violations_.list()) paths.push_back(violation.path);
    return paths;
  }

  Catalogs catalogs_;
  CompileLimits limits_;
  v1::ModelSummary summary_;
  Violations violations_;
};

TEST_F(CheckBenchmarkTest, OfTheMachineAloneTakesItWhole) {
  const v1::Specification checked = Check("benchmark {}");
  EXPECT_THAT(violations_.list(), IsEmpty());
  EXPECT_EQ(checked.resources().cores(), 8u);
  EXPECT_EQ(checked.benchmark().threads(), 1u);
  EXPECT_GE(checked.resources().memory_bytes(), static_cast<uint64_t>(PeakBytes()));
  EXPECT_EQ(summary_.memory_bytes(), checked.resources().memory_bytes());
  EXPECT_EQ(summary_.parameters(), 0u);
}

TEST_F(CheckBenchmarkTest, StepsHaveTheThreadsOfTheTraining) {
  const v1::Specification checked =
      Check(std::string(kTraining) + "resources { cores: 2 } benchmark {}");
  EXPECT_THAT(violations_.list(), IsEmpty());
  EXPECT_EQ(checked.resources().cores(), 8u);
  EXPECT_EQ(checked.benchmark().threads(), 2u);
  EXPECT_EQ(checked.batch_size(), 128u);  // the training's own defaults
  EXPECT_GT(summary_.flops_per_step(), 0u);
  EXPECT_EQ(Check(std::string(kTraining) + "benchmark { threads: 3 }").benchmark().threads(), 3u);
}

TEST_F(CheckBenchmarkTest, NeverAsksForMoreMemoryThanThereIs) {
  limits_.memory_bytes = PeakBytes() / 2;
  EXPECT_EQ(Check("benchmark {}").resources().memory_bytes(),
            static_cast<uint64_t>(limits_.memory_bytes));
  EXPECT_THAT(violations_.list(), IsEmpty());
}

TEST_F(CheckBenchmarkTest, RefusesWhatATrainingWouldBeRefusedFor) {
  EXPECT_THAT(PathsOf("benchmark {} batch_size: 64"),
              ::testing::IsSupersetOf({"data.source", "loss", "budget"}));
  EXPECT_THAT(PathsOf(std::string(kTraining) + "benchmark {} gradient_accumulation_steps: 8"),
              UnorderedElementsAre("gradient_accumulation_steps"));
}

TEST_F(CheckBenchmarkTest, RefusesWhatTheServerHasNot) {
  EXPECT_THAT(PathsOf("benchmark { threads: 9 }"), UnorderedElementsAre("benchmark.threads"));
  EXPECT_THAT(PathsOf("benchmark {} resources { cores: 9 memory_bytes: 99999999999999 }"),
              UnorderedElementsAre("resources.cores", "resources.memory_bytes"));
  EXPECT_THAT(PathsOf("benchmark {} name: 'No Name'"), UnorderedElementsAre("name"));
  EXPECT_THAT(PathsOf("benchmark {} predict { job: 'jobs/a' }"), UnorderedElementsAre("benchmark"));
}

}  // namespace
}  // namespace trainyard
