// trainyard study run FILE [CHANGE ...]: submit a study, watch it to the end, exit as it did.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/study_follow.h"
#include "client/cli/study_submission.h"

namespace trainyard::cli {
namespace {

class StudyRun final : public Command {
 public:
  std::string name() const override { return "study run"; }
  std::string summary() const override { return "Submit a study, watch it, exit with its result"; }
  std::string details() const override {
    return "  trainyard study run client/specs/studies/scaling_small.yaml --dry-run\n"
           "  trainyard study run client/specs/studies/scaling_small.yaml seeds=5\n"
           "Ctrl-C detaches: the study goes on.";
  }
  void Declare(Options& options) override {
    submission_.Declare(options);
    follow_.Declare(options);
    output_.Declare(options);
  }
  int Run(Session& session) override {
    int code = kExitOk;
    const v1::Study study = submission_.Send(session, code);
    if (code != kExitOk) return code;
    if (submission_.dry_run()) return PrintStudyDryRun(session, study, output_);
    if (output_.name()) session.console().out << study.name() << std::endl;
    session.console().err << study.name() << " started: " << study.points_size() << " points, "
                          << study.total_runs() << " runs" << std::endl;
    SayReusedPoints(session.console(), study);
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    return FollowStudy(session, **client, study.name(), follow_, output_);
  }

 private:
  StudySubmission submission_;
  StudyFollowOptions follow_;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeStudyRun() { return std::make_unique<StudyRun>(); }

}  // namespace trainyard::cli
