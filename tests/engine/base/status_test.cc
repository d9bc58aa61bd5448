#include "engine/base/status.h"

#include <gtest/gtest.h>

#include <memory>

namespace trainyard {
namespace {

absl::Status FailWhere(bool fails) {
  return fails ? absl::NotFoundError("gone") : absl::OkStatus();
}

absl::Status ReturnIfError(const absl::Status& status_, bool& went_on) {
  RETURN_IF_ERROR(status_);
  went_on = true;
  return absl::OkStatus();
}

absl::StatusOr<int> Half(int value) {
  if (value % 2 != 0) return absl::InvalidArgumentError("odd");
  return value / 2;
}

absl::StatusOr<int> Quarter(int value) {
  ASSIGN_OR_RETURN(const int half, Half(value));
  ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

absl::StatusOr<std::unique_ptr<int>> Owned() { return std::make_unique<int>(3); }

absl::StatusOr<int> Unwrap() {
  ASSIGN_OR_RETURN(const std::unique_ptr<int> owned, Owned());
  return *owned;
}

TEST(ReturnIfErrorTest, ReturnsAnErrorEvenOfAVariableCalledStatus) {
  bool went_on = false;
  EXPECT_EQ(ReturnIfError(FailWhere(true), went_on), absl::NotFoundError("gone"));
  EXPECT_FALSE(went_on);
}

TEST(ReturnIfErrorTest, GoesOnAfterOk) {
  bool went_on = false;
  EXPECT_TRUE(ReturnIfError(FailWhere(false), went_on).ok());
  EXPECT_TRUE(went_on);
}

TEST(AssignOrReturnTest, AssignsOrReturns) {
  EXPECT_EQ(*Quarter(12), 3);
  EXPECT_EQ(Quarter(6).status(), absl::InvalidArgumentError("odd"));
}

TEST(AssignOrReturnTest, MovesWhatCannotBeCopied) { EXPECT_EQ(*Unwrap(), 3); }

TEST(CheckDeathTest, SaysWhereAndWhy) {
  EXPECT_DEATH(TRAINYARD_CHECK(1 + 1 == 3, "sums"),
               "status_test.cc:[0-9]+: check failed: 1 \\+ 1 == 3: sums");
}

TEST(MessageTest, IsTheTextOfTheStatus) { EXPECT_EQ(Message(absl::NotFoundError("gone")), "gone"); }

}  // namespace
}  // namespace trainyard
