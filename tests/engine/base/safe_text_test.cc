#include "engine/base/safe_text.h"

#include <gtest/gtest.h>

namespace trainyard {
namespace {

constexpr size_t kEnough = 100;

TEST(SafeTextTest, KeepsUtf8) {
  EXPECT_EQ(SafeText("", kEnough), "");
  EXPECT_EQ(SafeText("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", kEnough),
            "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
}

TEST(SafeTextTest, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(SafeText("a\xFFz", kEnough), "a?z");
  EXPECT_EQ(SafeText("\xC3", kEnough), "?");                 // cut short
  EXPECT_EQ(SafeText("\xA9", kEnough), "?");                 // continues nothing
  EXPECT_EQ(SafeText("\xC0\x80", kEnough), "??");            // overlong
  EXPECT_EQ(SafeText("\xED\xA0\x80", kEnough), "???");       // surrogate
  EXPECT_EQ(SafeText("\xF4\x90\x80\x80", kEnough), "????");  // beyond Unicode
}

TEST(SafeTextTest, CutsBetweenCharacters) {
  EXPECT_EQ(SafeText("abc", 2), "ab");
  EXPECT_EQ(SafeText("a\xE2\x82\xAC", 3), "a");
  EXPECT_EQ(SafeText("a\xE2\x82\xAC", 4), "a\xE2\x82\xAC");
}

}  // namespace
}  // namespace trainyard
