// trainyard data ls [NAME]: the data sets that a specification can name, or the files of one.
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/output.h"
#include "client/cli/table.h"
#include "engine/base/status.h"
#include "trainyard/v1/data_service.pb.h"

namespace trainyard::cli {
namespace {

constexpr int kPage = 1000;

class DataLs final : public Command {
 public:
  std::string name() const override { return "data ls"; }
  std::string summary() const override { return "List data sets that a specification can name"; }
  std::string details() const override {
    return "Those that begin with dataset: were uploaded; the others are files of the server.\n"
           "Use a line as  data: {source: {type: SOURCE, path: PATH}}.\n"
           "  trainyard data ls flowers@2      # the files of a version";
  }
  void Declare(Options& options) override {
    options.Positional("NAME", &name_, "List the files of this data set: flowers, or flowers@2.")
        .Completes(Completion::kDataset);
    output_.Declare(options);
  }

  int Run(Session& session) override {
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    const absl::Status listed = name_.empty() ? ListDatasets(**client, session.console())
                                              : ListFiles(**client, session.console());
    return listed.ok() ? kExitOk : session.Fail(listed);
  }

 private:
  absl::Status ListDatasets(client::Client& client, Console& console) const {
    v1::ListDatasetsRequest request;
    request.set_page_size(kPage);
    v1::ListDatasetsResponse all;
    do {
      ASSIGN_OR_RETURN(v1::ListDatasetsResponse page, client.ListDatasets(request));
      request.set_page_token(page.next_page_token());
      for (v1::Dataset& dataset : *page.mutable_datasets()) all.add_datasets()->Swap(&dataset);
    } while (!request.page_token().empty());

    Table table({{"PATH", Align::kLeft, true},
                 {"SOURCE"},
                 {"SIZE", Align::kRight},
                 {"FILES", Align::kRight},
                 {"VERSIONS", Align::kRight},
                 {"UPDATED"}});
    for (const v1::Dataset& dataset : all.datasets()) {
      if (output_.jsonl()) console.out << JsonLine(dataset);
      if (output_.name()) console.out << dataset.path() << "\n";
      table.Add({dataset.path(), dataset.source(), Bytes(dataset.size_bytes()),
                 absl::StrCat(dataset.files()),
                 dataset.versions() == 0 ? "" : absl::StrCat(dataset.versions()),
                 Date(dataset.update_time())});
    }
    if (output_.json()) console.out << PrettyJson(all);
    if (output_.table() && table.empty()) console.err << "no data sets\n";
    if (output_.table() && !table.empty()) table.Print(console);
    return absl::OkStatus();
  }

  absl::Status ListFiles(client::Client& client, Console& console) const {
    v1::ListDatasetFilesRequest request;
    request.set_version(name_);
    request.set_page_size(kPage);
    v1::ListDatasetFilesResponse all;
    do {
      ASSIGN_OR_RETURN(v1::ListDatasetFilesResponse page, client.ListDatasetFiles(request));
      request.set_page_token(page.next_page_token());
      // All pages of one version, whatever comes meanwhile.
      request.set_version(page.version().name());
      *all.mutable_version() = page.version();
      for (v1::DatasetFile& file : *page.mutable_files()) all.add_files()->Swap(&file);
    } while (!request.page_token().empty());

    Table table({{"PATH", Align::kLeft, true}, {"SIZE", Align::kRight}, {"SHA256"}});
    for (const v1::DatasetFile& file : all.files()) {
      if (output_.jsonl()) console.out << JsonLine(file);
      if (output_.name()) console.out << file.path() << "\n";
      table.Add({file.path(), Bytes(file.size_bytes()), file.sha256()});
    }
    if (output_.json()) console.out << PrettyJson(all);
    if (output_.table()) table.Print(console);
    return absl::OkStatus();
  }

  std::string name_;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeDataLs() { return std::make_unique<DataLs>(); }

}  // namespace trainyard::cli
