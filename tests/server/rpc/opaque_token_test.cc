#include "server/rpc/opaque_token.h"

#include <gtest/gtest.h>

namespace trainyard {
namespace {

TEST(OpaqueToken, GivesThePositionBack) {
  for (const uint64_t position : {uint64_t{0}, uint64_t{1}, uint64_t{300}, ~uint64_t{0}}) {
    EXPECT_EQ(ReadToken("watch:jobs/a", MakeToken("watch:jobs/a", position)), position);
  }
}

TEST(OpaqueToken, IsOfOneScopeOnly) {
  EXPECT_EQ(ReadToken("watch:jobs/b", MakeToken("watch:jobs/a", 7)), std::nullopt);
}

TEST(OpaqueToken, RefusesGarbage) {
  for (const char* garbage : {"", "x", "!!!!", "AAAAAAAAAAAAAAAAAAAAAAA=", "\xff\xff"}) {
    EXPECT_EQ(ReadToken("watch:jobs/a", garbage), std::nullopt) << garbage;
  }
  EXPECT_EQ(ReadToken("watch:jobs/a", std::string(1 << 20, 'A')), std::nullopt);
}

TEST(OpaqueToken, RefusesEveryChangedCharacter) {
  const std::string token = MakeToken("watch:jobs/a", 123456);
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    const std::optional<uint64_t> position = ReadToken("watch:jobs/a", changed);
    // The last character has bits that the bytes do not hold.
    EXPECT_TRUE(!position.has_value() || (i + 2 >= token.size() && *position == 123456u)) << i;
  }
}

TEST(NameToken, IsReadByItsOwnScopeOnly) {
  const std::string token = MakeNameToken("series:jobs/a", "train/loss");
  EXPECT_EQ(ReadNameToken("series:jobs/a", token), "train/loss");
  EXPECT_EQ(ReadNameToken("series:jobs/b", token), std::nullopt);
  EXPECT_EQ(ReadNameToken("series:jobs/a", token + "AAAA"), std::nullopt);
  EXPECT_EQ(ReadNameToken("series:jobs/a", MakeToken("series:jobs/a", 7)), std::nullopt);
  for (const char* garbage : {"", "x", "!!", "AgAA"})
    EXPECT_EQ(ReadNameToken("series:jobs/a", garbage), std::nullopt) << garbage;
}

TEST(NameToken, KeepsEveryByteOfTheName) {
  const std::string name("a\0\xff/", 4);
  EXPECT_EQ(ReadNameToken("s", MakeNameToken("s", name)), name);
  EXPECT_EQ(ReadNameToken("s", MakeNameToken("s", "")), "");
}

}  // namespace
}  // namespace trainyard
