#include "engine/base/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trainyard {
namespace {

using ::testing::ElementsAre;

struct Shade {
  int64_t depth;
};

CatalogEntry<Shade> Entry(const std::string& type) {
  return {Schema(type, "A shade.").Add(Integer("depth", "How dark.").Default(1).AtLeast(0)),
          [](const Params& params, Violations& violations) -> std::unique_ptr<Shade> {
            if (params.Int("depth") == 13) {
              violations.Add(params.PathOf("depth"), "must not be 13");
            }
            return std::make_unique<Shade>(Shade{params.Int("depth")});
          }};
}

Catalog<Shade> TestCatalog() {
  Catalog<Shade> catalog("shade");
  catalog.Add(Entry("grey"));
  catalog.Add(Entry("black"));
  return catalog;
}

std::vector<std::string> MakeViolations(const RawComponent& component) {
  Violations violations;
  EXPECT_EQ(TestCatalog().Make(component, "wall", violations), nullptr);
  std::vector<std::string> lines;
  for (const Violation& violation : violations.list())
    lines.push_back(violation.path + ": " + violation.message);
  return lines;
}

TEST(CatalogTest, MakesAComponent) {
  Violations violations;
  const auto shade = TestCatalog().Make({"grey", {{"depth", RawValue{4.0}}}}, "wall", violations);
  ASSERT_TRUE(violations.empty());
  EXPECT_EQ(shade->depth, 4);
}

TEST(CatalogTest, MakesAComponentAfterOtherViolations) {
  Violations violations;
  violations.Add("loss", "required");
  EXPECT_NE(TestCatalog().Make({"grey", {}}, "wall", violations), nullptr);
}

TEST(CatalogTest, ListsTypesByName) {
  EXPECT_THAT(TestCatalog().types(), ElementsAre("black", "grey"));
}

TEST(CatalogTest, UnknownTypeNamesTheNearest) {
  EXPECT_THAT(MakeViolations({"blak", {}}),
              ElementsAre("wall.type: unknown shade 'blak'; did you mean 'black'?"));
  EXPECT_THAT(MakeViolations({"turquoise", {}}),
              ElementsAre("wall.type: unknown shade 'turquoise'; known: black, grey"));
}

TEST(CatalogTest, EmptyTypeIsRequired) {
  EXPECT_THAT(MakeViolations({"", {}}), ElementsAre("wall.type: required: the type of a shade"));
}

TEST(CatalogTest, WrongParametersMakeNothing) {
  EXPECT_THAT(MakeViolations({"grey", {{"depth", RawValue{-1.0}}}}),
              ElementsAre("wall.depth: expected integer >= 0, got -1"));
}

TEST(CatalogTest, AViolationOfTheComponentMakesNothing) {
  EXPECT_THAT(MakeViolations({"grey", {{"depth", RawValue{13.0}}}}),
              ElementsAre("wall.depth: must not be 13"));
}

TEST(CatalogTest, StaysWrongWhenViolationsNoLongerKeepTexts) {
  Violations violations;
  for (size_t i = 0; i < Violations::kMostTexts + 1; ++i) violations.Add("a", "b");
  EXPECT_EQ(TestCatalog().Make({"grey", {{"depth", RawValue{-1.0}}}}, "wall", violations), nullptr);
}

TEST(CatalogDeathTest, TwoOfOneTypeAreOurMistake) {
  Catalog<Shade> catalog = TestCatalog();
  EXPECT_DEATH(catalog.Add(Entry("grey")), "two components of kind shade named grey");
}

}  // namespace
}  // namespace trainyard
