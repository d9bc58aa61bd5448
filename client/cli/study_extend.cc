// trainyard study extend STUDY: add sizes and contenders to a study; what was trained stays.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/output.h"
#include "client/cli/study_submission.h"
#include "client/cli/submission_options.h"
#include "client/lib/specification_file.h"
#include "client/lib/study_names.h"
#include "client/text/text.h"
#include "trainyard/v1/study_service.pb.h"

namespace trainyard::cli {
namespace {

class StudyExtend final : public Command {
 public:
  std::string name() const override { return "study extend"; }
  std::string summary() const override { return "Add sizes and contenders to a study"; }
  std::string details() const override {
    return "  trainyard study extend @last --size 20000 --size 54000 --dry-run\n"
           "  trainyard study extend @last --contenders more.yaml     a file with 'contenders:'\n"
           "Only the new points are trained; figures and verdicts then rest on all of them. Seeds, "
           "data and\ncandidates of a study stay as they are. 'trainyard study watch' follows it.";
  }
  void Declare(Options& options) override {
    options.Positional("STUDY", &study_, "Name, unique prefix of one, or @last.")
        .Required()
        .Completes(Completion::kStudy);
    options.Positional("CHANGE", &options_.overrides,
                       "PATH=VALUE of what is added, e.g. 'forecast_sizes=[540000]'.");
    options.Value("--size", "N", &sizes_, "Training samples to add; may be repeated.");
    options
        .Value("--contenders", "FILE", &options_.path,
               "Contenders to add (and sizes): YAML, JSON or text proto; - for standard input.")
        .Completes(Completion::kFile);
    options.Value("--priority", "N", &options_.priority,
                  "Of the new jobs: -100 to 100, higher first (default 0).");
    options.Value("--request-id", "ID", &options_.request_id,
                  "Repeats with the same id extend it once (default: a random id).");
    options.Flag("--dry-run", &options_.dry_run,
                 "Check only: print the new points, runs and FLOPs.");
    output_.Declare(options);
  }
  int Run(Session& session) override {
    SubmissionOptions options = options_;
    if (!sizes_.empty())
      options.overrides.push_back(absl::StrCat("sizes=[", absl::StrJoin(sizes_, ", "), "]"));
    int code = kExitOk;
    const v1::Study study = SendSubmission<v1::ExtendStudyRequest>(
        options, session, code,
        [](const std::string& path, const std::vector<std::string>& overrides) {
          if (!path.empty()) return client::ReadStudy(path, overrides);
          return client::ParseStudy("{}", "the command line", overrides);
        },
        [&](v1::ExtendStudyRequest& request) {
          // That of the file; a study keeps its own.
          request.mutable_specification()->clear_name();
          request.set_name(study_);
          return absl::OkStatus();
        },
        [](client::Client& client, const v1::ExtendStudyRequest& request) {
          return client.ExtendStudy(request);
        });
    if (code != kExitOk) return code;
    if (options.dry_run) return PrintStudyDryRun(session, study, output_);
    PrintFormatted(session.console(), study, study.name(), output_);
    if (output_.table()) session.console().out << study.name() << "\n";
    const std::string id = Printable(client::ShortStudyName(study.name()));
    session.console().err << id << " has " << study.points_size() << " points now, "
                          << study.points_ended() << " have ended; 'trainyard study watch " << id
                          << "' follows it" << std::endl;
    return kExitOk;
  }

 private:
  std::string study_;
  std::vector<std::string> sizes_;
  SubmissionOptions options_;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeStudyExtend() { return std::make_unique<StudyExtend>(); }

}  // namespace trainyard::cli
