#include "engine/base/label.h"

#include <gtest/gtest.h>

namespace trainyard {
namespace {

TEST(LabelTest, HasSmallLettersDigitsAndHyphens) {
  for (const char* text : {"", "a", "z", "0", "9", "-", "mnist-10k"})
    EXPECT_TRUE(IsLabel(text, 9)) << text;
  // Beside the ends of the ranges, and what is none of ASCII.
  for (const char* text : {"`", "{", "/", ":", "A", "a b", "a_b", "a.b", "\xC3\xA9", "\n"})
    EXPECT_FALSE(IsLabel(text, 9)) << text;
  EXPECT_FALSE(IsLabel(std::string_view("a\0b", 3), 9));
}

TEST(LabelTest, IsNoLongerThanItsLimit) {
  EXPECT_TRUE(IsLabel("abc", 3));
  EXPECT_FALSE(IsLabel("abcd", 3));
}

}  // namespace
}  // namespace trainyard
