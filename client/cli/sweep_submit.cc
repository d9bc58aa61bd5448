// trainyard sweep submit FILE [CHANGE ...]: start a sweep and print its name.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/output.h"
#include "client/cli/sweep_submission.h"

namespace trainyard::cli {
namespace {

class SweepSubmit final : public Command {
 public:
  std::string name() const override { return "sweep submit"; }
  std::string summary() const override { return "Start a sweep and print its name"; }
  void Declare(Options& options) override {
    submission_.Declare(options);
    output_.Declare(options);
  }
  int Run(Session& session) override {
    int code = kExitOk;
    const v1::Sweep sweep = submission_.Send(session, code);
    if (code != kExitOk) return code;
    if (submission_.dry_run()) return PrintSweepDryRun(session, sweep, output_);
    PrintFormatted(session.console(), sweep, sweep.name(), output_);
    if (output_.table()) session.console().out << sweep.name() << "\n";
    return kExitOk;
  }

 private:
  SweepSubmission submission_;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeSweepSubmit() { return std::make_unique<SweepSubmit>(); }

}  // namespace trainyard::cli
