#include "server/api/upload_stream.h"

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "server/rpc/exceptions.h"
#include "server/rpc/status_mapping.h"

namespace trainyard {
namespace {

constexpr size_t kLargestChunk = 1 << 20;
constexpr uint32_t kMostContents = 10'000;
// Small contents are made known together: one commit serves many.
constexpr size_t kPublishedTogether = 200;
constexpr std::chrono::seconds kMostSilence{60};

}  // namespace

// Deletes itself when the call is over.
class UploadStreams::Stream final : public grpc::ServerReadReactor<v1::UploadContentsRequest> {
 public:
  Stream(UploadStreams& streams, grpc::CallbackServerContext* context,
         v1::UploadContentsResponse* response)
      : streams_(streams),
        context_(context),
        response_(response),
        last_(streams.clock_.Monotonic()) {
    absl::Status status = streams_.calls_.Authorize(*context);
    if (status.ok()) status = streams_.calls_.Enter();
    entered_ = status.ok();
    if (entered_) {
      StartRead(&frame_);
    } else {
      Finish(ToGrpcStatus(status));
    }
  }

  void OnReadDone(bool ok) override {
    last_ = streams_.clock_.Monotonic();
    streams_.calls_.executor().Post([this, ok] {
      absl::Status status = CatchExceptions([&] { return ok ? Take() : End(); });
      if (status.ok() && ok) return StartRead(&frame_);
      if (!status.ok()) {
        // What came whole before is not to be sent again.
        const absl::Status published = CatchExceptions([&] { return Publish(); });
        if (!published.ok()) status = published;
      }
      upload_.reset();
      Finish(ToGrpcStatus(status));
    });
  }

  void OnDone() override {
    {
      MutexLock lock(streams_.mutex_);
      streams_.open_.erase(this);
    }
    if (entered_) streams_.calls_.Leave();
    delete this;
  }

  bool silent() const { return streams_.clock_.Monotonic() - last_.load() > kMostSilence; }
  void Cut() { context_->TryCancel(); }

 private:
  absl::Status Take() {
    if (frame_.chunk().size() > kLargestChunk)
      return FieldError("chunk", absl::StrCat("at most ", kLargestChunk, " bytes"));
    if (frame_.has_content()) {
      RETURN_IF_ERROR(Begin());
    } else if (frame_.chunk().empty()) {
      return FieldError("chunk", "a frame begins a content, or holds bytes of one");
    } else if (upload_ == nullptr) {
      return FieldError("content", "the first frame of each content says which one it is");
    }
    if (!frame_.chunk().empty()) RETURN_IF_ERROR(upload_->Append(frame_.chunk()));
    return upload_->whole() ? Complete() : absl::OkStatus();
  }

  absl::Status Begin() {
    if (upload_ != nullptr) return upload_->Finish();  // says how much is missing
    if (response_->contents() >= kMostContents)
      return FieldError("content", absl::StrCat("at most ", kMostContents, " a stream"));
    content_ = {frame_.content().sha256(), frame_.content().size_bytes()};
    ASSIGN_OR_RETURN(upload_, streams_.contents_.Begin(content_, frame_.offset()));
    return absl::OkStatus();
  }

  absl::Status Complete() {
    const absl::Status finished = upload_->Finish();
    response_->set_bytes(response_->bytes() + upload_->bytes_written());
    const bool is_new = upload_->is_new();
    upload_.reset();
    RETURN_IF_ERROR(finished);
    response_->set_contents(response_->contents() + 1);
    if (is_new) finished_.push_back(content_);
    return finished_.size() < kPublishedTogether ? absl::OkStatus() : Publish();
  }

  // The client has sent all that it will, or is gone.
  absl::Status End() {
    if (upload_ != nullptr) return upload_->Finish();
    return Publish();
  }

  absl::Status Publish() { return streams_.contents_.Publish(std::exchange(finished_, {})); }

  UploadStreams& streams_;
  grpc::CallbackServerContext* const context_;
  v1::UploadContentsResponse* const response_;
  std::atomic<std::chrono::nanoseconds> last_;
  bool entered_ = false;
  v1::UploadContentsRequest frame_;
  StoredContent content_;
  std::unique_ptr<ContentUpload> upload_;
  // In place, and not yet known.
  std::vector<StoredContent> finished_;
};

grpc::ServerReadReactor<v1::UploadContentsRequest>* UploadStreams::Open(
    grpc::CallbackServerContext* context, v1::UploadContentsResponse* response) {
  // Not after it is made: it may be over by then.
  MutexLock lock(mutex_);
  auto* stream = new Stream(*this, context, response);
  open_.insert(stream);
  return stream;
}

void UploadStreams::Tick() {
  // Held while a stream is told, so that it is not deleted meanwhile; gRPC calls back on its own
  // threads.
  MutexLock lock(mutex_);
  for (Stream* stream : open_) {
    if (stream->silent()) stream->Cut();
  }
}

}  // namespace trainyard
