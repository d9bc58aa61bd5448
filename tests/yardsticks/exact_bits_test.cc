// The yardsticks' trained bits do not depend on the number of threads, nor on a stop and a resume:
// all layers of each, with dropout between them and augmentation of images, in both precisions, for
// some steps over a part of the data that ends in a smaller batch.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "engine/training/run.h"
#include "tests/yardsticks/yardstick.h"

namespace trainyard {
namespace {

// Two batches and a smaller one an epoch; training ends in the second epoch.
constexpr char kSamples[] = "data.source.samples=13";
constexpr char kNoTest[] = "data.source.test_samples=0";
constexpr char kBatch[] = "batch_size=5";
constexpr char kSteps[] = "budget.steps=4";
constexpr char kCheckpoints[] = "checkpoint.every_steps=2";
constexpr char kModel[] = "model.safetensors";
constexpr char kCheckpoint[] = "checkpoint";

// Of the two that would take long: the layers stay.
std::vector<std::string> SmallerSamples(const std::string& name) {
  if (name == "resnet18_cifar") return {"data.source.height=16", "data.source.width=16"};
  if (name == "gpt_mini") return {"data.source.context=64"};
  return {};
}

// Keeps the last file of each name.
class FileSink final : public JobSink {
 public:
  void Emit(v1::Event) override {}
  absl::StatusOr<v1::Artifact> Save(const std::string& name, uint64_t,
                                    const std::string& bytes) override {
    files_[name] = bytes;
    return v1::Artifact();
  }
  const std::string& file(const std::string& name) { return files_[name]; }

 private:
  std::map<std::string, std::string> files_;
};

v1::Component Made(const std::string& type) {
  v1::Component component;
  component.set_type(type);
  return component;
}

// Behind activations whose output only the next layer reads.
void AddDropout(v1::Model& model) {
  v1::Model with;
  for (int i = 0; i < model.layers_size(); ++i) {
    const v1::Layer& layer = model.layers(i);
    *with.add_layers() = layer;
    const bool activation = layer.type() == "relu" || layer.type() == "gelu";
    if (!activation || !layer.name().empty() || model.layers(i + 1).inputs_size() > 0) continue;
    v1::Layer& dropout = *with.add_layers();
    dropout.set_type("dropout");
    (*dropout.mutable_params())["rate"].set_number_value(0.2);
  }
  model.mutable_layers()->Swap(with.mutable_layers());
}

using Case = std::tuple<std::string, v1::Precision>;

class ExactBits : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const auto& [name, precision] = GetParam();
    std::vector<std::string> overrides = SmallerSamples(name);
    overrides.insert(overrides.end(), {kSamples, kNoTest, kBatch, kSteps, kCheckpoints});
    auto specification = ReadYardstick(name, overrides);
    ASSERT_TRUE(specification.ok()) << specification.status();
    specification_ = *std::move(specification);
    specification_.set_precision(precision);
    AddDropout(*specification_.mutable_model());
    if (specification_.data().source().type() == "synthetic_images") {
      for (const char* const type : {"random_flip", "random_shift", "random_erase"})
        *specification_.mutable_data()->add_augment() = Made(type);
    }
  }

  std::unique_ptr<FileSink> Train(int threads, const std::string& checkpoint = "") {
    RunOptions options;
    options.threads = threads;
    options.catalogs = &catalogs_;
    options.clock = &clock_;
    options.cancel = &cancel_;
    options.checkpoint = checkpoint;
    auto sink = std::make_unique<FileSink>();
    const RunOutcome outcome = RunTraining(specification_, std::move(options), *sink);
    EXPECT_EQ(outcome.kind, RunOutcome::Kind::kSucceeded) << outcome.message;
    return sink;
  }

  const Catalogs catalogs_;
  const FakeClock clock_;
  CancelToken cancel_;
  v1::Specification specification_;
};

TEST_P(ExactBits, DoNotDependOnThreadsStopsAndResumes) {
  const std::unique_ptr<FileSink> one = Train(1);
  const std::string model = one->file(kModel);
  ASSERT_FALSE(model.empty());
  for (const int threads : {2, 3, 4, 7, 8})
    EXPECT_TRUE(Train(threads)->file(kModel) == model) << threads << " threads";
  // Killed between its checkpoint and the end, and resumed elsewhere.
  const std::string checkpoint = one->file(kCheckpoint);
  ASSERT_FALSE(checkpoint.empty());
  for (const int threads : {1, 3})
    EXPECT_TRUE(Train(threads, checkpoint)->file(kModel) == model)
        << "resumed with " << threads << " threads";
}

INSTANTIATE_TEST_SUITE_P(Yardsticks, ExactBits,
                         ::testing::Combine(::testing::ValuesIn(YardstickNames()),
                                            ::testing::Values(v1::PRECISION_FP32,
                                                              v1::PRECISION_BF16)),
                         [](const auto& info) {
                           return std::get<0>(info.param) +
                                  (std::get<1>(info.param) == v1::PRECISION_BF16 ? "_bf16"
                                                                                 : "_fp32");
                         });

}  // namespace
}  // namespace trainyard
