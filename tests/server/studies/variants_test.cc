#include "server/studies/variants.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::Specification Parse(const std::string& text) {
  v1::Specification specification;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &specification)) << text;
  return specification;
}

v1::Specification Over(const std::string& upper, const std::string& lower) {
  v1::Specification result = Parse(lower);
  LayOver(Parse(upper), result);
  return result;
}

TEST(VariantsTest, MessagesAreMergedComponentsAndListsReplaced) {
  EXPECT_EQ(Over("budget { steps: 9 } batch_size: 7",
                 "budget { epochs: 2 steps: 1 } batch_size: 3 clip_gradient_norm: 1")
                .ShortDebugString(),
            Parse("budget { epochs: 2 steps: 9 } batch_size: 7 clip_gradient_norm: 1")
                .ShortDebugString());
  // Parameters of another optimizer would be unknown to this one.
  EXPECT_EQ(Over("optimizer { type: 'sgd' }",
                 "optimizer { type: 'adam' params { key: 'beta1' value { number_value: 0.8 } } }")
                .ShortDebugString(),
            Parse("optimizer { type: 'sgd' }").ShortDebugString());
  EXPECT_EQ(
      Over("model { layers { type: 'relu' } }",
           "model { layers { type: 'a' } layers { type: 'b' } initializer { type: 'he' } }")
          .ShortDebugString(),
      Parse("model { layers { type: 'relu' } initializer { type: 'he' } }").ShortDebugString());
  EXPECT_EQ(Over("", "batch_size: 3").batch_size(), 3u);
}

TEST(VariantsTest, PathsAreThoseThatAreReplaced) {
  EXPECT_THAT(ChangedPaths(Parse("optimizer { type: 'sgd' } budget { steps: 9 wall_time { seconds: "
                                 "3 } } model { layers { type: 'relu' } }")),
              ElementsAre("model.layers", "optimizer", "budget.steps", "budget.wall_time"));
  EXPECT_THAT(ChangedPaths(v1::Specification()), IsEmpty());
}

PlaceholderValues Values(const std::string& name, const google::protobuf::Value& value) {
  PlaceholderValues values;
  values[name] = value;
  return values;
}

TEST(VariantsTest, PlaceholdersAreTypesAndParameters) {
  v1::Specification specification = Parse(R"(
    model { layers { type: "dense" params { key: "units" value { string_value: "$x" } } }
            layers { type: "flatten" name: "$x" }
            initializer { type: "he" params { key: "a" value { list_value { values { string_value: "$x" } } } } } })");
  google::protobuf::Value value;
  value.set_number_value(32);
  std::set<std::string> used;
  Violations violations;
  FillPlaceholders(Values("x", value), specification, used, violations);
  EXPECT_TRUE(violations.empty()) << violations.ToStatus();
  EXPECT_THAT(used, ElementsAre("x"));
  const v1::Model& model = specification.model();
  EXPECT_EQ(model.layers(0).params().at("units").number_value(), 32);
  EXPECT_EQ(model.layers(1).name(), "$x") << "names are names";
  EXPECT_EQ(model.initializer().params().at("a").list_value().values(0).number_value(), 32);
}

TEST(VariantsTest, WhatIsWrongHasItsPlace) {
  v1::Specification specification = Parse(
      "optimizer { type: 'sgd' params { key: 'momentum' value { string_value: '$m' } } } "
      "loss { type: '$loss' }");
  google::protobuf::Value value;
  value.set_bool_value(true);
  std::set<std::string> used;
  Violations violations;
  FillPlaceholders(Values("loss", value), specification, used, violations);
  ASSERT_EQ(violations.list().size(), 2u);
  EXPECT_EQ(violations.list()[0].path, "loss.type");
  EXPECT_EQ(violations.list()[0].message, "$loss must be the name of a type");
  EXPECT_EQ(violations.list()[1].path, "optimizer.momentum");
  EXPECT_THAT(violations.list()[1].message, HasSubstr("$m has no value"));
}

TEST(VariantsTest, ValuesAreNotLookedAtAgain) {
  v1::Specification specification = Parse("loss { type: '$a' }");
  google::protobuf::Value value;
  value.set_string_value("$a");
  std::set<std::string> used;
  Violations violations;
  FillPlaceholders(Values("a", value), specification, used, violations);
  EXPECT_EQ(specification.loss().type(), "$a");
}

}  // namespace
}  // namespace trainyard
