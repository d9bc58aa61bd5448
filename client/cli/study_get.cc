// trainyard study get STUDY: what is known of a study so far.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/output.h"
#include "client/cli/study_argument.h"
#include "client/cli/study_forecasts.h"
#include "client/cli/study_view.h"
#include "client/studies/study_text.h"

namespace trainyard::cli {
namespace {

class StudyGet final : public Command {
 public:
  std::string name() const override { return "study get"; }
  std::string summary() const override { return "Show a study: points, laws, verdicts"; }
  std::string details() const override {
    return "  trainyard study get @last --figure performance\n"
           "  trainyard study get @last --spec > again.yaml";
  }
  void Declare(Options& options) override {
    study_.Declare(options);
    options.Flag("--spec", &specification_, "Print its specification as YAML, with all defaults.");
    figure_.Declare(options, "none");
    output_.Declare(options);
  }
  int Run(Session& session) override {
    client::Client* client = nullptr;
    const absl::StatusOr<v1::Study> study = study_.Find(session, client);
    if (!study.ok()) return session.Fail(study.status());
    Console& console = session.console();
    if (specification_) {
      console.out << client::SpecificationYaml(*study);
      return kExitOk;
    }
    PrintFormatted(console, *study, study->name(), output_);
    if (!output_.table()) return kExitOk;
    PrintStudy(console, *study);
    if (!figure_.none()) {
      console.out << "\n" << FigureText(*study, figure_.which(*study), console.width(), 0, console);
    }
    console.out << "\n";
    PrintFindings(console, *study);
    if (const std::string kept = ForecastsOfStudy(*client, study->name()); !kept.empty())
      console.out << "forecasts: " << kept << "; see 'trainyard forecast ls'\n";
    return kExitOk;
  }

 private:
  StudyArgument study_;
  FigureChoice figure_;
  Output output_;
  bool specification_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeStudyGet() { return std::make_unique<StudyGet>(); }

}  // namespace trainyard::cli
