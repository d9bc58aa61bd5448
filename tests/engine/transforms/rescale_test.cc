// min_max, normalize and pad.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/transforms/fitted.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(MinMax, SpansTheRange) {
  EXPECT_THAT(FitAndApply(*MakeTransform("min_max", {}), Shape({2}), {1, 10, 3, 30, 2, 20}),
              ElementsAre(0, 0, 1, 1, 0.5, 0.5));
  EXPECT_THAT(FitAndApply(*MakeTransform("min_max", {{"low", Value(-1)}, {"high", Value(3)}}),
                          Shape({1}), {1, 2, 3}),
              ElementsAre(-1, 1, 3));
}

TEST(MinMax, ConstantsBecomeLow) {
  EXPECT_THAT(FitAndApply(*MakeTransform("min_max", {{"low", Value(-1)}}), Shape({1}), {5, 5}),
              ElementsAre(-1, -1));
}

TEST(MinMax, LowIsBelowHigh) {
  std::string wrong;
  MakeTransform("min_max", {{"low", Value(1)}, {"high", Value(1)}}, &wrong);
  EXPECT_THAT(wrong, HasSubstr("data.transforms[0].high: expected more than low (1), got 1"));
}

TEST(Normalize, OneNumberForAllOrOneAChannel) {
  const RawMap one = {{"mean", Value(1)}, {"standard_deviation", Value(2)}};
  EXPECT_THAT(FitAndApply(*MakeTransform("normalize", one), Shape({2, 1, 1}), {3, 5}),
              ElementsAre(1, 2));
  const RawMap each = {{"mean", {RawList{Value(1), Value(3)}}}, {"standard_deviation", Value(2)}};
  EXPECT_THAT(FitAndApply(*MakeTransform("normalize", each), Shape({2, 1, 2}), {3, 5, 5, 7}),
              ElementsAre(1, 2, 1, 2));
}

TEST(Normalize, CountsItsNumbers) {
  const RawMap three = {{"mean", {RawList{Value(1), Value(3), Value(4)}}},
                        {"standard_deviation", Value(2)}};
  EXPECT_THAT(Message(MakeTransform("normalize", three)->OutputShape(Shape({2, 1, 1})).status()),
              HasSubstr("mean: expected one value or 2 (samples have shape [2, 1, 1]), got 3"));
}

TEST(Normalize, RefusesADeviationOfZero) {
  std::string wrong;
  MakeTransform("normalize", {{"mean", Value(0)}, {"standard_deviation", Value(0)}}, &wrong);
  EXPECT_THAT(wrong, HasSubstr("data.transforms[0].standard_deviation"));
}

TEST(Pad, PutsABorderAround) {
  const auto transform = MakeTransform("pad", {{"pixels", Value(1)}, {"value", Value(9)}});
  EXPECT_EQ(*transform->OutputShape(Shape({2, 1, 1})), Shape({2, 3, 3}));
  EXPECT_THAT(FitAndApply(*transform, Shape({2, 1, 1}), {1, 2}),
              ElementsAre(9, 9, 9, 9, 1, 9, 9, 9, 9, 9, 9, 9, 9, 2, 9, 9, 9, 9));
}

TEST(Pad, TakesImagesOnly) {
  EXPECT_THAT(
      Message(MakeTransform("pad", {{"pixels", Value(1)}})->OutputShape(Shape({4})).status()),
      HasSubstr("takes images [channels, height, width]; samples have shape [4]"));
}

// An example in a schema that does not hold would mislead every reader of `explain`.
TEST(TransformCatalog, HasDocumentedComponents) {
  const auto catalog = transforms::MakeCatalog();
  EXPECT_THAT(catalog.types(), ElementsAre("hog", "min_max", "normalize", "pad", "pca",
                                           "standardize", "window_statistics"));
  for (const auto& [type, entry] : catalog.entries()) {
    EXPECT_FALSE(entry.schema.doc().empty()) << type;
    EXPECT_THAT(entry.schema.example(), HasSubstr("type: " + type));
  }
}

}  // namespace
}  // namespace trainyard
