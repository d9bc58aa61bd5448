#include "server/workers/work_stream.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/status.h"
#include "server/rpc/status_mapping.h"
#include "server/workers/lease_wire.h"

namespace trainyard {

WorkStream* WorkStream::Open(JobManager& manager, const absl::Status& refused) {
  const auto stream = std::make_shared<WorkStream>(manager);
  stream->self_ = stream;
  if (refused.ok()) {
    stream->StartRead(&stream->request_);
  } else {
    stream->Close(refused);
  }
  return stream.get();
}

void WorkStream::Assign(const Assignment& assignment) { Send(ToMessage(assignment)); }

void WorkStream::Cancel(const Lease& lease) {
  v1::WorkResponse response;
  *response.mutable_cancel()->mutable_lease() = ToMessage(lease);
  Send(std::move(response));
}

void WorkStream::Drain() {
  v1::WorkResponse response;
  response.mutable_drain();
  Send(std::move(response));
}

void WorkStream::Ack(const Lease& lease, uint64_t last_sequence, bool over) {
  v1::WorkResponse response;
  *response.mutable_ack()->mutable_lease() = ToMessage(lease);
  response.mutable_ack()->set_last_sequence(last_sequence);
  response.mutable_ack()->set_over(over);
  Send(std::move(response));
}

void WorkStream::Close(const absl::Status& status) {
  MutexLock lock(mutex_);
  if (!ending_.has_value()) ending_ = status;
  WriteNext();
}

void WorkStream::OnReadDone(bool ok) {
  if (!ok) return Close(absl::OkStatus());  // the worker closed its side, or is gone
  if (const absl::Status status = Receive(); !status.ok()) return Close(status);
  request_.Clear();
  StartRead(&request_);
}

absl::Status WorkStream::Receive() {
  if (worker_.empty()) {
    if (!request_.has_hello() || request_.hello().worker().empty()) {
      return absl::InvalidArgumentError("a stream opens with Hello and the worker's name");
    }
    worker_ = request_.hello().worker();
    WorkerHello hello;
    hello.worker = worker_;
    hello.process_id = request_.hello().process_id();
    hello.isa = request_.hello().isa();
    hello.lease = FromMessage(request_.hello().lease());
    manager_.OnWorkerHello(std::move(hello), shared_from_this());
    return absl::OkStatus();
  }
  switch (request_.message_case()) {
    case v1::WorkRequest::kReport: {
      v1::WorkRequest::Report& report = *request_.mutable_report();
      std::vector<v1::Event> events(std::make_move_iterator(report.mutable_events()->begin()),
                                    std::make_move_iterator(report.mutable_events()->end()));
      manager_.OnReport(shared_from_this(), FromMessage(report.lease()), report.first_sequence(),
                        std::move(events));
      return absl::OkStatus();
    }
    case v1::WorkRequest::kDone:
      manager_.OnDone(shared_from_this(), FromMessage(request_.done().lease()),
                      request_.done().preempted());
      return absl::OkStatus();
    case v1::WorkRequest::kHeartbeat:
      manager_.OnHeartbeat(shared_from_this());
      return absl::OkStatus();
    default:
      return absl::InvalidArgumentError("expected a Report, Done or Heartbeat");
  }
}

void WorkStream::OnWriteDone(bool ok) {
  MutexLock lock(mutex_);
  writing_ = false;
  if (!ok && !ending_.has_value()) ending_ = absl::CancelledError("the worker has gone");
  WriteNext();
}

void WorkStream::OnCancel() { Close(absl::CancelledError("the worker has gone")); }

void WorkStream::OnDone() {
  const std::shared_ptr<WorkStream> last = std::move(self_);
  if (!worker_.empty()) manager_.OnWorkerDisconnected(worker_, last);
}

void WorkStream::Send(v1::WorkResponse response) {
  MutexLock lock(mutex_);
  if (ending_.has_value()) return;
  responses_.push_back(std::move(response));
  WriteNext();
}

void WorkStream::WriteNext() {
  if (writing_ || finished_) return;
  if (!responses_.empty()) {
    response_ = std::move(responses_.front());
    responses_.pop_front();
    writing_ = true;
    StartWrite(&response_);
  } else if (ending_.has_value()) {
    finished_ = true;
    Finish(ToGrpcStatus(*ending_));
  }
}

}  // namespace trainyard
