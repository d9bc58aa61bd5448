#include "engine/base/sha256.h"

#include <gtest/gtest.h>

namespace trainyard {
namespace {

// The examples of FIPS 180-2.
constexpr char kOfNothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr char kOfAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr char kOfTwoBlocks[] = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";

TEST(Sha256Test, KnownAnswers) {
  EXPECT_EQ(Sha256Hex(""), kOfNothing);
  EXPECT_EQ(Sha256Hex("abc"), kOfAbc);
  EXPECT_EQ(Sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), kOfTwoBlocks);
}

TEST(Sha256Test, PiecesGiveTheDigestOfTheWhole) {
  Sha256 hasher;
  hasher.Update("a");
  hasher.Update("");
  hasher.Update("bc", 2);
  EXPECT_EQ(hasher.HexDigest(), kOfAbc);
}

TEST(Sha256Test, GoesOnAfterADigest) {
  Sha256 hasher;
  EXPECT_EQ(hasher.HexDigest(), kOfNothing);
  hasher.Update("abc");
  EXPECT_EQ(hasher.HexDigest(), kOfAbc);
  EXPECT_EQ(hasher.HexDigest(), kOfAbc);
}

TEST(Sha256Test, BytesOfZeroCount) { EXPECT_NE(Sha256Hex(std::string(1, '\0')), kOfNothing); }

}  // namespace
}  // namespace trainyard
