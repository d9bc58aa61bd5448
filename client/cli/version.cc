// trainyard version: of this program and of the server it talks to.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/output.h"
#include "client/text/text.h"
#include "trainyard/v1/server_service.pb.h"

namespace trainyard::cli {
namespace {

class Version final : public Command {
 public:
  std::string name() const override { return "version"; }
  std::string summary() const override { return "Print the versions of client and server"; }
  void Declare(Options& options) override {
    options.Flag("--client", &client_only_, "Of the client only: asks no server.");
    output_.Declare(options);
  }
  int Run(Session& session) override {
    Console& console = session.console();
    if (output_.table() || output_.name())
      console.out << "client  trainyard " TRAINYARD_VERSION << std::endl;
    if (client_only_) {
      v1::ServerInfo own;
      own.set_version(TRAINYARD_VERSION);
      if (output_.json()) console.out << PrettyJson(own);
      if (output_.jsonl()) console.out << JsonLine(own);
      return kExitOk;
    }
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    const absl::StatusOr<v1::ServerInfo> info = (*client)->GetServerInfo();
    if (!info.ok()) return session.Fail(info.status());
    if (output_.json()) console.out << PrettyJson(*info);
    if (output_.jsonl()) console.out << JsonLine(*info);
    if (output_.table()) {
      console.out << "server  trainyardd " << Printable(info->version()) << ", oneDNN "
                  << Printable(info->onednn_version()) << ", " << Printable(info->isa()) << ", "
                  << info->cores() << (info->cores() == 1 ? " core" : " cores") << "\n";
    }
    return kExitOk;
  }

 private:
  bool client_only_ = false;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeVersion() { return std::make_unique<Version>(); }

}  // namespace trainyard::cli
