#include "client/text/text.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trainyard {
namespace {

TEST(Text, CountsColumnsAndNotBytes) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("▁▂é"), 3);
  EXPECT_EQ(PadRight("é", 3), "é  ");
  EXPECT_EQ(PadLeft("é", 3), "  é");
}

TEST(Text, KnowsWideAndCombiningCharacters) {
  EXPECT_EQ(DisplayWidth("学習"), 4);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1);
  EXPECT_EQ(DisplayWidth("🚂"), 2);
  EXPECT_EQ(DisplayWidth("\xff\xc3"), 2) << "each bad byte takes a place";
  EXPECT_EQ(PadRight("学", 3), "学 ");
}

TEST(Text, ReadsCodePoints) {
  EXPECT_EQ(CodePointAt("é", 0).value, U'é');
  EXPECT_EQ(CodePointAt("é", 0).bytes, 2u);
  EXPECT_EQ(CodePointAt("\xc0\xaf", 0).value, kBadPoint) << "an overlong form";
  EXPECT_EQ(CodePointAt("\xed\xa0\x80", 0).value, kBadPoint) << "a surrogate";
  EXPECT_EQ(CodePointAt("\xe5\xad", 0).bytes, 1u) << "cut short";
}

TEST(Text, CutsWithAMark) {
  EXPECT_EQ(Ellipsize("abcdef", 4, true), "abc…");
  EXPECT_EQ(Ellipsize("abcdef", 4, false), "abc~");
  EXPECT_EQ(Ellipsize("abcd", 4, true), "abcd");
  EXPECT_EQ(Ellipsize("ééééé", 3, true), "éé…");
  EXPECT_EQ(Ellipsize("学習曲線", 4, true), "学…") << "never wider, even where a column is left";
  EXPECT_EQ(Ellipsize("abc", 0, true), "");
}

TEST(Text, LetsNoTerminalSequenceThrough) {
  EXPECT_EQ(Printable("a\x1b[31mb\n"), "a?[31mb?");
  EXPECT_EQ(Printable("a\u009b31mb"), "a?31mb") << "CSI in one character";
  EXPECT_EQ(Printable("a\xff"), "a?");
  EXPECT_EQ(Printable("a\u202eb"), "a?b");
  EXPECT_EQ(Printable("é学\t"), "é学\t");
}

}  // namespace
}  // namespace trainyard
