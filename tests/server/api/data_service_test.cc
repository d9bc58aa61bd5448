// DataService over gRPC: uploads as clients send them, and as hostile ones do.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "engine/base/sha256.h"
#include "tests/server/support/daemon_fixture.h"
#include "trainyard/v1/data_service.grpc.pb.h"

namespace trainyard {
namespace {

using grpc::StatusCode;
using testing::HasSubstr;

class DataServiceTest : public DaemonFixture {
 protected:
  void Start() {
    StartDaemon();
    data_ = v1::DataService::NewStub(channel_);
  }

  static v1::UploadContentsRequest Begin(const std::string& bytes, uint64_t offset = 0) {
    v1::UploadContentsRequest frame;
    frame.mutable_content()->set_sha256(Sha256Hex(bytes));
    frame.mutable_content()->set_size_bytes(bytes.size());
    frame.set_offset(offset);
    return frame;
  }

  grpc::Status Upload(const std::vector<v1::UploadContentsRequest>& frames,
                      v1::UploadContentsResponse* response = nullptr) {
    v1::UploadContentsResponse unread;
    grpc::ClientContext context;
    const auto writer = data_->UploadContents(&context, response == nullptr ? &unread : response);
    for (const auto& frame : frames) {
      if (!writer->Write(frame)) break;
    }
    writer->WritesDone();
    return writer->Finish();
  }

  grpc::Status Send(const std::string& bytes) {
    v1::UploadContentsRequest frame = Begin(bytes);
    frame.set_chunk(bytes);
    return Upload({frame});
  }

  uint64_t MissingFrom(const std::string& bytes) {
    grpc::ClientContext context;
    v1::FindMissingContentsRequest request;
    request.add_contents()->set_sha256(Sha256Hex(bytes));
    request.mutable_contents(0)->set_size_bytes(bytes.size());
    v1::FindMissingContentsResponse response;
    EXPECT_TRUE(data_->FindMissingContents(&context, request, &response).ok());
    return response.missing_size() == 0 ? bytes.size() : response.missing(0).offset();
  }

  grpc::Status Create(v1::CreateDatasetVersionRequest request, const std::string& list,
                      v1::CreateDatasetVersionResponse* response = nullptr) {
    EXPECT_TRUE(Send(list).ok());
    request.set_files_sha256(Sha256Hex(list));
    v1::CreateDatasetVersionResponse unread;
    grpc::ClientContext context;
    return data_->CreateDatasetVersion(&context, request, response == nullptr ? &unread : response);
  }
  grpc::Status Put(const std::string& dataset, const std::string& path, const std::string& bytes) {
    EXPECT_TRUE(Send(bytes).ok());
    v1::CreateDatasetVersionRequest request;
    request.set_dataset(dataset);
    return Create(request, absl::StrCat(Sha256Hex(bytes), " ", bytes.size(), " ", path, "\n"));
  }

