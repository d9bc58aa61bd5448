// trainyard sweep watch SWEEP: follow a sweep to its end.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/sweep_argument.h"
#include "client/cli/sweep_follow.h"

namespace trainyard::cli {
namespace {

class SweepWatch final : public Command {
 public:
  std::string name() const override { return "sweep watch"; }
  std::string summary() const override { return "Follow a sweep, exit with its result"; }
  std::string details() const override {
    return "On a terminal the figure is redrawn as trials end, elsewhere each is a line. Survives "
           "restarts\nof the server. Ctrl-C detaches: the sweep goes on.";
  }
  void Declare(Options& options) override {
    sweep_.Declare(options);
    follow_.Declare(options);
    output_.Declare(options);
  }
  int Run(Session& session) override {
    client::Client* client = nullptr;
    const absl::StatusOr<v1::Sweep> sweep = sweep_.Find(session, client);
    if (!sweep.ok()) return session.Fail(sweep.status());
    if (output_.name()) session.console().out << sweep->name() << std::endl;
    return FollowSweep(session, *client, *sweep, follow_, output_);
  }

 private:
  SweepArgument sweep_;
  SweepFollowOptions follow_;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeSweepWatch() { return std::make_unique<SweepWatch>(); }

}  // namespace trainyard::cli
