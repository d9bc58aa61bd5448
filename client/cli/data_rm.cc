// trainyard data rm NAME[@VERSION]...: removes data sets, or versions of them.
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "engine/base/status.h"
#include "trainyard/v1/dataset.pb.h"

namespace trainyard::cli {
namespace {

class DataRm final : public Command {
 public:
  std::string name() const override { return "data rm"; }
  std::string summary() const override { return "Remove data sets, or versions of them"; }
  std::string details() const override {
    return "What jobs that have not ended need is kept (exit code 6). A number is never used "
           "again.\n"
           "  trainyard data rm flowers@1\n"
           "  trainyard data rm flowers        # all of its versions";
  }
  void Declare(Options& options) override {
    options.Positional("NAME", &names_, "Data set, or one of its versions: flowers@2.")
        .Required()
        .Completes(Completion::kDataset);
  }

  int Run(Session& session) override {
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    for (const std::string& name : names_) {
      const absl::Status removed = Remove(**client, name, session.console());
      if (!removed.ok()) return session.Fail(removed);
    }
    return kExitOk;
  }

 private:
  static absl::Status Remove(client::Client& client, const std::string& name, Console& console) {
    const bool one =
        name.find('@') != std::string::npos || name.find("/versions/") != std::string::npos;
    if (one) {
      ASSIGN_OR_RETURN(const v1::DatasetVersion version, client.DeleteDatasetVersion(name));
      console.out << version.path() << "\n";
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const v1::Dataset dataset, client.DeleteDataset(name));
    console.out << dataset.path() << "\n";
    console.err << Count(dataset.versions())
                << (dataset.versions() == 1 ? " version, " : " versions, ")
                << Bytes(dataset.stored_bytes()) << "\n";
    return absl::OkStatus();
  }

  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<Command> MakeDataRm() { return std::make_unique<DataRm>(); }

}  // namespace trainyard::cli
