// trainyard job cancel JOB: take a job from the queue, or stop it at its next step.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/job_argument.h"
#include "client/cli/output.h"
#include "trainyard/v1/job.pb.h"

namespace trainyard::cli {
namespace {

class JobCancel final : public Command {
 public:
  std::string name() const override { return "job cancel"; }
  std::string summary() const override { return "Cancel a queued or running job"; }
  void Declare(Options& options) override {
    job_.Declare(options);
    output_.Declare(options);
  }
  int Run(Session& session) override {
    client::Client* client = nullptr;
    const absl::StatusOr<std::string> name = job_.Find(session, client);
    if (!name.ok()) return session.Fail(name.status());
    const absl::StatusOr<v1::Job> job = client->CancelJob(*name);
    if (!job.ok()) return session.Fail(job.status());
    Console& console = session.console();
    PrintFormatted(console, *job, job->name(), output_);
    if (output_.table())
      console.out << job->name() << " " << StateText(job->state(), false) << "\n";
    return kExitOk;
  }

 private:
  JobArgument job_;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeJobCancel() { return std::make_unique<JobCancel>(); }

}  // namespace trainyard::cli
