// trainyard study submit FILE [CHANGE ...]: start a study and print its name.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/output.h"
#include "client/cli/study_submission.h"

namespace trainyard::cli {
namespace {

class StudySubmit final : public Command {
 public:
  std::string name() const override { return "study submit"; }
  std::string summary() const override { return "Start a study and print its name"; }
  void Declare(Options& options) override {
    submission_.Declare(options);
    output_.Declare(options);
  }
  int Run(Session& session) override {
    int code = kExitOk;
    const v1::Study study = submission_.Send(session, code);
    if (code != kExitOk) return code;
    if (submission_.dry_run()) return PrintStudyDryRun(session, study, output_);
    PrintFormatted(session.console(), study, study.name(), output_);
    if (output_.table()) session.console().out << study.name() << "\n";
    SayReusedPoints(session.console(), study);
    return kExitOk;
  }

 private:
  StudySubmission submission_;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeStudySubmit() { return std::make_unique<StudySubmit>(); }

}  // namespace trainyard::cli
