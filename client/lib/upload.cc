#include "client/lib/upload.h"

#include <fcntl.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/lib/errors.h"
#include "client/lib/files.h"
#include "engine/base/error_info.h"
#include "engine/base/sha256.h"
#include "engine/base/status.h"
#include "trainyard/v1/data_service.grpc.pb.h"

namespace trainyard::client {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr size_t kChunkBytes = 256 << 10;
constexpr size_t kAskedTogether = 1000;
// Of a stream: what breaks with it is asked for again.
constexpr int kMostContents = 2000;
constexpr int kMostCorrupt = 2;
constexpr int kMostRounds = 3;
constexpr std::chrono::milliseconds kBusyPause{500};
constexpr std::chrono::hours kMostMaking{6};

// Bytes to be sent: a file, or a text.
struct Source {
  uint64_t size = 0;
  std::string local;
  std::string text;
};

class Uploading {
 public:
  Uploading(Client& client, const UploadPlan& plan, const OnProgress& progress)
      : client_(client), connection_(client.connection()), plan_(plan), on_progress_(progress) {
    for (const LocalFile& file : plan.files)
      sources_.try_emplace(file.sha256, Source{file.size_bytes, file.local, ""});
    const std::string list = FileListOf(plan.files);
    list_sha256_ = Sha256Hex(list);
    sources_.try_emplace(list_sha256_, Source{list.size(), "", list});
    for (const auto& [sha256, source] : sources_) progress_.total += source.size;
  }

  absl::StatusOr<v1::CreateDatasetVersionResponse> Run() {
    const std::string request_id = NewRequestId();
    for (int round = 1;; ++round) {
      RETURN_IF_ERROR(Send());
      absl::StatusOr<v1::CreateDatasetVersionResponse> created = Make(request_id);
      // Somebody removed what the server had when we asked.
      if (created.ok() || ReasonOf(created.status()) != "CONTENTS_MISSING" || round == kMostRounds)
        return created;
    }
  }

 private:
  // Until the server has everything.
  absl::Status Send() {
    const auto patience = connection_.policy().retry_for;
    auto end = SteadyClock::now() + patience;
    uint64_t fewest = UINT64_MAX;
    int corrupt = 0;
    for (int failures = 0;; ++failures) {
      absl::Status status = Ask();
      if (status.ok() && missing_.empty()) return absl::OkStatus();
      uint64_t left = missing_.size();
      for (const auto& one : missing_) left += one.content().size_bytes() - one.offset();
      if (status.ok()) {
        if (left < fewest) {  // it moves: patience starts anew
          fewest = left;
          failures = 0;
          end = SteadyClock::now() + patience;
        }
        status = Stream();
        if (status.ok()) continue;
      }
      if (absl::IsDataLoss(status)) {
        if (++corrupt == kMostCorrupt) return status;
        fewest = UINT64_MAX;
        continue;
      }
      const bool moved_on = absl::IsOutOfRange(status);  // another upload of the same content
      if (!absl::IsUnavailable(status) && !absl::IsCancelled(status) && !moved_on) return status;
      const auto pause = RetryPause(status, failures);
      if (SteadyClock::now() + pause >= end) return status;
      std::this_thread::sleep_for(pause);
    }
  }

  // What the server lacks.
  absl::Status Ask() {
    missing_.clear();
    uint64_t missing = 0;
    for (auto source = sources_.begin(); source != sources_.end();) {
      v1::FindMissingContentsRequest request;
      for (; source != sources_.end() &&
             static_cast<size_t>(request.contents_size()) < kAskedTogether;
           ++source) {
        v1::Content* content = request.add_contents();
        content->set_sha256(source->first);
        content->set_size_bytes(source->second.size);
      }
      ASSIGN_OR_RETURN(v1::FindMissingContentsResponse answer,
                       client_.FindMissingContents(request));
      for (auto& one : *answer.mutable_missing()) {
        if (sources_.count(one.content().sha256()) == 0)
          return absl::DataLossError("the server asks for what it was not told of");
        missing += one.content().size_bytes() - one.offset();
        missing_.push_back(std::move(one));
      }
    }
    progress_.sent = progress_.total - std::min(missing, progress_.total);
    if (!asked_) progress_.known = progress_.sent;
    asked_ = true;
    on_progress_(progress_);
    return absl::OkStatus();
  }

