#include "server/studies/activation_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "tests/server/studies/plan_fixture.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kStudy[] = R"(
  name: "faster"
  data { source { type: "idx" } transforms { type: "standardize" } }
  sizes: 1000
  seeds: 3
  resources { cores: 2 }
  activation {
    activations { type: "relu" } activations { type: "tanh" } activations { type: "sigmoid" }
    depths: 2 depths: 8
    initializers { type: "he" } initializers { type: "glorot" }
    first { type: "flatten" }
    hidden { type: "dense" params { key: "units" value { number_value: 64 } } }
    hidden { type: "activation" }
    last { type: "dense" params { key: "units" value { number_value: 10 } } }
    learning_rates: 0.01 learning_rates: 0.1
    training { loss { type: "softmax_cross_entropy" } batch_size: 50 budget { steps: 400 } }
  }
)";

class ActivationPlanTest : public PlanTest {
 protected:
  static v1::StudySpecification Parse(const std::string& more = "") {
    return ParseStudy(kStudy + more);
  }
  std::string Refusal(const v1::StudySpecification& study) {
    const std::vector<std::string> texts = ErrorsOf(study);
    return texts.size() == 1 ? texts[0] : absl::StrCat(texts.size(), " refusals");
  }
};

TEST_F(ActivationPlanTest, EachCombinationIsAContender) {
  const StudyPlan plan = Plan(Parse());
  ASSERT_THAT(violations_.list(), IsEmpty());
  ASSERT_EQ(plan.jobs.size(), 12u);
  std::set<std::string> names;
  for (const v1::Contender& contender : plan.study.specification().contenders())
    names.insert(contender.name());
  EXPECT_EQ(names.size(), 12u);
  const v1::Contender& last = plan.study.specification().contenders(11);
  EXPECT_EQ(last.name(), "sigmoid-8-glorot");
  EXPECT_EQ(last.levels().at(kActivationLevel), "sigmoid");
  EXPECT_EQ(last.levels().at(kDepthLevel), "8");
  EXPECT_EQ(last.levels().at(kInitializerLevel), "glorot");
  EXPECT_EQ(plan.study.total_runs(), 12u * 2 * 3);
}

TEST_F(ActivationPlanTest, HiddenLayersAreRepeatedAndTheActivationStands) {
  const v1::Model model = Plan(Parse()).jobs[3].model();  // relu-2-glorot
  std::vector<std::string> types;
  for (const v1::Layer& layer : model.layers()) types.push_back(layer.type());
  EXPECT_THAT(types, ElementsAre("flatten", "dense", "relu", "dense", "relu", "dense"));
  EXPECT_EQ(model.initializer().type(), "glorot");
}

TEST_F(ActivationPlanTest, RunsShareTheirSamplesAndDifferInRateAndSeed) {
  const v1::Specification job = Plan(Parse()).jobs[0];
  EXPECT_EQ(job.data().subset().train_size(), 1000u);
  ASSERT_EQ(job.runs_size(), 6);
  EXPECT_EQ(job.runs(4).learning_rate(), 0.1);
  EXPECT_EQ(job.runs(4).seed(), 2u);
  for (const v1::Run& run : job.runs()) EXPECT_FALSE(run.has_subset_seed());
  EXPECT_EQ(job.monitoring().every_steps(), 2u);
  EXPECT_EQ(job.monitoring().gradient_health_every_steps(), 20u);
}

TEST_F(ActivationPlanTest, WithoutASizeAllSamplesAreTaken) {
  v1::StudySpecification study = Parse();
  study.clear_sizes();
  const StudyPlan plan = Plan(study);
  ASSERT_THAT(violations_.list(), IsEmpty());
  EXPECT_FALSE(plan.jobs[0].data().has_subset());
  EXPECT_EQ(plan.study.points(0).size(), 0u) << "the compiled job says how many they are";
  EXPECT_EQ(PathInStudy(plan, 5, "batch_size"), "activation.training.batch_size");
  study.mutable_activation()->mutable_training()->mutable_budget()->clear_steps();
  study.mutable_activation()->mutable_training()->mutable_budget()->set_epochs(3);
  EXPECT_THAT(Refusal(study), HasSubstr("activation.training.budget.steps: required"));
}

