// trainyard data get NAME[@VERSION] [PATH...]: the files of a data set, checked.
#include <filesystem>
#include <set>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/byte_progress.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/lib/dataset_files.h"
#include "client/lib/download.h"
#include "client/lib/files.h"
#include "engine/base/status.h"
#include "engine/base/violations.h"
#include "trainyard/v1/data_service.pb.h"

namespace trainyard::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kPage = 1000;

// The server is not to write outside the folder.
bool StaysInside(const std::string& path) {
  if (path.empty() || path.front() == '/') return false;
  for (const fs::path& part : fs::path(path)) {
    if (part == "..") return false;
  }
  return true;
}

class DataGet final : public Command {
 public:
  std::string name() const override { return "data get"; }
  std::string summary() const override { return "Download the files of a data set"; }
  std::string details() const override {
    return "Each file is checked against its hash. A download that was cut goes on where it was,\n"
           "and files that are there already are left alone.\n"
           "  trainyard data get flowers@2 -o data/\n"
           "  trainyard data get flowers train.csv";
  }
  void Declare(Options& options) override {
    options.Positional("NAME", &name_, "Data set, or one of its versions: flowers@2.")
        .Required()
        .Completes(Completion::kDataset);
    options.Positional("PATH", &paths_, "Files of it, or folders (cat/). Default: all.");
    options
        .Value("-o,--output", "FOLDER", &folder_, "Where to write (default: the current folder).")
        .Completes(Completion::kFolder);
    progress_.Declare(options);
  }

  int Run(Session& session) override {
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    v1::ListDatasetFilesResponse all;
    if (const absl::Status listed = List(**client, all); !listed.ok()) return session.Fail(listed);
    uint64_t total = 0;
    for (const v1::DatasetFile& file : all.files()) total += file.size_bytes();
    progress_.Begin(session.console(), "fetching", total);
    for (const v1::DatasetFile& file : all.files()) {
      const absl::Status fetched = Fetch(**client, all.version().name(), file, session.console());
      if (!fetched.ok()) {
        progress_.End();
        return session.Fail(fetched);
      }
    }
    progress_.End();
    return kExitOk;
  }

 private:
  bool Wanted(const std::string& path) {
    if (paths_.empty()) return true;
    bool wanted = false;
    for (const std::string& asked : paths_) {
      if (path != asked &&
          !absl::StartsWith(path, absl::EndsWith(asked, "/") ? asked : asked + "/"))
        continue;
      found_.insert(asked);
      wanted = true;
    }
    return wanted;
  }

  // All files that are wanted, of one version.
  absl::Status List(client::Client& client, v1::ListDatasetFilesResponse& all) {
    v1::ListDatasetFilesRequest request;
    request.set_version(name_);
    request.set_page_size(kPage);
    std::vector<std::string> known;
    do {
      ASSIGN_OR_RETURN(v1::ListDatasetFilesResponse page, client.ListDatasetFiles(request));
      *all.mutable_version() = page.version();
      request.set_version(page.version().name());
      request.set_page_token(page.next_page_token());
      for (v1::DatasetFile& file : *page.mutable_files()) {
        if (!StaysInside(file.path()))
          return absl::DataLossError(absl::StrCat("the server lists a file ", file.path()));
        known.push_back(file.path());
        if (Wanted(file.path())) all.add_files()->Swap(&file);
      }
    } while (!request.page_token().empty());
    for (const std::string& asked : paths_) {
      if (found_.count(asked) != 0) continue;
      return absl::NotFoundError(absl::StrCat(all.version().path(), " has no file '", asked, "'",
                                              Suggestion(asked, known)));
    }
    return absl::OkStatus();
  }

  absl::Status Fetch(client::Client& client, const std::string& version,
                     const v1::DatasetFile& file, Console& console) {
    const std::string path = (fs::path(folder_) / file.path()).string();
    std::error_code error;
    if (fs::is_regular_file(path, error) && fs::file_size(path, error) == file.size_bytes()) {
      client::LocalFile local{file.path(), path, 0, ""};
      RETURN_IF_ERROR(client::HashFile(local, [](uint64_t) {}));
      if (local.sha256 == file.sha256()) {
        progress_.Add(file.size_bytes());
        console.out << path << "\n";
        return absl::OkStatus();
      }
    }
    if (const fs::path parent = fs::path(path).parent_path(); !parent.empty())
      fs::create_directories(parent, error);
    if (error) return client::SystemError(error.value(), absl::StrCat("cannot write ", path));
    RETURN_IF_ERROR(client::DownloadDatasetFile(client, version, file, path,
                                                [&](uint64_t bytes) { progress_.Add(bytes); }));
    progress_.End();
    console.out << path << "\n";
    return absl::OkStatus();
  }

  std::string name_;
  std::vector<std::string> paths_;
  std::set<std::string> found_;  // of paths_
  std::string folder_ = ".";
  ByteProgress progress_;
};

}  // namespace

std::unique_ptr<Command> MakeDataGet() { return std::make_unique<DataGet>(); }

}  // namespace trainyard::cli