  std::unique_ptr<v1::DataService::Stub> data_;
};

TEST_F(DataServiceTest, AStreamHoldsManyContents) {
  Start();
  std::vector<v1::UploadContentsRequest> frames;
  for (int i = 0; i < 500; ++i) {
    const std::string bytes = absl::StrCat("content ", i);
    frames.push_back(Begin(bytes));
    frames.back().set_chunk(bytes.substr(0, 3));
    frames.emplace_back().set_chunk(bytes.substr(3));
  }
  frames.push_back(Begin(""));
  v1::UploadContentsResponse response;
  const grpc::Status status = Upload(frames, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.contents(), 501u);
  EXPECT_EQ(MissingFrom("content 499"), std::string("content 499").size());
}

TEST_F(DataServiceTest, GoesOnAfterARestartFromTheOffset) {
  Start();
  const std::string bytes(1'000'000, 'x');
  v1::UploadContentsRequest first = Begin(bytes);
  first.set_chunk(bytes.substr(0, 300'000));
  EXPECT_EQ(Upload({first}).error_code(), StatusCode::INVALID_ARGUMENT);  // it says what is missing
  EXPECT_EQ(MissingFrom(bytes), 300'000u);
  StopDaemon();
  Start();
  ASSERT_EQ(MissingFrom(bytes), 300'000u);
  v1::UploadContentsRequest rest = Begin(bytes, 300'000);
  rest.set_chunk(bytes.substr(300'000));
  v1::UploadContentsResponse response;
  ASSERT_TRUE(Upload({rest}, &response).ok());
  EXPECT_EQ(response.bytes(), 700'000u);
}

TEST_F(DataServiceTest, WrongBytesAreDataLoss) {
  Start();
  v1::UploadContentsRequest frame = Begin("right");
  frame.set_chunk("wrong");
  const grpc::Status status = Upload({frame});
  EXPECT_EQ(status.error_code(), StatusCode::DATA_LOSS);
  EXPECT_EQ(DetailsOf(status).info.reason(), "CONTENT_CORRUPT");
  EXPECT_EQ(MissingFrom("right"), 0u);
}

// What came whole before a stream went wrong is kept.
TEST_F(DataServiceTest, KeepsWhatCameBeforeTheMistake) {
  Start();
  v1::UploadContentsRequest good = Begin("good");
  good.set_chunk("good");
  v1::UploadContentsRequest bad = Begin("bad");
  bad.set_chunk("xxx");
  EXPECT_EQ(Upload({good, bad}).error_code(), StatusCode::DATA_LOSS);
  EXPECT_EQ(MissingFrom("good"), 4u);
}

TEST_F(DataServiceTest, HostileStreamsAreEnded) {
  Start();
  v1::UploadContentsRequest chunk;
  chunk.set_chunk("x");
  EXPECT_EQ(Upload({chunk}).error_code(), StatusCode::INVALID_ARGUMENT);  // of which content?
  EXPECT_EQ(Upload({v1::UploadContentsRequest()}).error_code(), StatusCode::INVALID_ARGUMENT);
  // Frames of nothing, for ever.
  EXPECT_EQ(Upload({Begin("abc"), v1::UploadContentsRequest()}).error_code(),
            StatusCode::INVALID_ARGUMENT);
  // More than was announced, for ever.
  std::vector<v1::UploadContentsRequest> endless = {Begin("abc")};
  v1::UploadContentsRequest large;
  large.set_chunk(std::string(1 << 18, 'x'));
  endless.insert(endless.end(), 100, large);
  EXPECT_EQ(Upload(endless).error_code(), StatusCode::INVALID_ARGUMENT);
  // A size that no disk has.
  v1::UploadContentsRequest huge = Begin("huge");
  huge.mutable_content()->set_size_bytes(UINT64_MAX);
  const grpc::Status full = Upload({huge});
  EXPECT_EQ(full.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(DetailsOf(full).info.reason(), "DISK_FULL");
  v1::UploadContentsRequest beyond = Begin("abc", 4);
  EXPECT_EQ(Upload({beyond}).error_code(), StatusCode::INVALID_ARGUMENT);
  v1::UploadContentsRequest path = Begin("abc");
  path.mutable_content()->set_sha256("../../../../etc/cron.d/evil");
  EXPECT_EQ(Upload({path}).error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(Send("the server is well").ok());
}

TEST_F(DataServiceTest, QuotasNameTheirSubject) {
  options_.contents.most_bytes = 10'000;
  Start();
  const grpc::Status status = Send(std::string(10'001, 'x'));
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  const ErrorDetails details = DetailsOf(status);
  EXPECT_EQ(details.infos, 1);
  EXPECT_EQ(details.info.reason(), "QUOTA_EXCEEDED");
  ASSERT_EQ(details.quota.violations_size(), 1);
  EXPECT_EQ(details.quota.violations(0).subject(), "datasets");
}

TEST_F(DataServiceTest, PathsThatLeadOutAreRefused) {
  Start();
  for (const char* path : {"../x", "/etc/passwd", "a/../../x", ".segments/x", "a//b"}) {
    const grpc::Status status = Put("flowers", path, "bytes");
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT) << path;
  }
  EXPECT_EQ(Put("../flowers", "x", "bytes").error_code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(DataServiceTest, ListsUploadedOnesThenFilesOfTheRoots) {
  std::filesystem::create_directories(folder_ + "/data/datasets");
  for (const char* file : {"a.csv", "b.csv", "c.csv"})
    std::ofstream(folder_ + "/data/datasets/" + file) << "x\n1\n";
  Start();
  for (const char* name : {"two", "one"}) ASSERT_TRUE(Put(name, "t.csv", name).ok());
  for (const int page_size : {1, 2, 3, 5, 100}) {
    std::vector<std::string> paths;
    v1::ListDatasetsRequest request;
    request.set_page_size(page_size);
    do {
      grpc::ClientContext context;
      v1::ListDatasetsResponse page;
      ASSERT_TRUE(data_->ListDatasets(&context, request, &page).ok());
      EXPECT_LE(page.datasets_size(), page_size);
      for (const v1::Dataset& dataset : page.datasets()) paths.push_back(dataset.path());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    EXPECT_THAT(paths,
                testing::ElementsAre("dataset:one", "dataset:two", "a.csv", "b.csv", "c.csv"))
        << page_size;
  }
  grpc::ClientContext context;
  v1::ListDatasetsRequest request;
  request.set_page_token("garbage");
  v1::ListDatasetsResponse page;
  EXPECT_EQ(data_->ListDatasets(&context, request, &page).error_code(),
            StatusCode::INVALID_ARGUMENT);
}

TEST_F(DataServiceTest, DownloadsFromAnOffset) {
  Start();
  std::string bytes;
  for (int i = 0; i < 100'000; ++i) absl::StrAppend(&bytes, i, "\n");
  ASSERT_TRUE(Put("flowers", "t.txt", bytes).ok());
  v1::DownloadDatasetFileRequest request;
  request.set_version("datasets/flowers/versions/1");
  request.set_path("t.txt");
  request.set_offset(12'345);
  grpc::ClientContext context;
  const auto reader = data_->DownloadDatasetFile(&context, request);
  v1::DownloadDatasetFileResponse frame;
  std::string came;
  while (reader->Read(&frame)) {
    if (came.empty()) {
      EXPECT_EQ(frame.file().sha256(), Sha256Hex(bytes));
    }
    came += frame.chunk();
  }
  ASSERT_TRUE(reader->Finish().ok());
  EXPECT_EQ(came, bytes.substr(12'345));
}

TEST_F(DataServiceTest, SaysWhatIsNotThere) {
  Start();
  ASSERT_TRUE(Put("flowers", "train.csv", "x\n1\n").ok());
  const auto download = [&](const std::string& version, const std::string& path) {
    v1::DownloadDatasetFileRequest request;
    request.set_version(version);
    request.set_path(path);
    grpc::ClientContext context;
    const auto reader = data_->DownloadDatasetFile(&context, request);
    v1::DownloadDatasetFileResponse frame;
    while (reader->Read(&frame)) {
    }
    return reader->Finish();
  };
  EXPECT_THAT(download("flowers", "trian.csv").error_message(),
              HasSubstr("did you mean 'train.csv'"));
  EXPECT_THAT(download("flower", "x").error_message(), HasSubstr("did you mean 'flowers'"));
  EXPECT_EQ(download("flowers@9", "x").error_code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(DetailsOf(download("flowers@9", "x")).resource.resource_name(),
            "datasets/flowers/versions/9");
  grpc::ClientContext context;
  v1::DeleteDatasetVersionRequest remove;
  remove.set_name("flowers");
  v1::DatasetVersion removed;
  EXPECT_EQ(data_->DeleteDatasetVersion(&context, remove, &removed).error_code(),
            StatusCode::INVALID_ARGUMENT);
}

TEST_F(DataServiceTest, RepeatedRequestsGetTheirAnswer) {
  Start();
  ASSERT_TRUE(Send("x\n1\n").ok());
  const std::string list = Sha256Hex("x\n1\n") + " 4 t.csv\n";
  v1::CreateDatasetVersionRequest request;
  request.set_dataset("flowers");
  request.set_request_id("once");
  v1::CreateDatasetVersionResponse first;
  ASSERT_TRUE(Create(request, list, &first).ok());
  v1::CreateDatasetVersionResponse again;
  ASSERT_TRUE(Create(request, list, &again).ok());
  EXPECT_EQ(again.SerializeAsString(), first.SerializeAsString());
  request.set_dataset("pets");
  EXPECT_EQ(Create(request, list).error_code(), StatusCode::ALREADY_EXISTS);
  request.set_request_id(std::string(129, 'x'));
  EXPECT_EQ(Create(request, list).error_code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(DataServiceTest, JobsKeepTheVersionTheyWereSubmittedWith) {
  Start();
  ASSERT_TRUE(Put("flowers", "t.csv", "x\n1\n").ok());
  v1::CreateJobRequest request = Request("reader", 3);
  v1::Component& source = *request.mutable_specification()->mutable_data()->mutable_source();
  source.set_type("csv");
  (*source.mutable_params())["path"].set_string_value("dataset:flowers/t.csv");
  grpc::ClientContext context;
  v1::Job job;
  const grpc::Status status = jobs_->CreateJob(&context, request, &job);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(job.specification().data().source().params().at("path").string_value(),
            "dataset:flowers@1/t.csv");
  (*source.mutable_params())["path"].set_string_value("dataset:flower/t.csv");
  grpc::ClientContext second;
  const grpc::Status refused = jobs_->CreateJob(&second, request, &job);
  EXPECT_EQ(refused.error_code(), StatusCode::INVALID_ARGUMENT);
  const ErrorDetails details = DetailsOf(refused);
  ASSERT_EQ(details.bad_request.field_violations_size(), 1);
  EXPECT_EQ(details.bad_request.field_violations(0).field(), "data.source.path");
}

TEST_F(DataServiceTest, NeedsAToken) {
  const std::string tokens = folder_ + "/tokens";
  std::ofstream(tokens) << "0123456789abcdef0123\n";
  std::filesystem::permissions(tokens, std::filesystem::perms::owner_read);
  options_.token_file = tokens;
  Start();
  EXPECT_EQ(Send("x").error_code(), StatusCode::UNAUTHENTICATED);
  grpc::ClientContext context;
  v1::DeleteDatasetRequest request;
  request.set_name("flowers");
  v1::Dataset dataset;
  EXPECT_EQ(data_->DeleteDataset(&context, request, &dataset).error_code(),
            StatusCode::UNAUTHENTICATED);
}

}  // namespace
}  // namespace trainyard
