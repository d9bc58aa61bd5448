// What jobs left: series, logs, artifacts.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "engine/base/sha256.h"
#include "tests/server/support/daemon_fixture.h"

namespace trainyard {
namespace {

class ReadingTest : public DaemonFixture {
 protected:
  ReadingTest() {
    StartDaemon();
    job_ = Submit("short", 30);
    Watch(job_);
  }

  grpc::Status Read(const v1::ReadSeriesRequest& request, v1::ReadSeriesResponse& response) {
    grpc::ClientContext context;
    return metrics_->ReadSeries(&context, request, &response);
  }
  grpc::Status Download(const std::string& artifact, uint64_t offset, std::string& bytes) {
    grpc::ClientContext context;
    v1::DownloadArtifactRequest request;
    request.set_job(job_);
    request.set_artifact(artifact);
    request.set_offset(offset);
    const auto reader = artifacts_->DownloadArtifact(&context, request);
    v1::DownloadArtifactResponse response;
    while (reader->Read(&response)) bytes += response.chunk();
    return reader->Finish();
  }

  std::string job_;
};

TEST_F(ReadingTest, ListsSeries) {
  grpc::ClientContext context;
  v1::ListSeriesRequest request;
  request.set_job(job_);
  v1::ListSeriesResponse response;
  ASSERT_TRUE(metrics_->ListSeries(&context, request, &response).ok());
  ASSERT_EQ(response.series_size(), 1);
  EXPECT_EQ(response.series(0).name(), "train/loss");
  EXPECT_EQ(response.series(0).points(), 30u);
  EXPECT_DOUBLE_EQ(response.series(0).last(), 1.0 / 30);
}

TEST_F(ReadingTest, ListsSeriesInPages) {
  v1::ListSeriesRequest request;
  request.set_job(Submit("many", 3));
  Watch(request.job());
  std::vector<int> sizes;
  std::set<std::string> names;
  std::string last;
  do {
    grpc::ClientContext context;
    v1::ListSeriesResponse response;
    ASSERT_TRUE(metrics_->ListSeries(&context, request, &response).ok());
    sizes.push_back(response.series_size());
    for (const auto& series : response.series()) {
      EXPECT_LT(last, series.name());
      EXPECT_EQ(series.points(), 3u) << series.name();
      last = series.name();
      names.insert(last);
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(sizes, (std::vector<int>{50, 50, 21}));
  EXPECT_EQ(names.size(), 121u);
}

TEST_F(ReadingTest, RefusesPagesOfSeriesThatMakeNoSense) {
  v1::ListSeriesRequest size, token;
  size.set_job(job_);
  size.set_page_size(1001);
  token.set_job(job_);
  token.set_page_token("garbage");
  for (const auto& [request, field] :
       {std::pair(size, "page_size"), std::pair(token, "page_token")}) {
    grpc::ClientContext context;
    v1::ListSeriesResponse response;
    const grpc::Status status = metrics_->ListSeries(&context, request, &response);
    EXPECT_EQ(DetailsOf(status).bad_request.field_violations(0).field(), field);
  }
}

TEST_F(ReadingTest, ReadsASeriesWholeAndInBuckets) {
  v1::ReadSeriesRequest request;
  request.set_job(job_);
  request.add_series("train/loss");
  request.add_series("nothing");
  v1::ReadSeriesResponse whole, buckets;
  ASSERT_TRUE(Read(request, whole).ok());
  ASSERT_EQ(whole.series_size(), 2);
  EXPECT_EQ(whole.series(0).points_size(), 0);
  EXPECT_EQ(whole.series(1).points_size(), 30);
  request.set_buckets(3);
  ASSERT_TRUE(Read(request, buckets).ok());
  ASSERT_EQ(buckets.series(1).points_size(), 3);
  EXPECT_DOUBLE_EQ(buckets.series(1).points(0).max(), 1.0);
  EXPECT_DOUBLE_EQ(buckets.series(1).points(2).last(), 1.0 / 30);
}

TEST_F(ReadingTest, RefusesTooMuchAtOnce) {
  v1::ReadSeriesRequest request;
  v1::ReadSeriesResponse response;
  request.set_job(job_);
  request.set_buckets(10'001);
  const grpc::Status status = Read(request, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailsOf(status).info.reason(), "INVALID_REQUEST");
  EXPECT_EQ(DetailsOf(status).bad_request.field_violations_size(), 2);  // buckets, and no series
}

TEST_F(ReadingTest, RefusesAnUnknownSeverity) {
  grpc::ClientContext context;
  v1::ReadLogsRequest request;
  request.set_job(job_);
  request.set_minimum_severity(static_cast<v1::Severity>(77));
  v1::ReadLogsResponse response;
  const grpc::Status status = metrics_->ReadLogs(&context, request, &response);
  EXPECT_EQ(DetailsOf(status).bad_request.field_violations(0).field(), "minimum_severity");
}

TEST_F(ReadingTest, ReadsNoLogsWhereThereAreNone) {
  grpc::ClientContext context;
  v1::ReadLogsRequest request;
  request.set_job(job_);
  v1::ReadLogsResponse response;
  ASSERT_TRUE(metrics_->ReadLogs(&context, request, &response).ok());
  EXPECT_EQ(response.lines_size(), 0);
  EXPECT_EQ(response.next_page_token(), "");
}

TEST_F(ReadingTest, DownloadsAnArtifactFromAnyPlace) {
  std::string whole, rest;
  ASSERT_TRUE(Download("model.safetensors", 0, whole).ok());
  EXPECT_EQ(whole, "model of 30 steps");
  ASSERT_TRUE(Download("model.safetensors", 9, rest).ok());
  EXPECT_EQ(rest, whole.substr(9));
  std::string nothing;
  EXPECT_TRUE(Download("model.safetensors", whole.size(), nothing).ok());
  EXPECT_EQ(nothing, "");
  EXPECT_EQ(Download("model.safetensors", whole.size() + 1, nothing).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ReadingTest, DownloadsTheNewestCheckpoint) {
  std::string bytes;
  ASSERT_TRUE(Download("checkpoint", 0, bytes).ok());
  EXPECT_EQ(bytes, "30");
}

TEST_F(ReadingTest, NamesTheNearestArtifact) {
  std::string bytes;
  const grpc::Status status = Download("model.safetensor", 0, bytes);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_NE(status.error_message().find("model.safetensors"), std::string::npos);
}

TEST_F(ReadingTest, TellsWhenStoredBytesHaveChanged) {
  const std::string hash = Sha256Hex("model of 30 steps");
  const std::string path = folder_ + "/data/artifacts/" + hash.substr(0, 2) + "/" + hash.substr(2);
  ASSERT_TRUE(std::filesystem::exists(path));
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  std::ofstream(path) << "other bytes.......";
  std::string bytes;
  const grpc::Status status = Download("model.safetensors", 0, bytes);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DATA_LOSS);
  EXPECT_EQ(DetailsOf(status).info.reason(), "CHECKPOINT_CORRUPT");
}

}  // namespace
}  // namespace trainyard
