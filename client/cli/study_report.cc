// trainyard study report STUDY: a study as a page to be read and kept, a picture, or numbers.
#include "client/studies/study_report.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/figure_file.h"
#include "client/cli/out_file.h"
#include "client/cli/output.h"
#include "client/cli/study_argument.h"
#include "client/cli/study_forecasts.h"
#include "client/cli/study_view.h"
#include "client/studies/study_numbers.h"
#include "client/studies/study_text.h"
#include "trainyard/v1/server_service.pb.h"

namespace trainyard::cli {
namespace {

class StudyReport final : public Command {
 public:
  std::string name() const override { return "study report"; }
  std::string summary() const override { return "Write a study as a page, a picture or numbers"; }
  std::string details() const override {
    return "  trainyard study report @last                       NAME.html, which needs nothing "
           "else\n"
           "  trainyard study report @last --out figure.png --figure performance\n"
           "  trainyard study report @last --out points.csv      a line a seed, exactly\n"
           "  trainyard study report @last --out error.csv --figure error    what is drawn there\n"
           "  trainyard study report @last --out study.json      all that the server knows";
  }
  void Declare(Options& options) override {
    study_.Declare(options);
    out_.Declare(options, {"html", "svg", "png", "csv", "json"},
                 "Where to: .html, .svg or .png (one figure), .csv or .json; - prints it.");
    figure_.Declare(options, "main");
  }

  int Run(Session& session) override {
    if (const absl::Status writable = out_.Check(session.console(), "html"); !writable.ok())
      return session.Fail(writable);
    client::Client* client = nullptr;
    const absl::StatusOr<v1::Study> study = study_.Find(session, client);
    if (!study.ok()) return session.Fail(study.status());
    const absl::StatusOr<std::string> bytes = Bytes(*study, *client);
    if (!bytes.ok()) return session.Fail(bytes.status());
    const int code = out_.Write(session, *bytes, client::ShortStudyName(study->name()), "study");
    const std::string missing = client::WhatIsMissing(*study);
    if (code == kExitOk && !missing.empty() && !out_.to_standard_output())
      session.console().err << missing << "\n";
    return code;
  }

 private:
  absl::StatusOr<std::string> Bytes(const v1::Study& study, client::Client& client) const {
    const std::string& kind = out_.kind();
    if (kind == "html") return Page(study, client);
    // Without a figure's name numbers are those of the whole study.
    if (kind == "csv" && !figure_.named()) return client::PointsCsv(study);
    if (kind == "json" && !figure_.named()) return PrettyJson(study);
    return FigureBytes(client::FigureOf(study, figure_.which(study)), kind, out_.theme());
  }

  static std::string Page(const v1::Study& study, client::Client& client) {
    std::vector<std::pair<std::string, std::string>> provenance;
    const absl::StatusOr<v1::ServerInfo> info = client.GetServerInfo();
    if (info.ok()) {
      provenance.emplace_back("server", absl::StrCat("trainyardd ", info->version(), ", oneDNN ",
                                                     info->onednn_version()));
      provenance.emplace_back("machine of the server",
                              absl::StrCat(info->cores(), " cores, ", info->isa()));
    }
    if (const std::string kept = ForecastsOfStudy(client, study.name()); !kept.empty())
      provenance.emplace_back("forecasts of it", kept);
    provenance.emplace_back("report", absl::StrCat("trainyard ", TRAINYARD_VERSION));
    return figures::Html(client::ReportOf(study, provenance));
  }

  StudyArgument study_;
  FigureChoice figure_;
  OutFile out_;
};

}  // namespace

std::unique_ptr<Command> MakeStudyReport() { return std::make_unique<StudyReport>(); }

}  // namespace trainyard::cli
