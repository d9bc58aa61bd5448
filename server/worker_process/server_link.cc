#include "server/worker_process/server_link.h"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <utility>

#include "engine/base/error_info.h"
#include "engine/base/sha256.h"
#include "engine/base/status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace trainyard {
namespace {

using std::chrono::steady_clock;

constexpr size_t kBatchEvents = 256;
constexpr size_t kBatchBytes = 1 << 20;
constexpr size_t kChunkBytes = 256 << 10;
constexpr int kLargestMessage = 64 << 20;
constexpr auto kDialTimeout = std::chrono::milliseconds(500);
constexpr auto kSteady = std::chrono::seconds(1);
constexpr auto kPause = std::chrono::milliseconds(100);

std::shared_ptr<grpc::Channel> Dial(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  arguments.SetMaxReceiveMessageSize(kLargestMessage);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

// With the reason that the server gave.
absl::Status FromGrpc(const grpc::Status& grpc_status) {
  const absl::Status status(static_cast<absl::StatusCode>(grpc_status.error_code()),
                            grpc_status.error_message());
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  if (!details.ParseFromString(grpc_status.error_details())) return status;
  for (const google::protobuf::Any& detail : details.details()) {
    if (!detail.UnpackTo(&info)) continue;
    std::map<std::string, std::string> metadata;
    for (const auto& [key, value] : info.metadata()) metadata[key] = value;
    return WithReason(status, info.reason(), metadata);
  }
  return status;
}

bool Same(const v1::Lease& a, const v1::Lease& b) {
  return a.job() == b.job() && a.attempt() == b.attempt() && a.token() == b.token();
}

}  // namespace

ServerLink::ServerLink(Options options)
    : options_(std::move(options)),
      channel_(Dial(options_.address)),
      stub_(v1::WorkerService::NewStub(channel_)) {
  last_contact_ = steady_clock::now();
  reader_ = std::thread([this] { ReadLoop(); });
  writer_ = std::thread([this] { WriteLoop(); });
}

ServerLink::~ServerLink() {
  {
    MutexLock lock(mutex_);
    GiveUp();
    closing_ = true;
  }
  changed_.NotifyAll();
  reader_.join();
  writer_.join();
}

std::optional<ServerLink::Job> ServerLink::NextJob() {
  MutexLock lock(mutex_);
  changed_.Wait(lock, [this]() TRAINYARD_REQUIRES(mutex_) {
    return next_job_.has_value() || draining_ || gave_up_;
  });
  if (next_job_.has_value() && !gave_up_) {
    busy_ = true;
    return std::exchange(next_job_, std::nullopt);
  }
  leaving_ = true;
  return std::nullopt;
}

bool ServerLink::Lost(const Job& job) const { return Free() || !Same(*lease_, job.lease()); }

void ServerLink::Emit(const Job& job, v1::Event event) {
  {
    MutexLock lock(mutex_);
    changed_.Wait(lock, [&]() TRAINYARD_REQUIRES(mutex_) { return Lost(job) || !outbox_.full(); });
    if (Lost(job)) return;
    outbox_.Push(std::move(event));
  }
  changed_.NotifyAll();
}

void ServerLink::Done(const Job& job, bool preempted) {
  {
    MutexLock lock(mutex_);
    busy_ = false;
    if (!Lost(job)) preempted_ = preempted;
  }
  changed_.NotifyAll();
}

void ServerLink::Drain() {
  {
    MutexLock lock(mutex_);
    draining_ = true;
    if (cancel_ != nullptr) cancel_->Cancel(CancelToken::Reason::kDrained);
  }
  changed_.NotifyAll();
}

void ServerLink::Close() {
  MutexLock lock(mutex_);
  closing_ = true;
  changed_.NotifyAll();
  changed_.Wait(lock, [this]() TRAINYARD_REQUIRES(mutex_) { return ended_; });
}

bool ServerLink::gave_up() const {
  MutexLock lock(mutex_);
  return gave_up_;
}

void ServerLink::ReadLoop() {
  while (WaitToDial()) {
    if (!channel_->WaitForConnected(std::chrono::system_clock::now() + kDialTimeout)) continue;
    const grpc::Status status = Converse();
    MutexLock lock(mutex_);
    // A newer attempt owns the job, or its lease is over.
    if (status.error_code() == grpc::StatusCode::FAILED_PRECONDITION) DropLease();
    if (status.ok() && Quiet()) break;
    changed_.WaitFor(lock, kPause, [this]() TRAINYARD_REQUIRES(mutex_) { return gave_up_; });
  }
  {
    MutexLock lock(mutex_);
    ended_ = true;
  }
  changed_.NotifyAll();
}

bool ServerLink::WaitToDial() {
  MutexLock lock(mutex_);
  const auto patience = lease_.has_value() ? options_.give_up : options_.give_up_idle;
  if (steady_clock::now() - last_contact_ > patience) GiveUp();
  changed_.Wait(lock, [this]() TRAINYARD_REQUIRES(mutex_) {
    return lease_.has_value() || !busy_ || gave_up_;
  });
  // A worker without a job has nothing to say to a server that it is leaving.
  return !gave_up_ && !(closing_ && !lease_.has_value());
}

grpc::Status ServerLink::Converse() {
  const auto began = steady_clock::now();
  grpc::ClientContext context;
  Authorize(context);
  const std::shared_ptr<Stream> stream = stub_->Work(&context);
  v1::WorkRequest request;
  v1::WorkRequest::Hello& hello = *request.mutable_hello();
  hello.set_worker(options_.worker);
  hello.set_process_id(getpid());
  hello.set_isa(options_.isa);
  {
    MutexLock lock(mutex_);
    if (lease_.has_value()) *hello.mutable_lease() = *lease_;
  }
  if (stream->Write(request)) {
    {
      MutexLock lock(mutex_);
      stream_ = stream;
      last_heartbeat_ = steady_clock::now();
      answered_ = !hello.has_lease();
    }
    changed_.NotifyAll();
    v1::WorkResponse response;
    while (stream->Read(&response)) Handle(std::move(response));
  }
  MutexLock lock(mutex_);
  stream_ = nullptr;
  // Silence on a line that stood is no absence; a line that is refused at once is.
  if (steady_clock::now() - began > kSteady) last_contact_ = steady_clock::now();
  changed_.NotifyAll();
  changed_.Wait(lock, [this]() TRAINYARD_REQUIRES(mutex_) { return !writing_; });
  return stream->Finish();
}

void ServerLink::Handle(v1::WorkResponse response) {
  {
    MutexLock lock(mutex_);
    last_contact_ = steady_clock::now();
    switch (response.message_case()) {
      case v1::WorkResponse::kAssign:
        BeginLease(std::move(*response.mutable_assign()));
        break;
      case v1::WorkResponse::kAck:
        if (!lease_.has_value() || !Same(*lease_, response.ack().lease())) break;
        outbox_.Acked(response.ack().last_sequence());
        if (!std::exchange(answered_, true)) {  // what it does not name is to be sent again
          outbox_.Rewind();
          done_sent_ = false;
        }
        if (response.ack().over()) DropLease();
        break;
      case v1::WorkResponse::kCancel:
        if (lease_.has_value() && Same(*lease_, response.cancel().lease())) {
          cancel_->Cancel(CancelToken::Reason::kCancelled);
        }
        break;
      case v1::WorkResponse::kDrain:
        draining_ = true;
        if (cancel_ != nullptr) cancel_->Cancel(CancelToken::Reason::kDrained);
        break;
      case v1::WorkResponse::MESSAGE_NOT_SET:
        break;
    }
  }
  changed_.NotifyAll();
}

void ServerLink::BeginLease(v1::WorkResponse::Assign assignment) {
  lease_ = assignment.lease();
  cancel_ = std::make_shared<CancelToken>();
  if (draining_) cancel_->Cancel(CancelToken::Reason::kDrained);
  outbox_ = Outbox();
  preempted_.reset();
  done_sent_ = false;
  answered_ = true;
  if (leaving_) {
    preempted_ = true;
  } else {
    next_job_ = Job{std::move(assignment), cancel_};
  }
}

void ServerLink::DropLease() {
  lease_.reset();
  next_job_.reset();
  outbox_ = Outbox();
  preempted_.reset();
  done_sent_ = false;
  if (cancel_ != nullptr) cancel_->Cancel(CancelToken::Reason::kCancelled);
  changed_.NotifyAll();
}

void ServerLink::GiveUp() {
  gave_up_ = true;
  if (cancel_ != nullptr) cancel_->Cancel(CancelToken::Reason::kCancelled);
  changed_.NotifyAll();
}

bool ServerLink::HasSomethingToSay() const {
  if (stream_ == nullptr) return false;
  return Quiet() || UntilHeartbeat() <= std::chrono::nanoseconds::zero() ||
         (answered_ && !done_sent_ && (outbox_.unsent() != 0 || preempted_.has_value()));
}

std::chrono::nanoseconds ServerLink::UntilHeartbeat() const {
  if (stream_ == nullptr) return options_.heartbeat_interval;
  return last_heartbeat_ + options_.heartbeat_interval - steady_clock::now();
}

std::optional<v1::WorkRequest> ServerLink::NextRequest(std::shared_ptr<Stream>& stream) {
  MutexLock lock(mutex_);
  const auto something = [this]()
                             TRAINYARD_REQUIRES(mutex_) { return ended_ || HasSomethingToSay(); };
  while (true) {
    if (!changed_.WaitFor(lock, UntilHeartbeat(), something)) continue;
    // Company for a lonely event, unless the last write was long ago or a whole batch is there.
    const auto due = last_write_ + options_.flush_interval - steady_clock::now();
    if (due > steady_clock::duration::zero() && !ended_) {
      changed_.WaitFor(lock, due, [this]() TRAINYARD_REQUIRES(mutex_) {
        return ended_ || stream_ == nullptr || outbox_.unsent() >= kBatchEvents ||
               preempted_.has_value() || closing_;
      });
    }
    if (something()) break;
  }
  stream = ended_ ? nullptr : stream_;
  if (stream == nullptr) return std::nullopt;
  writing_ = true;
  last_write_ = steady_clock::now();
  if (Quiet()) return std::nullopt;
  v1::WorkRequest request;
  if (UntilHeartbeat() <= std::chrono::nanoseconds::zero()) {
    request.mutable_heartbeat();
    last_heartbeat_ = last_write_;
  } else if (outbox_.unsent() != 0) {
    uint64_t first_sequence = 0;
    for (v1::Event& event : outbox_.Next(kBatchEvents, kBatchBytes, first_sequence)) {
      *request.mutable_report()->add_events() = std::move(event);
    }
    request.mutable_report()->set_first_sequence(first_sequence);
    *request.mutable_report()->mutable_lease() = *lease_;
  } else {
    *request.mutable_done()->mutable_lease() = *lease_;
    request.mutable_done()->set_preempted(*preempted_);
    done_sent_ = true;
  }
  return request;
}

void ServerLink::WriteLoop() {
  while (true) {
    std::shared_ptr<Stream> stream;
    const std::optional<v1::WorkRequest> request = NextRequest(stream);
    if (stream == nullptr) return;
    const bool written = request.has_value() ? stream->Write(*request) : stream->WritesDone();
    MutexLock lock(mutex_);
    writing_ = false;
    // Broken, or hung up: the reader sees its end and dials again where there is a reason.
    if ((!written || !request.has_value()) && stream_ == stream) stream_ = nullptr;
    changed_.NotifyAll();
  }
}

void ServerLink::Authorize(grpc::ClientContext& context) const {
  context.AddMetadata("authorization", "Bearer " + options_.secret);
}

absl::Status ServerLink::Retry(const Job& job, const std::function<absl::Status()>& call) {
  while (true) {
    {
      MutexLock lock(mutex_);
      if (Lost(job)) return absl::FailedPreconditionError("the lease is lost");
    }
    const absl::Status status = call();
    // A server that stops cancels what runs.
    if (!absl::IsUnavailable(status) && !absl::IsCancelled(status)) return status;
    MutexLock lock(mutex_);
    changed_.WaitFor(lock, kPause, [&]() TRAINYARD_REQUIRES(mutex_) { return Lost(job); });
  }
}

absl::Status ServerLink::Upload(const Job& job, const v1::Artifact& artifact,
                                const std::string& bytes) {
  return Retry(job, [&] {
    grpc::ClientContext context;
    Authorize(context);
    v1::UploadArtifactResponse response;
    const std::unique_ptr<grpc::ClientWriter<v1::UploadArtifactRequest>> writer =
        stub_->UploadArtifact(&context, &response);
    for (size_t offset = 0; offset == 0 || offset < bytes.size(); offset += kChunkBytes) {
      v1::UploadArtifactRequest request;
      if (offset == 0) {
        *request.mutable_artifact() = artifact;
        *request.mutable_lease() = job.lease();
      }
      request.set_chunk(bytes.substr(offset, kChunkBytes));
      if (!writer->Write(request)) break;
    }
    writer->WritesDone();
    return FromGrpc(writer->Finish());
  });
}

absl::StatusOr<std::string> ServerLink::Fetch(const Job& job, const v1::Artifact& artifact) {
  std::string bytes;
  RETURN_IF_ERROR(Retry(job, [&] {
    bytes.clear();
    grpc::ClientContext context;
    Authorize(context);
    v1::FetchArtifactRequest request;
    *request.mutable_lease() = job.lease();
    request.set_sha256(artifact.sha256());
    const auto reader = stub_->FetchArtifact(&context, request);
    v1::FetchArtifactResponse response;
    while (reader->Read(&response)) bytes += response.chunk();
    return FromGrpc(reader->Finish());
  }));
  if (Sha256Hex(bytes) != artifact.sha256()) {
    return absl::DataLossError("the bytes of " + artifact.name() + " do not match their hash");
  }
  return bytes;
}

}  // namespace trainyard
