// trainyard submit SPEC [CHANGE ...]: queue a job and print its name.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/submission.h"
#include "client/cli/submit_flow.h"

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
    flow_.Declare(options);
  }
  int Run(Session& session) override { return flow_.Run(session, submission_); }

 private:
  Submission submission_;
  SubmitFlow flow_;
};

}  // namespace

std::unique_ptr<Command> MakeSubmit() { return std::make_unique<Submit>(); }

}  // namespace trainyard::cli
