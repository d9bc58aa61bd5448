// trainyard job fork JOB [CHANGE ...]: a new job from the specification of an old one.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/submission.h"
#include "client/cli/submit_flow.h"

namespace trainyard::cli {
namespace {

class JobFork final : public Command {
 public:
  std::string name() const override { return "job fork"; }
  std::string summary() const override { return "Submit an old job again, with changes"; }
  std::string details() const override {
    return "The new job reads the versions of data sets that the old one read, unless a change "
           "says\n"
           "otherwise, and 'trainyard job get' names the job that it was made from.\n"
           "  trainyard job fork @last optimizer.learning_rate=0.003 --watch\n"
           "  trainyard job fork wide data.source.path=dataset:flowers/train.csv --name "
           "newest-data";
  }
  void Declare(Options& options) override {
    submission_.DeclareFork(options);
    flow_.Declare(options);
  }
  int Run(Session& session) override { return flow_.Run(session, submission_); }

 private:
  Submission submission_;
  SubmitFlow flow_;
};

}  // namespace

std::unique_ptr<Command> MakeJobFork() { return std::make_unique<JobFork>(); }

}  // namespace trainyard::cli
