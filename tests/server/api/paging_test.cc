#include "server/api/paging.h"

#include <gtest/gtest.h>

namespace trainyard {
namespace {

TEST(PagingTest, BeginsWithTheNewestAndGoesOnWhereAPageEnded) {
  const auto first = ReadPageQuery("studies", 0, "");
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->size, 50);
  EXPECT_EQ(first->before_id, 0);
  const auto next = ReadPageQuery("studies", 1000, NextPageToken("studies", 17));
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(next->size, 1000);
  EXPECT_EQ(next->before_id, 17);
}

TEST(PagingTest, TheLastPageHasNoToken) { EXPECT_EQ(NextPageToken("studies", 0), ""); }

TEST(PagingTest, RefusesSizesAndTokens) {
  EXPECT_EQ(ReadPageQuery("studies", 1001, "").status().message(), "page_size: 1001; at most 1000");
  for (const std::string& token : {std::string("garbage"), NextPageToken("sweeps", 17)}) {
    EXPECT_EQ(ReadPageQuery("studies", 2, token).status().message(),
              "page_token: is not one of this list");
  }
}

}  // namespace
}  // namespace trainyard
