#include "client/lib/download.h"

#include <fcntl.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "absl/strings/str_cat.h"
#include "client/lib/errors.h"
#include "client/lib/files.h"
#include "engine/base/sha256.h"
#include "engine/base/status.h"
#include "trainyard/v1/artifact_service.grpc.pb.h"

namespace trainyard::client {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Sink = std::function<absl::Status(const std::string& chunk)>;

// Feeds the bytes to `sink` in order, over as many streams as it takes.
class Transfer {
 public:
  Transfer(Client& client, const std::string& job, const std::string& artifact, const Sink& sink)
      : connection_(client.connection()), sink_(sink) {
    request_.set_job(job);
    request_.set_artifact(artifact);
  }

  absl::StatusOr<v1::Artifact> Run() {
    auto end = SteadyClock::now() + connection_.policy().retry_for;
    for (int failures = 0;; ++failures) {
      const uint64_t offset_before = request_.offset();
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(end - SteadyClock::now());
      absl::Status status =
          connection_.WaitUntilConnected(std::max(left, std::chrono::milliseconds(0)));
      if (status.ok()) status = Stream();
      if (status.ok()) break;
      if (status.code() != absl::StatusCode::kUnavailable) return status;
      if (request_.offset() > offset_before) {  // it moves: patience starts anew
        failures = 0;
        end = SteadyClock::now() + connection_.policy().retry_for;
      }
      const auto pause = RetryPause(status, failures);
      if (SteadyClock::now() + pause >= end) return status;
      std::this_thread::sleep_for(pause);
    }
    const std::string found = hash_.HexDigest();
    if (found != artifact_.sha256()) {
      return absl::DataLossError(absl::StrCat(request_.artifact(), " arrived with hash ", found,
                                              ", expected ", artifact_.sha256()));
    }
    return artifact_;
  }

 private:
  absl::Status Stream() {
    grpc::ClientContext context;
    connection_.Prepare(context);
    const auto stub = v1::ArtifactService::NewStub(connection_.channel());
    const auto reader = stub->DownloadArtifact(&context, request_);
    v1::DownloadArtifactResponse frame;
    absl::Status status;
    while (status.ok() && reader->Read(&frame)) status = Take(frame);
    if (!status.ok()) context.TryCancel();
    const absl::Status closed = FromGrpc(reader->Finish());
    if (!status.ok()) return status;
    if (!closed.ok()) return closed;
    if (!known_) return absl::DataLossError("the server sent no description of the file");
    if (request_.offset() < artifact_.size_bytes())
      return absl::UnavailableError("the stream closed early");
    return absl::OkStatus();
  }

  absl::Status Take(const v1::DownloadArtifactResponse& frame) {
    if (frame.has_artifact()) {
      if (known_ && frame.artifact().sha256() != artifact_.sha256()) {
        return absl::AbortedError(
            "the file was replaced by a newer one during the download; try again");
      }
      artifact_ = frame.artifact();
      known_ = true;
    }
    if (known_ && request_.offset() + frame.chunk().size() > artifact_.size_bytes()) {
      return absl::DataLossError("the server sent more bytes than the file has");
    }
    RETURN_IF_ERROR(sink_(frame.chunk()));
    hash_.Update(frame.chunk());
    request_.set_offset(request_.offset() + frame.chunk().size());
    return absl::OkStatus();
  }

  Connection& connection_;
  const Sink& sink_;
  v1::DownloadArtifactRequest request_;  // its offset is how far we are
  v1::Artifact artifact_;
  bool known_ = false;
  Sha256 hash_;
};

// Closes and removes the temporary file unless it took its final name.
struct TemporaryFile {
  std::string path;
  int file = -1;
  ~TemporaryFile() {
    if (file >= 0) close(file);
    if (!path.empty()) unlink(path.c_str());
  }
};

}  // namespace

absl::StatusOr<v1::Artifact> DownloadArtifact(Client& client, const std::string& job,
                                              const std::string& artifact,
                                              const std::string& path) {
  RETURN_IF_ERROR(CheckReplaceable(path));
  TemporaryFile temporary;
  std::string pattern = path + ".XXXXXX";
  temporary.file = mkostemp(pattern.data(), O_CLOEXEC);
  if (temporary.file < 0) return SystemError(errno, absl::StrCat("cannot write ", path));
  temporary.path = pattern;
  const Sink sink = [&](const std::string& chunk) -> absl::Status {
    size_t done = 0;
    while (done < chunk.size()) {
      const ssize_t wrote = write(temporary.file, chunk.data() + done, chunk.size() - done);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return SystemError(errno, absl::StrCat("cannot write ", path));
      done += static_cast<size_t>(wrote);
    }
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(v1::Artifact found, Transfer(client, job, artifact, sink).Run());
  if (fchmod(temporary.file, 0644) != 0 || fsync(temporary.file) != 0 ||
      rename(temporary.path.c_str(), path.c_str()) != 0) {
    return SystemError(errno, absl::StrCat("cannot write ", path));
  }
  temporary.path.clear();
  return found;
}

absl::StatusOr<std::string> ReadArtifact(Client& client, const std::string& job,
                                         const std::string& artifact, size_t limit) {
  std::string bytes;
  const Sink sink = [&](const std::string& chunk) -> absl::Status {
    if (bytes.size() + chunk.size() > limit) {
      return absl::InvalidArgumentError(
          absl::StrCat(artifact, " is larger than ", limit, " bytes"));
    }
    bytes += chunk;
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(Transfer(client, job, artifact, sink).Run().status());
  return bytes;
}

}  // namespace trainyard::client