  absl::Status Stream() {
    RETURN_IF_ERROR(connection_.WaitUntilConnected(connection_.policy().retry_for));
    grpc::ClientContext context;
    connection_.Prepare(context);
    const auto stub = v1::DataService::NewStub(connection_.channel());
    v1::UploadContentsResponse response;
    const auto writer = stub->UploadContents(&context, &response);
    absl::Status local;
    bool open = true;
    int contents = 0;
    for (const auto& one : missing_) {
      if (!open || contents++ == kMostContents) break;
      local = SendOne(*writer, one, open);
      if (!local.ok()) break;
    }
    if (local.ok()) {
      writer->WritesDone();
    } else {
      context.TryCancel();
    }
    const absl::Status closed = FromGrpc(writer->Finish());
    return local.ok() ? closed : local;
  }

  // `open` becomes false where the server has ended the stream: it says why at its end.
  absl::Status SendOne(grpc::ClientWriter<v1::UploadContentsRequest>& writer,
                       const v1::FindMissingContentsResponse::Missing& one, bool& open) {
    const Source& source = sources_.at(one.content().sha256());
    v1::UploadContentsRequest frame;
    *frame.mutable_content() = one.content();
    frame.set_offset(one.offset());
    if (source.local.empty()) {
      uint64_t at = one.offset();
      do {
        frame.set_chunk(source.text.substr(at, kChunkBytes));
        at += frame.chunk().size();
        open = Write(writer, frame);
      } while (open && at < source.size);
      return absl::OkStatus();
    }
    const int file = ::open(source.local.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return SystemError(errno, absl::StrCat("cannot read ", source.local));
    absl::Status status;
    uint64_t at = one.offset();
    do {
      frame.mutable_chunk()->resize(std::min<uint64_t>(kChunkBytes, source.size - at));
      const ssize_t got =
          pread(file, frame.mutable_chunk()->data(), frame.chunk().size(), static_cast<off_t>(at));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) {
        status = SystemError(errno, absl::StrCat("cannot read ", source.local));
      } else if (got == 0 && at < source.size) {
        status = absl::FailedPreconditionError(
            absl::StrCat(source.local, " became shorter while it was sent; try again"));
      }
      if (!status.ok()) break;
      frame.mutable_chunk()->resize(static_cast<size_t>(got));
      at += static_cast<uint64_t>(got);
      open = Write(writer, frame);
    } while (open && at < source.size);
    close(file);
    return status;
  }

  bool Write(grpc::ClientWriter<v1::UploadContentsRequest>& writer,
             v1::UploadContentsRequest& frame) {
    const bool open = writer.Write(frame);
    progress_.sent += frame.chunk().size();
    on_progress_(progress_);
    frame.clear_content();
    frame.clear_offset();
    return open;
  }

  absl::StatusOr<v1::CreateDatasetVersionResponse> Make(const std::string& request_id) {
    progress_.making = true;
    on_progress_(progress_);
    v1::CreateDatasetVersionRequest request;
    request.set_dataset(plan_.dataset);
    request.set_files_sha256(list_sha256_);
    request.set_append(plan_.append);
    request.set_repeat(plan_.repeat);
    request.set_request_id(request_id);
    const auto end = SteadyClock::now() + kMostMaking;
    for (;;) {
      absl::StatusOr<v1::CreateDatasetVersionResponse> created =
          client_.CreateDatasetVersion(request);
      // The server is at it, and gives the answer to who asks again.
      const bool wait = absl::IsDeadlineExceeded(created.status()) ||
                        ReasonOf(created.status()) == "DATASET_BUSY";
      if (!wait || SteadyClock::now() > end) return created;
      std::this_thread::sleep_for(kBusyPause);
    }
  }

  Client& client_;
  Connection& connection_;
  const UploadPlan& plan_;
  const OnProgress& on_progress_;
  std::map<std::string, Source> sources_;  // by hash
  std::string list_sha256_;
  std::vector<v1::FindMissingContentsResponse::Missing> missing_;
  UploadProgress progress_;
  bool asked_ = false;
};

}  // namespace

absl::StatusOr<v1::CreateDatasetVersionResponse> UploadVersion(Client& client,
                                                               const UploadPlan& plan,
                                                               const OnProgress& progress) {
  return Uploading(client, plan, progress).Run();
}

}  // namespace trainyard::client
