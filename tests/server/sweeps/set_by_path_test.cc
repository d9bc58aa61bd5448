#include "server/sweeps/set_by_path.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

namespace trainyard {
namespace {

using ::testing::HasSubstr;

constexpr char kJob[] = R"(
  model {
    layers { type: "flatten" }
    layers { type: "dense" params { key: "units" value { number_value: 10 } }
             params { key: "initializer" value { string_value: "he" } } }
    layers { type: "conv2d" params { key: "kernel" value { list_value {
             values { number_value: 3 } values { number_value: 5 } } } } }
  }
  optimizer { type: "adam" params { key: "beta1" value { number_value: 0.9 } } }
  batch_size: 32
)";

google::protobuf::Value Json(const std::string& text) {
  google::protobuf::Value value;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(text, &value).ok()) << text;
  return value;
}

class SetByPathTest : public ::testing::Test {
 protected:
  SetByPathTest() { EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kJob, &job_)); }
  PathProblem Set(const std::string& path, const std::string& json) {
    return SetByPath(path, Json(json), job_);
  }
  void ExpectSet(const std::string& path, const std::string& json) {
    const PathProblem problem = Set(path, json);
    EXPECT_TRUE(problem.none()) << path << ": " << problem.message;
  }
  void ExpectPathProblem(const std::string& path, const std::string& message) {
    const PathProblem problem = Set(path, "1");
    EXPECT_EQ(problem.kind, PathProblem::Kind::kPath) << path;
    EXPECT_THAT(problem.message, HasSubstr(message)) << path;
  }
  void ExpectValueProblem(const std::string& path, const std::string& json,
                          const std::string& message) {
    const PathProblem problem = Set(path, json);
    EXPECT_EQ(problem.kind, PathProblem::Kind::kValue) << path;
    EXPECT_THAT(problem.message, HasSubstr(message)) << path;
  }

  v1::Specification job_;
};

TEST_F(SetByPathTest, FieldsOfTheSpecification) {
  ExpectSet("batch_size", "64");
  EXPECT_EQ(job_.batch_size(), 64u);
  ExpectSet("budget.epochs", "7");
  EXPECT_EQ(job_.budget().epochs(), 7u);
  ExpectSet("data.label_noise.share", "0.25");
  EXPECT_EQ(job_.data().label_noise().share(), 0.25);
  ExpectSet("precision", "\"bf16\"");
  EXPECT_EQ(job_.precision(), v1::PRECISION_BF16);
}

TEST_F(SetByPathTest, ParametersOfComponentsAndLayers) {
  ExpectSet("optimizer.learning_rate", "0.01");
  EXPECT_EQ(job_.optimizer().params().at("learning_rate").number_value(), 0.01);
  EXPECT_EQ(job_.optimizer().params().at("beta1").number_value(), 0.9);
  ExpectSet("optimizer.params.beta1", "0.8");
  EXPECT_EQ(job_.optimizer().params().at("beta1").number_value(), 0.8);
  ExpectSet("model.layers[1].units", "128");
  EXPECT_EQ(job_.model().layers(1).params().at("units").number_value(), 128);
  ExpectSet("model.layers[2].kernel[1]", "7");
  EXPECT_EQ(job_.model().layers(2).params().at("kernel").list_value().values(1).number_value(), 7);
}

TEST_F(SetByPathTest, AWordBelowWhichAParameterIsSetIsItsType) {
  ExpectSet("model.layers[1].initializer.gain", "2");
  const auto& fields = job_.model().layers(1).params().at("initializer").struct_value().fields();
  EXPECT_EQ(fields.at("type").string_value(), "he");
  EXPECT_EQ(fields.at("gain").number_value(), 2);
}

TEST_F(SetByPathTest, WholeComponents) {
  ExpectSet("optimizer", R"({"type": "sgd", "learning_rate": 0.1})");
  EXPECT_EQ(job_.optimizer().type(), "sgd");
  EXPECT_EQ(job_.optimizer().params_size(), 1);  // nothing of adam's is left
  ExpectSet("loss", "\"hinge\"");
  EXPECT_EQ(job_.loss().type(), "hinge");
  ExpectSet("model.layers[0]", R"({"type": "dense", "name": "first", "params": {"units": 3}})");
  EXPECT_EQ(job_.model().layers(0).name(), "first");
  EXPECT_EQ(job_.model().layers(0).params().at("units").number_value(), 3);
}

TEST_F(SetByPathTest, PathsThatLeadNowhere) {
  ExpectPathProblem("", "must be a path");
  ExpectPathProblem("a b", "must be a path");
  ExpectPathProblem("model.layers[", "must be a path");
  ExpectPathProblem("model.layers[-1].units", "must be a path");
  ExpectPathProblem("batch_sise", "did you mean 'batch_size'?");
  ExpectPathProblem("model.layers[7].units", "has 3 entries");
  ExpectPathProblem("model.layers", "is a list");
  ExpectPathProblem("model.layers.units", "is a list");
  ExpectPathProblem("batch_size.x", "is a single value");
  ExpectPathProblem("model", "choose one of them");
  ExpectPathProblem("schedule.gamma", "names no component");
  ExpectPathProblem("optimizer[0]", "index");
  ExpectPathProblem("optimizer.betas[0]", "not set");
  ExpectPathProblem("model.layers[2].kernel[2]", "no entry [2]");
  ExpectPathProblem("model.layers[1].units.x", "single value");
}

TEST_F(SetByPathTest, ValuesThatDoNotFit) {
  ExpectValueProblem("batch_size", "1.5", "whole number");
  ExpectValueProblem("batch_size", "-1", "whole number");
  ExpectValueProblem("batch_size", "1e12", "4294967295");
  ExpectValueProblem("batch_size", "\"many\"", "whole number");
  ExpectValueProblem("precision", "\"fp8\"", "fp32, bf16");
  ExpectValueProblem("optimizer", "{\"learning_rate\": 1}", "type");
  ExpectValueProblem("optimizer", "3", "type");
  ExpectValueProblem("clip_gradient_norm", "\"x\"", "number");
}

}  // namespace
}  // namespace trainyard