TEST_F(ActivationPlanTest, Defaults) {
  v1::StudySpecification study = Parse();
  study.mutable_activation()->clear_initializers();
  const v1::ActivationStudy filled = Plan(study).study.specification().activation();
  EXPECT_EQ(filled.initializers(0).type(), "he");
  EXPECT_EQ(filled.threshold(), 0.25);
  EXPECT_THAT(filled.baselines(), ElementsAre("sigmoid", "tanh"));
  study.mutable_activation()->mutable_activations(1)->set_type("gelu");
  study.mutable_activation()->mutable_activations(2)->set_type("swish");
  EXPECT_THAT(Plan(study).study.specification().activation().baselines(), ElementsAre("relu"));
}

TEST_F(ActivationPlanTest, OneTypeWithSeveralParameters) {
  v1::StudySpecification study = Parse();
  for (const int i : {1, 2}) {
    v1::Component& one = *study.mutable_activation()->mutable_activations(i);
    one.set_type("leaky_relu");
    (*one.mutable_params())["slope"].set_number_value(0.1 * i);
  }
  const StudyPlan plan = Plan(study);
  ASSERT_THAT(violations_.list(), IsEmpty());
  EXPECT_EQ(plan.study.specification().contenders(1).levels().at(kActivationLevel),
            "leaky_relu slope=0.1");
  EXPECT_EQ(plan.study.specification().contenders(2).name(), "leaky-relu-slope-0-2-2-he");
  *study.mutable_activation()->mutable_activations(2) = study.activation().activations(1);
  EXPECT_THAT(Refusal(study), HasSubstr("activation.activations[2]: "));
}

TEST_F(ActivationPlanTest, RefusesRegularisation) {
  v1::StudySpecification study = Parse();
  study.mutable_data()->add_augment()->set_type("random_flip");
  study.mutable_activation()->add_hidden()->set_type("dropout");
  (*study.mutable_activation()
        ->mutable_training()
        ->mutable_optimizer()
        ->mutable_params())["weight_decay"]
      .set_number_value(1e-4);
  EXPECT_THAT(ErrorsOf(study),
              ElementsAre(HasSubstr("activation.hidden[2]: no regularisation"),
                          HasSubstr("activation.training.optimizer.weight_decay: no regul"),
                          HasSubstr("data.augment: no regularisation")));
}

TEST_F(ActivationPlanTest, RefusesWhatCannotBeCompared) {
  const auto refused = [&](const auto& change) {
    v1::StudySpecification study = Parse();
    change(study, *study.mutable_activation());
    return Refusal(study);
  };
  using Study = v1::StudySpecification;
  using Activation = v1::ActivationStudy;
  EXPECT_THAT(refused([](Study&, Activation& a) { a.mutable_hidden()->RemoveLast(); }),
              HasSubstr("activation.hidden: required: layers of which one is 'activation'"));
  EXPECT_THAT(refused([](Study&, Activation& a) { a.clear_last(); }),
              HasSubstr("activation.last: required"));
  EXPECT_THAT(refused([](Study&, Activation& a) { a.set_depths(1, 2); }),
              HasSubstr("activation.depths[1]: 2; depths ascend"));
  EXPECT_THAT(refused([](Study&, Activation& a) { a.set_depths(1, 101); }),
              HasSubstr("from 1 to 100"));
  EXPECT_THAT(refused([](Study&, Activation& a) { a.add_baselines("sigmiod"); }),
              HasSubstr("activation.baselines[0]: 'sigmiod' is none of the activations; did you "
                        "mean 'sigmoid'?"));
  EXPECT_THAT(refused([](Study&, Activation& a) { a.set_threshold(25); }),
              HasSubstr("activation.threshold: 25; a share"));
  EXPECT_THAT(refused([](Study&, Activation& a) { a.set_learning_rates(1, -1); }),
              HasSubstr("activation.learning_rates[1]: must be above 0"));
  EXPECT_THAT(refused([](Study&, Activation& a) { a.set_learning_rates(1, 0.01); }),
              HasSubstr("is there already"));
  EXPECT_THAT(refused([](Study&, Activation& a) { a.mutable_activations()->DeleteSubrange(1, 2); }),
              HasSubstr("activation.activations: required: at least two"));
  EXPECT_THAT(refused([](Study&, Activation& a) { a.mutable_hidden(0)->set_name("h"); }),
              HasSubstr("activation.hidden[0]: has a name"));
  EXPECT_THAT(refused([](Study& s, Activation&) { s.add_sizes(5000); }),
              HasSubstr("sizes: at most one"));
  EXPECT_THAT(refused([](Study& s, Activation&) { s.add_contenders()->set_name("mine"); }),
              HasSubstr("contenders: not allowed"));
  EXPECT_THAT(refused([](Study& s, Activation&) { s.set_seeds(1); }),
              HasSubstr("seeds: 1; from 2"));
  EXPECT_THAT(refused([](Study&, Activation& a) {
                a.mutable_training()->mutable_budget()->mutable_wall_time()->set_seconds(1);
              }),
              HasSubstr("activation.training.budget.wall_time: not allowed"));
  EXPECT_THAT(
      refused([](Study&, Activation& a) {
        for (uint32_t depth = 9; depth < 30; ++depth) a.add_depths(depth);
      }),
      HasSubstr("activation: 3 activations x 23 depths x 2 initializers are 138; at most 64"));
  EXPECT_THAT(refused([](Study& s, Activation& a) {
                s.set_seeds(100);
                for (int i = 0; i < 10; ++i) a.add_learning_rates(0.2 + i);
              }),
              HasSubstr("would train 14400 models; at most 5000"));
}

