// trainyard data put, trainyard data append: files of this machine as a version of a data set.
#include "absl/strings/str_cat.h"
#include "client/cli/byte_progress.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/output.h"
#include "client/lib/upload.h"
#include "engine/base/status.h"

namespace trainyard::cli {
namespace {

class Upload : public Command {
 public:
  void Declare(Options& options) override {
    options.Positional("NAME", &plan_.dataset, "Name of the data set: a-z, 0-9 and -.")
        .Required()
        .Completes(Completion::kDataset);
    options.Positional("FILE", &places_, "Files and folders.")
        .Required()
        .Completes(Completion::kFile);
    options.Value("--as", "PATH", &as_,
                  "What the file is called in the data set; with several, the folder they are in.");
    DeclareMore(options);
    output_.Declare(options);
    progress_.Declare(options);
  }

  int Run(Session& session) override {
    absl::StatusOr<std::vector<client::LocalFile>> files = client::CollectFiles(places_, as_);
    if (!files.ok()) return session.FailReading(files.status());
    plan_.files = *std::move(files);
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    Console& console = session.console();
    if (const absl::Status hashed = Hash(console); !hashed.ok()) return session.FailReading(hashed);
    bool begun = false;
    const absl::StatusOr<v1::CreateDatasetVersionResponse> created =
        client::UploadVersion(**client, plan_, [&](const client::UploadProgress& upload) {
          if (!begun) Begin(console, upload);
          begun = true;
          if (upload.making) return progress_.Begin(console, "checking", 0);
          progress_.Update(upload.sent);
        });
    progress_.End();
    if (!created.ok()) return session.Fail(created.status());
    Print(console, *created);
    return kExitOk;
  }

 protected:
  virtual void DeclareMore(Options& options) {}
  client::UploadPlan plan_;

 private:
  absl::Status Hash(Console& console) {
    progress_.Begin(console, "hashing", client::SizeOf(plan_.files));
    for (client::LocalFile& file : plan_.files)
      RETURN_IF_ERROR(client::HashFile(file, [&](uint64_t bytes) { progress_.Add(bytes); }));
    progress_.End();
    return absl::OkStatus();
  }

  void Begin(Console& console, const client::UploadProgress& upload) {
    if (upload.known > 0 && upload.known < upload.total) {
      console.err << Bytes(upload.known) << " of " << Bytes(upload.total)
                  << " are on the server already; sending the rest\n";
    }
    progress_.Begin(console, "sending", upload.total);
  }

  void Print(Console& console, const v1::CreateDatasetVersionResponse& created) const {
    const v1::DatasetVersion& version = created.version();
    PrintFormatted(console, created, version.path(), output_);
    if (!output_.table()) return;
    console.out << version.path() << "\n";
    console.err << (created.existed() ? "the same bytes are there already: " : "")
                << Count(version.files()) << (version.files() == 1 ? " file, " : " files, ")
                << Bytes(version.size_bytes());
    if (version.appended_to() != 0 && !created.existed())
      console.err << "; begins with version " << version.appended_to();
    console.err << "\n";
  }

  std::vector<std::string> places_;
  std::string as_;
  Output output_;
  ByteProgress progress_;
};

class DataPut final : public Upload {
 public:
  std::string name() const override { return "data put"; }
  std::string summary() const override { return "Upload files as a new version of a data set"; }
  std::string details() const override {
    return "The version holds these files and no others; the same bytes make no new version.\n"
           "An upload that was cut goes on where it was when it is run again.\n"
           "  trainyard data put flowers train.csv test.csv\n"
           "  trainyard data put pets photos/          # photos/cat/1.png is cat/1.png\n"
           "Use it as  data: {source: {type: csv, path: dataset:flowers/train.csv}}.";
  }
};

class DataAppend final : public Upload {
 public:
  DataAppend() { plan_.append = true; }
  std::string name() const override { return "data append"; }
  std::string summary() const override { return "Add rows, samples or files to a data set"; }
  std::string details() const override {
    return "Makes a version that begins with the newest one. A file that is there already is\n"
           "appended to: csv and tsv rows (a header is checked, and left out), lines of jsonl and\n"
           "txt, npy and idx along their first axis; other files are added.\n"
           "  trainyard data append flowers may.csv --as train.csv";
  }

 protected:
  void DeclareMore(Options& options) override {
    options.Flag("--repeat", &plan_.repeat, "Append once more what was appended last.");
  }
};

}  // namespace

std::unique_ptr<Command> MakeDataPut() { return std::make_unique<DataPut>(); }
std::unique_ptr<Command> MakeDataAppend() { return std::make_unique<DataAppend>(); }

}  // namespace trainyard::cli
