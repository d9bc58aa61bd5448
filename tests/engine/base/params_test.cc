#include "engine/base/params.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Schema TestSchema() {
  return Schema("thing", "A thing.")
      .Add(Integer("units", "Outputs.").Required().AtLeast(1).AtMost(1000))
      .Add(Number("rate", "A share.").Default(0.5).Above(0).Below(1))
      .Add(Boolean("bias", "Adds one.").Default(true))
      .Add(String("padding", "How.").Default("valid").OneOf({"valid", "same"}))
      .Add(Integers("kernel", "Size.").Default(3).AtLeast(1).Size(1, 2))
      .Add(Numbers("mean", "Shift."))
      .Add(Strings("columns", "Names."))
      .Add(ComponentParam("initializer", "initializer", "First values."));
}

struct Reading {
  Params params;
  std::vector<std::string> violations;
};

Reading Read(const RawMap& raw) {
  Violations violations;
  Reading reading{ReadParams(TestSchema(), raw, "layers[1]", violations), {}};
  for (const Violation& violation : violations.list()) {
    reading.violations.push_back(violation.path + ": " + violation.message);
  }
  return reading;
}

RawValue List(std::vector<RawValue> values) { return RawValue{RawList(std::move(values))}; }
RawValue Text(const char* text) { return RawValue{std::string(text)}; }

TEST(ParamsTest, FillsDefaults) {
  const Reading reading = Read({{"units", RawValue{10.0}}});
  ASSERT_THAT(reading.violations, IsEmpty());
  EXPECT_EQ(reading.params.Int("units"), 10);
  EXPECT_EQ(reading.params.Num("rate"), 0.5);
  EXPECT_TRUE(reading.params.Bool("bias"));
  EXPECT_EQ(reading.params.Str("padding"), "valid");
  EXPECT_THAT(reading.params.Ints("kernel"), ElementsAre(3));
  EXPECT_FALSE(reading.params.Has("mean"));
  EXPECT_FALSE(reading.params.Has("initializer"));
}

TEST(ParamsTest, ReadsEveryType) {
  const Reading reading = Read(
      {{"units", RawValue{1.0}},
       {"rate", RawValue{0.25}},
       {"bias", RawValue{false}},
       {"padding", Text("same")},
       {"kernel", List({RawValue{2.0}, RawValue{5.0}})},
       {"mean", List({RawValue{0.5}, RawValue{-1.0}})},
       {"columns", List({Text("a"), Text("b")})},
       {"initializer", RawValue{RawMap{{"type", Text("normal")}, {"stddev", RawValue{0.1}}}}}});
  ASSERT_THAT(reading.violations, IsEmpty());
  EXPECT_EQ(reading.params.Num("rate"), 0.25);
  EXPECT_FALSE(reading.params.Bool("bias"));
  EXPECT_EQ(reading.params.Str("padding"), "same");
  EXPECT_THAT(reading.params.Ints("kernel"), ElementsAre(2, 5));
  EXPECT_THAT(reading.params.Nums("mean"), ElementsAre(0.5, -1.0));
  EXPECT_THAT(reading.params.Strs("columns"), ElementsAre("a", "b"));
  EXPECT_EQ(reading.params.Comp("initializer").type, "normal");
  EXPECT_EQ(reading.params.Comp("initializer").params.count("stddev"), 1u);
  EXPECT_EQ(reading.params.Comp("initializer").params.count("type"), 0u);
}

TEST(ParamsTest, AWordIsAComponentWithoutParameters) {
  const Reading reading = Read({{"units", RawValue{1.0}}, {"initializer", Text("zeros")}});
  ASSERT_THAT(reading.violations, IsEmpty());
  EXPECT_EQ(reading.params.Comp("initializer").type, "zeros");
  EXPECT_THAT(reading.params.Comp("initializer").params, IsEmpty());
}

TEST(ParamsTest, KnowsThePathsOfItsFields) {
  EXPECT_EQ(Read({{"units", RawValue{1.0}}}).params.PathOf("rate"), "layers[1].rate");
}

TEST(ParamsTest, MissingRequiredFieldSaysWhatItTakes) {
  EXPECT_THAT(Read({}).violations, ElementsAre("layers[1].units: required: integer in [1, 1000]"));
}

TEST(ParamsTest, UnknownFieldNamesTheNearest) {
  EXPECT_THAT(Read({{"units", RawValue{1.0}}, {"biass", RawValue{true}}}).violations,
              ElementsAre("layers[1].biass: unknown field of thing; did you mean 'bias'?"));
}

TEST(ParamsTest, UnknownFieldOfAnyLengthGivesAShortPath) {
  const Reading reading =
      Read({{"units", RawValue{1.0}}, {std::string(100000, 'x'), RawValue{true}}});
  ASSERT_EQ(reading.violations.size(), 1u);
  EXPECT_LT(reading.violations[0].size(), 300u);
}

TEST(ParamsTest, TellsEveryViolationAtOnce) {
  EXPECT_EQ(Read({{"units", RawValue{0.0}},
                  {"rate", RawValue{1.0}},
                  {"bias", Text("yes")},
                  {"padding", Text("sam")}})
                .violations.size(),
            4u);
}