TEST_F(ActivationPlanTest, ViolationsAreSaidOfWhatTheUserWrote) {
  const StudyPlan plan = Plan(Parse());
  // relu-2-he 0-2, 2-glorot 3-5, 8-he 6-8: its layers are flatten, 8 x 2, dense.
  EXPECT_EQ(PathInStudy(plan, 7, "model.layers[0].type"), "activation.first[0].type");
  EXPECT_EQ(PathInStudy(plan, 7, "model.layers[3].units"), "activation.hidden[0].units");
  EXPECT_EQ(PathInStudy(plan, 7, "model.layers[16].type"), "activation.activations[1].type");
  EXPECT_EQ(PathInStudy(plan, 7, "model.layers[17].units"), "activation.last[0].units");
  EXPECT_EQ(PathInStudy(plan, 7, "model.layers[18]"), "activation");
  EXPECT_EQ(PathInStudy(plan, 4, "model.initializer.type"), "activation.initializers[1].type");
  EXPECT_EQ(PathInStudy(plan, 4, "runs[3].learning_rate"), "activation.learning_rates[1]");
  EXPECT_EQ(PathInStudy(plan, 4, "optimizer.type"), "activation.training.optimizer.type");
  EXPECT_EQ(PathInStudy(plan, 4, "data.source.path"), "data.source.path");
  EXPECT_EQ(PathInStudy(plan, 4, "data.subset.train_size"), "sizes[0]");
}

TEST_F(ActivationPlanTest, TheThresholdIsBelowGuessing) {
  v1::StudySpecification study = Plan(Parse()).study.specification();
  v1::Specification job;
  job.add_metrics()->set_type("accuracy");
  v1::ModelSummary model;
  model.set_test_samples(10);
  model.add_layers()->add_output_shape(2);
  const auto refusal = [&] {
    Violations violations;
    CheckActivationJob(study, job, model, violations);
    return violations.empty() ? ""
                              : violations.list()[0].path + ": " + violations.list()[0].message;
  };
  EXPECT_EQ(refusal(), "");
  study.mutable_activation()->set_threshold(0.5);
  EXPECT_THAT(refusal(),
              HasSubstr("activation.threshold: 0.5; guessing among the classes has 0.5"));
  study.mutable_activation()->set_threshold(0.2);
  model.set_test_samples(0);
  EXPECT_THAT(refusal(), HasSubstr("data.split.test: required"));
  job.mutable_metrics(0)->set_type("mse");
  EXPECT_THAT(refusal(), HasSubstr("data: an activation study takes a classification"));
}

}  // namespace
}  // namespace trainyard
