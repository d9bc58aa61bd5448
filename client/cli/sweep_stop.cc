// trainyard sweep stop SWEEP: stop the jobs of a sweep that have not ended.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/output.h"
#include "client/cli/sweep_argument.h"

namespace trainyard::cli {
namespace {

class SweepStop final : public Command {
 public:
  std::string name() const override { return "sweep stop"; }
  std::string summary() const override { return "Stop what has not ended of a sweep"; }
  std::string details() const override { return "What has ended stays, and so does the best."; }
  void Declare(Options& options) override {
    sweep_.Declare(options);
    output_.Declare(options);
  }
  int Run(Session& session) override {
    client::Client* client = nullptr;
    const absl::StatusOr<v1::Sweep> found = sweep_.Find(session, client);
    if (!found.ok()) return session.Fail(found.status());
    const absl::StatusOr<v1::Sweep> sweep = client->StopSweep(found->name());
    if (!sweep.ok()) return session.Fail(sweep.status());
    PrintFormatted(session.console(), *sweep, sweep->name(), output_);
    if (output_.table()) {
      session.console().out << sweep->name() << " " << StateText(sweep->state(), false) << "\n";
    }
    return kExitOk;
  }

 private:
  SweepArgument sweep_;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeSweepStop() { return std::make_unique<SweepStop>(); }

}  // namespace trainyard::cli
