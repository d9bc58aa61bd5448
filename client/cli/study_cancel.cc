// trainyard study cancel STUDY: stop the jobs of a study that have not ended.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/output.h"
#include "client/cli/study_argument.h"

namespace trainyard::cli {
namespace {

class StudyCancel final : public Command {
 public:
  std::string name() const override { return "study cancel"; }
  std::string summary() const override { return "Cancel what has not ended of a study"; }
  void Declare(Options& options) override {
    study_.Declare(options);
    output_.Declare(options);
  }
  int Run(Session& session) override {
    client::Client* client = nullptr;
    const absl::StatusOr<v1::Study> found = study_.Find(session, client);
    if (!found.ok()) return session.Fail(found.status());
    const absl::StatusOr<v1::Study> study = client->CancelStudy(found->name());
    if (!study.ok()) return session.Fail(study.status());
    PrintFormatted(session.console(), *study, study->name(), output_);
    if (output_.table()) {
      session.console().out << study->name() << " " << StateText(study->state(), false) << "\n";
    }
    return kExitOk;
  }

 private:
  StudyArgument study_;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeStudyCancel() { return std::make_unique<StudyCancel>(); }

}  // namespace trainyard::cli
