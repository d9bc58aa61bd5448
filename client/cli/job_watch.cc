// trainyard job watch JOB: follow a job to its end, from the beginning of its log.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/follow.h"
#include "client/cli/job_argument.h"

namespace trainyard::cli {
namespace {

class JobWatch final : public Command {
 public:
  std::string name() const override { return "job watch"; }
  std::string summary() const override { return "Follow a job to its end, exit with its result"; }
  std::string details() const override {
    return "Survives restarts of the server. With -o jsonl every frame is one line of JSON: the\n"
           "events of the job's log with their resume tokens, then the end.";
  }
  void Declare(Options& options) override {
    job_.Declare(options);
    options.Flag("--from-now", &follow_.from_now, "Leave out what has happened before.");
    options.Value("--resume-token", "TOKEN", &follow_.resume_token,
                  "Go on after the frame with this token.");
    follow_.Declare(options);
    output_.Declare(options);
  }
  int Run(Session& session) override {
    client::Client* client = nullptr;
    const absl::StatusOr<std::string> name = job_.Find(session, client);
    if (!name.ok()) return session.Fail(name.status());
    if (output_.name()) session.console().out << *name << std::endl;
    return FollowJob(session, *client, *name, follow_, output_);
  }

 private:
  JobArgument job_;
  FollowOptions follow_;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeJobWatch() { return std::make_unique<JobWatch>(); }

}  // namespace trainyard::cli
