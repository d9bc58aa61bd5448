// trainyard run SPEC [CHANGE ...]: submit, watch to the end, exit as the job did.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/follow.h"
#include "client/cli/submission.h"

namespace trainyard::cli {
namespace {

class RunCommand final : public Command {
 public:
  std::string name() const override { return "run"; }
  std::string summary() const override { return "Submit a job, watch it, exit with its result"; }
  std::string details() const override {
    return "Ctrl-C detaches: the job goes on. The last line of a classification job is 'test "
           "accuracy 0.9123'.";
  }
  void Declare(Options& options) override {
    submission_.Declare(options);
    follow_.Declare(options);
    output_.Declare(options);
  }
  int Run(Session& session) override {
    int code = kExitOk;
    const v1::Job job = submission_.Send(session, code);
    if (code != kExitOk) return code;
    if (submission_.dry_run()) return PrintDryRun(session, job, output_);
    if (output_.name()) session.console().out << job.name() << std::endl;
    if (job.reused()) {
      SayReused(session.console(), job);
    } else {
      session.console().err << job.name() << " queued" << std::endl;
    }
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    return FollowJob(session, **client, job.name(), follow_, output_);
  }

 private:
  Submission submission_;
  FollowOptions follow_;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeRun() { return std::make_unique<RunCommand>(); }

}  // namespace trainyard::cli
