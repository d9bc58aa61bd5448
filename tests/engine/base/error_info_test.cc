#include "engine/base/error_info.h"

#include <gtest/gtest.h>

namespace trainyard {
namespace {

TEST(ErrorInfoTest, ComesBack) {
  const std::map<std::string, std::string> metadata = {{"state", "FAILED"}, {"job", "jobs/a"}};
  const absl::Status status =
      WithReason(absl::FailedPreconditionError("ended"), "JOB_TERMINAL", metadata);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(status), "JOB_TERMINAL");
  EXPECT_EQ(MetadataOf(status), metadata);
}

TEST(ErrorInfoTest, AStatusWithoutOneHasNone) {
  EXPECT_EQ(ReasonOf(absl::InternalError("")), "");
  EXPECT_TRUE(MetadataOf(absl::InternalError("")).empty());
}

TEST(ErrorInfoTest, OkStaysOk) {
  EXPECT_TRUE(WithReason(absl::OkStatus(), "JOB_TERMINAL").ok());
  EXPECT_EQ(ReasonOf(WithReason(absl::OkStatus(), "JOB_TERMINAL")), "");
}

TEST(ErrorInfoTest, TheLaterReasonWins) {
  EXPECT_EQ(ReasonOf(WithReason(WithReason(absl::InternalError(""), "FIRST"), "SECOND")), "SECOND");
}

}  // namespace
}  // namespace trainyard
