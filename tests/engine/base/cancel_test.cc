#include "engine/base/cancel.h"

#include <gtest/gtest.h>

namespace trainyard {
namespace {

using Reason = CancelToken::Reason;

TEST(CancelTokenTest, AsksNothingAtFirst) {
  const CancelToken token;
  EXPECT_FALSE(token.requested());
  EXPECT_EQ(token.reason(), Reason::kNone);
}

TEST(CancelTokenTest, TheFirstReasonWins) {
  CancelToken token;
  token.Cancel(Reason::kDrained);
  token.Cancel(Reason::kCancelled);
  EXPECT_TRUE(token.requested());
  EXPECT_EQ(token.reason(), Reason::kDrained);
}

}  // namespace
}  // namespace trainyard