struct WrongCase {
  const char* name;
  RawValue value;
  const char* violation;
};

class WrongValueTest : public ::testing::TestWithParam<WrongCase> {};

TEST_P(WrongValueTest, IsRefused) {
  RawMap raw = {{"units", RawValue{1.0}}};
  raw[GetParam().name] = GetParam().value;
  EXPECT_THAT(Read(raw).violations, ElementsAre(GetParam().violation));
}

INSTANTIATE_TEST_SUITE_P(
    Values, WrongValueTest,
    ::testing::Values(
        WrongCase{"units", RawValue{0.0}, "layers[1].units: expected integer in [1, 1000], got 0"},
        WrongCase{"units", RawValue{1001.0},
                  "layers[1].units: expected integer in [1, 1000], got 1001"},
        WrongCase{"units", RawValue{2.5},
                  "layers[1].units: expected integer in [1, 1000], got 2.5"},
        WrongCase{"units", RawValue{1e300},
                  "layers[1].units: expected integer in [1, 1000], got 1e+300"},
        WrongCase{"units", RawValue{std::nan("")},
                  "layers[1].units: expected integer in [1, 1000], got nan"},
        WrongCase{"units", RawValue{}, "layers[1].units: expected integer in [1, 1000], got null"},
        WrongCase{"units", RawValue{true},
                  "layers[1].units: expected integer in [1, 1000], got true"},
        WrongCase{"units", Text("ten"),
                  "layers[1].units: expected integer in [1, 1000], got 'ten'"},
        WrongCase{"rate", RawValue{0.0}, "layers[1].rate: expected number in (0, 1), got 0"},
        WrongCase{"rate", RawValue{1.0}, "layers[1].rate: expected number in (0, 1), got 1"},
        WrongCase{"rate", RawValue{1.0000001},
                  "layers[1].rate: expected number in (0, 1), got 1.0000001"},
        WrongCase{"rate", RawValue{std::numeric_limits<double>::infinity()},
                  "layers[1].rate: expected number in (0, 1), got inf"},
        WrongCase{"bias", RawValue{1.0}, "layers[1].bias: expected boolean, got 1"},
        WrongCase{"padding", Text("sane"),
                  "layers[1].padding: unknown value 'sane'; did you mean 'same'?"},
        WrongCase{"padding", RawValue{RawMap()},
                  "layers[1].padding: expected string one of: valid, same, got a mapping"},
        WrongCase{"kernel", List({RawValue{1.0}, RawValue{0.0}}),
                  "layers[1].kernel[1]: expected integers >= 1, 1 to 2 values, got 0"},
        WrongCase{"kernel", List({}),
                  "layers[1].kernel: expected integers >= 1, 1 to 2 values, got a list of 0"},
        WrongCase{"kernel", List({RawValue{1.0}, RawValue{1.0}, RawValue{1.0}}),
                  "layers[1].kernel: expected integers >= 1, 1 to 2 values, got a list of 3"},
        WrongCase{"mean", List({List({})}), "layers[1].mean[0]: expected numbers, got a list of 0"},
        WrongCase{"columns", RawValue{3.0}, "layers[1].columns: expected strings, got 3"},
        WrongCase{"initializer", RawValue{3.0},
                  "layers[1].initializer: expected initializer such as {type: ...}, got 3"},
        WrongCase{
            "initializer", RawValue{RawMap{{"type", RawValue{1.0}}}},
            "layers[1].initializer: expected initializer such as {type: ...}, got a mapping"}));

TEST(ParamSpecTest, SaysWhatItAccepts) {
  EXPECT_EQ(Number("a", "").AtLeast(1).Accepts(), ">= 1");
  EXPECT_EQ(Number("a", "").Above(0).AtMost(1).Accepts(), "in (0, 1]");
  EXPECT_EQ(Number("a", "").Below(2.5).Accepts(), "< 2.5");
  EXPECT_EQ(Number("a", "").Accepts(), "");
  EXPECT_EQ(String("a", "").OneOf({"valid", "same"}).Accepts(), "one of: valid, same");
  EXPECT_EQ(Integers("a", "").AtLeast(1).Size(2, 2).Accepts(), ">= 1, 2 values");
}

TEST(ParamSpecTest, WritesItsDefaultAsYaml) {
  EXPECT_EQ(Number("a", "").Default(1e-8).DefaultText(), "1e-08");
  EXPECT_EQ(Integer("a", "").Default(3).DefaultText(), "3");
  EXPECT_EQ(Boolean("a", "").Default(true).DefaultText(), "true");
  EXPECT_EQ(String("a", "").Default("same").DefaultText(), "same");
  EXPECT_EQ(Number("a", "").DefaultText(), "");
}

TEST(ParamsDeathTest, AFieldThatTheSchemaLacksIsOurMistake) {
  const Params params = Read({{"units", RawValue{1.0}}}).params;
  EXPECT_DEATH(params.Int("layers"), "no parameter layers");
  EXPECT_DEATH(params.Str("units"), "another type than that of parameter units");
}

}  // namespace
}  // namespace trainyard
