// trainyard study watch STUDY: follow a study to its end.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/study_argument.h"
#include "client/cli/study_follow.h"

namespace trainyard::cli {
namespace {

class StudyWatch final : public Command {
 public:
  std::string name() const override { return "study watch"; }
  std::string summary() const override { return "Follow a study, exit with its result"; }
  std::string details() const override {
    return "On a terminal the figure is redrawn as points arrive, elsewhere each is a line. "
           "Survives restarts\nof the server. Ctrl-C detaches: the study goes on.";
  }
  void Declare(Options& options) override {
    study_.Declare(options);
    follow_.Declare(options);
    output_.Declare(options);
  }
  int Run(Session& session) override {
    client::Client* client = nullptr;
    const absl::StatusOr<v1::Study> study = study_.Find(session, client);
    if (!study.ok()) return session.Fail(study.status());
    if (output_.name()) session.console().out << study->name() << std::endl;
    return FollowStudy(session, *client, study->name(), follow_, output_);
  }

 private:
  StudyArgument study_;
  StudyFollowOptions follow_;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeStudyWatch() { return std::make_unique<StudyWatch>(); }

}  // namespace trainyard::cli
