#include "server/rpc/status_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/error_info.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace trainyard {
namespace {

google::rpc::Status Details(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  return details;
}

template <typename T>
std::vector<T> Find(const grpc::Status& status) {
  std::vector<T> found;
  T message;
  const auto details = Details(status);
  for (const google::protobuf::Any& any : details.details()) {
    if (any.UnpackTo(&message)) found.push_back(message);
  }
  return found;
}

// The table of the API's errors: code, reason, and what else must be in the details.
struct Case {
  const char* name;
  absl::Status status;
  grpc::StatusCode code;
  const char* reason;
  const char* detail;
};

class ErrorTable : public ::testing::TestWithParam<Case> {};

TEST_P(ErrorTable, HasCodeReasonAndDetails) {
  const grpc::Status status = ToGrpcStatus(GetParam().status);
  EXPECT_EQ(status.error_code(), GetParam().code);
  const google::rpc::Status details = Details(status);
  EXPECT_EQ(details.code(), static_cast<int>(GetParam().code));
  EXPECT_EQ(details.message(), status.error_message());
  const std::vector<google::rpc::ErrorInfo> infos = Find<google::rpc::ErrorInfo>(status);
  ASSERT_EQ(infos.size(), 1u);
  EXPECT_EQ(infos[0].domain(), "trainyard");
  EXPECT_EQ(infos[0].reason(), GetParam().reason);
  if (GetParam().detail[0] == '\0') return;
  int found = 0;
  for (const google::protobuf::Any& any : details.details()) {
    found += any.type_url() == std::string("type.googleapis.com/google.rpc.") + GetParam().detail;
  }
  EXPECT_EQ(found, 1);
}

INSTANTIATE_TEST_SUITE_P(
    All, ErrorTable,
    ::testing::Values(
        Case{"Field", FieldError("page_size", "too large"), grpc::StatusCode::INVALID_ARGUMENT,
             "INVALID_REQUEST", "BadRequest"},
        Case{"PlainInvalid", absl::InvalidArgumentError("x"), grpc::StatusCode::INVALID_ARGUMENT,
             "INVALID_REQUEST", "BadRequest"},
        Case{"NotFound", NotFoundError("layer", "dnese", ""), grpc::StatusCode::NOT_FOUND,
             "RESOURCE_NOT_FOUND", "ResourceInfo"},
        Case{"Terminal",
             WithReason(absl::FailedPreconditionError("x"), "JOB_TERMINAL", {{"state", "FAILED"}}),
             grpc::StatusCode::FAILED_PRECONDITION, "JOB_TERMINAL", ""},
        Case{"QueueFull", WithReason(absl::ResourceExhaustedError("x"), "QUEUE_FULL"),
             grpc::StatusCode::RESOURCE_EXHAUSTED, "QUEUE_FULL", "QuotaFailure"},
        Case{"QueueFullRetry", WithReason(absl::ResourceExhaustedError("x"), "QUEUE_FULL"),
             grpc::StatusCode::RESOURCE_EXHAUSTED, "QUEUE_FULL", "RetryInfo"},
        Case{"CursorExpired",
             WithReason(absl::OutOfRangeError("x"), "CURSOR_EXPIRED", {{"oldest", "7"}}),
             grpc::StatusCode::OUT_OF_RANGE, "CURSOR_EXPIRED", ""},
        Case{"Draining", UnavailableError("DRAINING", "x"), grpc::StatusCode::UNAVAILABLE,
             "DRAINING", "RetryInfo"},
        Case{"NoToken", WithReason(absl::UnauthenticatedError("x"), "TOKEN_MISSING"),
             grpc::StatusCode::UNAUTHENTICATED, "TOKEN_MISSING", ""},
        Case{"Corrupt", WithReason(absl::DataLossError("x"), "CHECKPOINT_CORRUPT"),
             grpc::StatusCode::DATA_LOSS, "CHECKPOINT_CORRUPT", ""},
        Case{"NoReason", absl::InternalError("x"), grpc::StatusCode::INTERNAL, "INTERNAL", ""}),
    [](const ::testing::TestParamInfo<Case>& info) { return info.param.name; });

TEST(ToGrpcStatus, GivesEveryViolationWithItsPath) {
  Violations violations;
  violations.Add("model.layers[2].units", "must be at least 1");
  violations.Add("", "needs a model");
  const grpc::Status status = ToGrpcStatus(ViolationsError(violations, "INVALID_SPECIFICATION"));
  const auto bad_requests = Find<google::rpc::BadRequest>(status);
  ASSERT_EQ(bad_requests.size(), 1u);
  ASSERT_EQ(bad_requests[0].field_violations_size(), 2);
  EXPECT_EQ(bad_requests[0].field_violations(0).field(), "model.layers[2].units");
  EXPECT_EQ(bad_requests[0].field_violations(1).description(), "needs a model");
  EXPECT_EQ(Find<google::rpc::ErrorInfo>(status).at(0).reason(), "INVALID_SPECIFICATION");
  EXPECT_EQ(status.error_message(), "model.layers[2].units: must be at least 1\nneeds a model");
}

TEST(ToGrpcStatus, KeepsThousandsOfViolationsBelowWhatTrailersHold) {
  Violations violations;
  for (int i = 0; i < 5000; ++i)
    violations.Add("model.layers[" + std::to_string(i) + "].units", "must be at least 1");
  const grpc::Status status = ToGrpcStatus(ViolationsError(violations, "INVALID_SPECIFICATION"));
  // The message is percent-encoded in its own trailer: three bytes for some of its characters.
  EXPECT_LT(status.error_details().size() + 3 * status.error_message().size(), 8000u);
  const auto bad_request = Find<google::rpc::BadRequest>(status).at(0);
  EXPECT_GT(bad_request.field_violations_size(), 50);
  const std::string last = bad_request.field_violations().rbegin()->description();
  EXPECT_EQ(last,
            "... and " + std::to_string(5000 - bad_request.field_violations_size() + 1) + " more");
}

TEST(ToGrpcStatus, CarriesMetadataAndResource) {
  const grpc::Status status =
      ToGrpcStatus(NotFoundError("layer", "dnese", "; did you mean 'dense'?"));
  EXPECT_EQ(Find<google::rpc::ErrorInfo>(status).at(0).metadata().at("resource_name"), "dnese");
  EXPECT_EQ(Find<google::rpc::ResourceInfo>(status).at(0).resource_type(), "layer");
  EXPECT_EQ(status.error_message(), "no layer 'dnese'; did you mean 'dense'?");
}

TEST(ToGrpcStatus, TakesTheDelayFromTheMetadata) {
  const grpc::Status status = ToGrpcStatus(
      WithReason(absl::UnavailableError("x"), "DRAINING", {{"retry_after_ms", "2500"}}));
  EXPECT_EQ(Find<google::rpc::RetryInfo>(status).at(0).retry_delay().seconds(), 2);
  EXPECT_EQ(Find<google::rpc::RetryInfo>(status).at(0).retry_delay().nanos(), 500'000'000);
}

TEST(ToGrpcStatus, MakesTextOutOfWhatIsNone) {
  const grpc::Status status = ToGrpcStatus(absl::NotFoundError("no \xff\xfe"));
  EXPECT_EQ(status.error_message(), "no ??");
}

TEST(ToGrpcStatus, IsOkForOk) { EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok()); }

}  // namespace
}  // namespace trainyard
