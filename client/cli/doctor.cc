// trainyard doctor: checks, one by one, what has to be right before a job can run.
#include <chrono>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/text/text.h"
#include "engine/base/status.h"
#include "trainyard/v1/data_service.pb.h"
#include "trainyard/v1/server_service.pb.h"

namespace trainyard::cli {
namespace {

class Doctor final : public Command {
 public:
  std::string name() const override { return "doctor"; }
  std::string summary() const override { return "Check configuration, connection and server"; }
  void Declare(Options& options) override {}

  int Run(Session& session) override {
    Console& console = session.console();
    const absl::StatusOr<client::Client*> connected = session.Connect();
    if (!connected.ok()) return Bad(session, "configuration", connected.status());
    client::Client& client = **connected;
    const client::Settings& settings = client.connection().settings();
    Good(console, "configuration",
         absl::StrCat("server ", settings.server, " (", settings.server_origin, "), ",
                      settings.token.empty() ? "no token" : "a token"));
    const auto start = std::chrono::steady_clock::now();
    const absl::StatusOr<v1::ServerInfo> info = client.GetServerInfo();
    if (!info.ok()) return Bad(session, "server", info.status());
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    Good(
        console, "server",
        absl::StrFormat("answers in %.0f ms, up since %s", took.count(), Date(info->start_time())));
    if (info->version() == TRAINYARD_VERSION) {
      Good(console, "versions", info->version());
    } else {
      Warn(console, "versions",
           absl::StrCat("client " TRAINYARD_VERSION ", server ", info->version()));
    }
    Good(console, "machine",
         absl::StrCat(info->cores(), " cores, ", Bytes(info->memory_bytes()), ", ", info->isa(),
                      ", oneDNN ", info->onednn_version()));
    const std::string jobs =
        absl::StrCat(info->running_jobs(), " running, ", info->queued_jobs(), " queued");
    if (info->draining()) {
      Warn(console, "queue", jobs + "; the server is draining and takes no new jobs");
    } else {
      Good(console, "queue", jobs);
    }
    v1::ListDatasetsRequest request;
    request.set_page_size(1000);
    const absl::StatusOr<v1::ListDatasetsResponse> datasets = client.ListDatasets(request);
    if (!datasets.ok()) return Bad(session, "data", datasets.status());
    if (datasets->datasets().empty()) {
      Warn(console, "data", "no data sets; the examples need the package dataset-fashion-mnist");
    } else {
      Good(console, "data",
           absl::StrCat(datasets->datasets_size(), " data sets, see 'trainyard data ls'"));
    }
    return kExitOk;
  }

 private:
  static void Line(Console& console, const char* mark, const std::string& what,
                   const std::string& text) {
    console.out << PadRight(mark, 6) << PadRight(what, 15) << Printable(text) << std::endl;
  }
  static void Good(Console& console, const std::string& what, const std::string& text) {
    Line(console, "ok", what, text);
  }
  static void Warn(Console& console, const std::string& what, const std::string& text) {
    Line(console, "look", what, text);
  }
  static int Bad(Session& session, const std::string& what, const absl::Status& status) {
    Line(session.console(), "BAD", what, Message(status));
    return ExitCodeOf(status);
  }
};

}  // namespace

std::unique_ptr<Command> MakeDoctor() { return std::make_unique<Doctor>(); }

}  // namespace trainyard::cli
