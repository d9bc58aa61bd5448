// trainyard submit SPEC [CHANGE ...]: queue a job and print its name.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/follow.h"
#include "client/cli/submission.h"

namespace trainyard::cli {
namespace {

class Submit final : public Command {
 public:
  std::string name() const override { return "submit"; }
  std::string summary() const override { return "Queue a job and print its name"; }
  std::string details() const override {
    return "  JOB=$(trainyard submit client/specs/lenet.yaml batch_size=64)\n"
           "  trainyard submit client/specs/lenet.yaml --dry-run";
  }
  void Declare(Options& options) override {
    submission_.Declare(options);
    options.Flag("--detach", &detach_,
                 "Return as soon as the job is queued (what submit does without --watch).");
    options.Flag("--watch", &watch_, "Go on as 'trainyard run' does.");
    follow_.Declare(options);
    output_.Declare(options);
  }
  int Run(Session& session) override {
    if (detach_ && watch_)
      return session.Fail(absl::InvalidArgumentError("--detach and --watch exclude each other"));
    int code = kExitOk;
    const v1::Job job = submission_.Send(session, code);
    if (code != kExitOk) return code;
    if (submission_.dry_run()) return PrintDryRun(session, job, output_);
    Console& console = session.console();
    if (output_.json() && !watch_) console.out << PrettyJson(job);
    if (output_.jsonl() && !watch_) console.out << JsonLine(job);
    if (output_.name() || output_.table()) console.out << job.name() << std::endl;
    if (!watch_) return kExitOk;
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    return FollowJob(session, **client, job.name(), follow_, output_);
  }

 private:
  Submission submission_;
  FollowOptions follow_;
  Output output_;
  bool detach_ = false;
  bool watch_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeSubmit() { return std::make_unique<Submit>(); }

}  // namespace trainyard::cli
