// trainyard data ls: what the server's data roots hold.
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/output.h"
#include "client/cli/table.h"
#include "trainyard/v1/data_service.pb.h"

namespace trainyard::cli {
namespace {

constexpr int kPage = 1000;

class DataLs final : public Command {
 public:
  std::string name() const override { return "data ls"; }
  std::string summary() const override { return "List data sets that a specification can name"; }
  std::string details() const override {
    return "Use a line as  data: {source: {type: SOURCE, path: PATH}}.";
  }
  void Declare(Options& options) override { output_.Declare(options); }

  int Run(Session& session) override {
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    v1::ListDatasetsRequest request;
    request.set_page_size(kPage);
    v1::ListDatasetsResponse all;
    do {
      absl::StatusOr<v1::ListDatasetsResponse> page = (*client)->ListDatasets(request);
      if (!page.ok()) return session.Fail(page.status());
      request.set_page_token(page->next_page_token());
      for (v1::Dataset& dataset : *page->mutable_datasets()) all.add_datasets()->Swap(&dataset);
    } while (!request.page_token().empty());

    Console& console = session.console();
    Table table({{"PATH", Align::kLeft, true},
                 {"SOURCE"},
                 {"SIZE", Align::kRight},
                 {"FILES", Align::kRight}});
    for (const v1::Dataset& dataset : all.datasets()) {
      if (output_.jsonl()) console.out << JsonLine(dataset);
      if (output_.name()) console.out << dataset.path() << "\n";
      table.Add({dataset.path(), dataset.source(), Bytes(dataset.size_bytes()),
                 absl::StrCat(dataset.files())});
    }
    if (output_.json()) console.out << PrettyJson(all);
    if (output_.table() && table.empty()) console.err << "no data sets\n";
    if (output_.table() && !table.empty()) table.Print(console);
    return kExitOk;
  }

 private:
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeDataLs() { return std::make_unique<DataLs>(); }

}  // namespace trainyard::cli
