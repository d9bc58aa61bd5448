// trainyard sweep run FILE [CHANGE ...]: submit a sweep, watch it to the end, exit as it did.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/sweep_follow.h"
#include "client/cli/sweep_submission.h"

namespace trainyard::cli {
namespace {

class SweepRun final : public Command {
 public:
  std::string name() const override { return "sweep run"; }
  std::string summary() const override { return "Submit a sweep, watch it, exit with its result"; }
  std::string details() const override {
    return "  trainyard sweep run client/specs/sweeps/asha_mlp.yaml --dry-run\n"
           "  trainyard sweep run client/specs/sweeps/asha_mlp.yaml trials=9\n"
           "Ctrl-C detaches: the sweep goes on.";
  }
  void Declare(Options& options) override {
    submission_.Declare(options);
    follow_.Declare(options);
    output_.Declare(options);
  }
  int Run(Session& session) override {
    int code = kExitOk;
    const v1::Sweep sweep = submission_.Send(session, code);
    if (code != kExitOk) return code;
    if (submission_.dry_run()) return PrintSweepDryRun(session, sweep, output_);
    if (output_.name()) session.console().out << sweep.name() << std::endl;
    session.console().err << sweep.name() << " started: " << sweep.trials_size() << " trials, "
                          << sweep.total_runs() << " trainings" << std::endl;
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    return FollowSweep(session, **client, sweep, follow_, output_);
  }

 private:
  SweepSubmission submission_;
  SweepFollowOptions follow_;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeSweepRun() { return std::make_unique<SweepRun>(); }

}  // namespace trainyard::cli
