#include "engine/spec/canonical.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace trainyard {
namespace {

const Catalogs& AllCatalogs() {
  static const auto& catalogs = *new Catalogs();
  return catalogs;
}

v1::Specification Parse(const std::string& text) {
  v1::Specification specification;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &specification));
  return specification;
}

std::string Key(const std::string& text, const std::string& data = "d",
                const std::string& software = "s") {
  return ResultKey(Parse(text), data, software, AllCatalogs());
}

constexpr char kNet[] = "seed: 1 optimizer { type: 'adam' } budget { epochs: 2 }";

TEST(CanonicalTest, DefaultsAreFilledIn) {
  v1::Specification specification = Parse(kNet);
  FillParameterDefaults(AllCatalogs(), specification);
  EXPECT_DOUBLE_EQ(specification.optimizer().params().at("learning_rate").number_value(), 0.001);
  specification = Parse("optimizer { type: 'no-such' }");
  FillParameterDefaults(AllCatalogs(), specification);
  EXPECT_TRUE(specification.optimizer().params().empty());
}

TEST(CanonicalTest, WhatDecidesNoResultDecidesNoKey) {
  const std::string key = Key(kNet);
  EXPECT_EQ(key.size(), 64u);
  const std::string net = kNet;
  EXPECT_EQ(Key(net + " name: 'x'"), key);
  EXPECT_EQ(Key(net + " resources { cores: 2 memory_bytes: 9 }"), key);
  EXPECT_EQ(Key(net + " monitoring { every_steps: 3 }"), key);
  EXPECT_EQ(Key(net + " checkpoint { keep: 3 }"), key);
  EXPECT_EQ(Key("seed: 1 optimizer { type: 'adam' params { key: 'learning_rate' value { "
                "number_value: 0.001 } } } budget { epochs: 2 }"),
            key);
}

TEST(CanonicalTest, EverythingElseDoes) {
  const std::string key = Key(kNet);
  const std::string net = kNet;
  EXPECT_NE(Key(net, "other data"), key);
  EXPECT_NE(Key(net, "d", "newer"), key);
  // The parts are kept apart.
  EXPECT_NE(Key(net, "ds", ""), Key(net, "d", "s"));
  EXPECT_NE(Key("seed: 2 optimizer { type: 'adam' } budget { epochs: 2 }"), key);
  EXPECT_NE(Key("seed: 1 optimizer { type: 'adam' params { key: 'learning_rate' value { "
                "number_value: 0.01 } } } budget { epochs: 2 }"),
            key);
  EXPECT_NE(Key(net + " runs { seed: 1 }"), key);
  EXPECT_NE(Key(net + " precision: PRECISION_BF16"), key);
  EXPECT_NE(Key(net + " evaluation { every_epochs: 2 }"), key);
}

TEST(CanonicalTest, SomeResultsAnswerForNothing) {
  EXPECT_EQ(Key("budget { epochs: 2 wall_time { seconds: 3 } }"), "");
  EXPECT_EQ(Key("benchmark {}"), "");
  EXPECT_EQ(Key("predict { job: 'jobs/a' }"), "");
}

}  // namespace
}  // namespace trainyard
