#include "client/lib/download.h"

#include <fcntl.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/lib/errors.h"
#include "client/lib/files.h"
#include "engine/base/sha256.h"
#include "engine/base/status.h"
#include "trainyard/v1/artifact_service.grpc.pb.h"
#include "trainyard/v1/data_service.grpc.pb.h"

namespace trainyard::client {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Sink = std::function<absl::Status(const std::string& chunk)>;

// What a download is of, and how its stream is opened.
struct ArtifactDownload {
  using Response = v1::DownloadArtifactResponse;
  v1::DownloadArtifactRequest request;  // its offset is how far we are

  std::unique_ptr<grpc::ClientReader<Response>> Open(Connection& connection,
                                                     grpc::ClientContext& context) const {
    return v1::ArtifactService::NewStub(connection.channel())->DownloadArtifact(&context, request);
  }
  static bool Describes(const Response& frame) { return frame.has_artifact(); }
  static const v1::Artifact& Description(const Response& frame) { return frame.artifact(); }
  const std::string& name() const { return request.artifact(); }
};

struct DatasetDownload {
  using Response = v1::DownloadDatasetFileResponse;
  v1::DownloadDatasetFileRequest request;

  std::unique_ptr<grpc::ClientReader<Response>> Open(Connection& connection,
                                                     grpc::ClientContext& context) const {
    return v1::DataService::NewStub(connection.channel())->DownloadDatasetFile(&context, request);
  }
  static bool Describes(const Response& frame) { return frame.has_file(); }
  static const v1::DatasetFile& Description(const Response& frame) { return frame.file(); }
  const std::string& name() const { return request.path(); }
};

// Feeds the bytes to `sink` in order, over as many streams as it takes.
template <typename Download>
class Transfer {
 public:
  using Response = typename Download::Response;
  using Description = std::decay_t<decltype(Download::Description(Response()))>;

  Transfer(Client& client, Download download, const Sink& sink)
      : connection_(client.connection()), sink_(sink), download_(std::move(download)) {}

  // Bytes that are there already, in order, before Run.
  void Skip(const std::string& bytes) {
    hash_.Update(bytes);
    Move(bytes.size());
  }

  absl::StatusOr<Description> Run() {
    auto end = SteadyClock::now() + connection_.policy().retry_for;
    for (int failures = 0;; ++failures) {
      const uint64_t offset_before = download_.request.offset();
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(end - SteadyClock::now());
      absl::Status status =
          connection_.WaitUntilConnected(std::max(left, std::chrono::milliseconds(0)));
      if (status.ok()) status = Stream();
      if (status.ok()) break;
      if (status.code() != absl::StatusCode::kUnavailable) return status;
      if (download_.request.offset() > offset_before) {  // it moves: patience starts anew
        failures = 0;
        end = SteadyClock::now() + connection_.policy().retry_for;
      }
      const auto pause = RetryPause(status, failures);
      if (SteadyClock::now() + pause >= end) return status;
      std::this_thread::sleep_for(pause);
    }
    const std::string found = hash_.HexDigest();
    if (found != described_.sha256()) {
      return absl::DataLossError(absl::StrCat(download_.name(), " arrived with hash ", found,
                                              ", expected ", described_.sha256()));
    }
    return described_;
  }

 private:
  absl::Status Stream() {
    grpc::ClientContext context;
    connection_.Prepare(context);
    const auto reader = download_.Open(connection_, context);
    Response frame;
    absl::Status status;
    while (status.ok() && reader->Read(&frame)) status = Take(frame);
    if (!status.ok()) context.TryCancel();
    const absl::Status closed = FromGrpc(reader->Finish());
    if (!status.ok()) return status;
    if (!closed.ok()) return closed;
    if (!known_) return absl::DataLossError("the server sent no description of the file");
    if (download_.request.offset() < described_.size_bytes())
      return absl::UnavailableError("the stream closed early");
    return absl::OkStatus();
  }

  absl::Status Take(const Response& frame) {
    if (Download::Describes(frame)) {
      if (known_ && Download::Description(frame).sha256() != described_.sha256()) {
        return absl::AbortedError(
            "the file was replaced by a newer one during the download; try again");
      }
      described_ = Download::Description(frame);
      known_ = true;
    }
    if (known_ && download_.request.offset() + frame.chunk().size() > described_.size_bytes()) {
      return absl::DataLossError("the server sent more bytes than the file has");
    }
    RETURN_IF_ERROR(sink_(frame.chunk()));
    hash_.Update(frame.chunk());
    Move(frame.chunk().size());
    return absl::OkStatus();
  }

  void Move(uint64_t bytes) { download_.request.set_offset(download_.request.offset() + bytes); }

  Connection& connection_;
  const Sink& sink_;
  Download download_;
  Description described_;
  bool known_ = false;
  Sha256 hash_;
};

Transfer<ArtifactDownload> OfArtifact(Client& client, const std::string& job,
                                      const std::string& artifact, const Sink& sink) {
  ArtifactDownload download;
  download.request.set_job(job);
  download.request.set_artifact(artifact);
  return Transfer<ArtifactDownload>(client, std::move(download), sink);
}

absl::Status WriteAll(int file, const std::string& bytes, const std::string& path) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t wrote = write(file, bytes.data() + done, bytes.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return SystemError(errno, absl::StrCat("cannot write ", path));
    done += static_cast<size_t>(wrote);
  }
  return absl::OkStatus();
}

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
  const Sink sink = [&](const std::string& chunk) { return WriteAll(temporary.file, chunk, path); };
  ASSIGN_OR_RETURN(v1::Artifact found, OfArtifact(client, job, artifact, sink).Run());
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
  RETURN_IF_ERROR(OfArtifact(client, job, artifact, sink).Run().status());
  return bytes;
}

absl::Status DownloadDatasetFile(Client& client, const std::string& version,
                                 const v1::DatasetFile& file, const std::string& path,
                                 const std::function<void(uint64_t)>& progress) {
  constexpr size_t kHashShown = 16;
  RETURN_IF_ERROR(CheckReplaceable(path));
  // Named by what it is to become, so that nothing else goes on with it.
  const std::string partial = absl::StrCat(path, ".", file.sha256().substr(0, kHashShown), ".part");
  const int opened = open(partial.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (opened < 0) return SystemError(errno, absl::StrCat("cannot write ", path));
  TemporaryFile temporary;  // closes it; the file itself stays for the next try
  temporary.file = opened;
  const Sink sink = [&](const std::string& chunk) -> absl::Status {
    RETURN_IF_ERROR(WriteAll(opened, chunk, path));
    progress(chunk.size());
    return absl::OkStatus();
  };
  DatasetDownload download;
  download.request.set_version(version);
  download.request.set_path(file.path());
  Transfer<DatasetDownload> transfer(client, std::move(download), sink);
  std::string block(1 << 20, '\0');
  ssize_t got = 0;
  while ((got = read(opened, block.data(), block.size())) > 0) {
    transfer.Skip(block.substr(0, static_cast<size_t>(got)));
    progress(static_cast<uint64_t>(got));
  }
  const absl::StatusOr<v1::DatasetFile> found = transfer.Run();
  if (!found.ok()) {
    // Wrong bytes, or more than the file has: the next try begins anew.
    if (absl::IsDataLoss(found.status()) || absl::IsInvalidArgument(found.status()))
      unlink(partial.c_str());
    return found.status();
  }
  if (fsync(opened) != 0 || rename(partial.c_str(), path.c_str()) != 0)
    return SystemError(errno, absl::StrCat("cannot write ", path));
  return absl::OkStatus();
}

}  // namespace trainyard::client
