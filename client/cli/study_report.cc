// trainyard study report STUDY: a study as a page to be read and kept, a picture, or numbers.
#include "client/studies/study_report.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/output.h"
#include "client/cli/study_argument.h"
#include "client/cli/study_view.h"
#include "client/figures/svg.h"
#include "client/lib/files.h"
#include "client/lib/resource_names.h"
#include "client/studies/study_numbers.h"
#include "client/studies/study_text.h"
#include "engine/base/status.h"
#include "trainyard/v1/server_service.pb.h"

namespace trainyard::cli {
namespace {

std::string Extension(const std::string& path) {
  const size_t dot = path.rfind('.');
  const size_t slash = path.rfind('/');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) return "";
  return absl::AsciiStrToLower(path.substr(dot + 1));
}

class StudyReport final : public Command {
 public:
  std::string name() const override { return "study report"; }
  std::string summary() const override { return "Write a study as a page, a picture or numbers"; }
  std::string details() const override {
    return "  trainyard study report @last                       NAME.html, which needs nothing "
           "else\n"
           "  trainyard study report @last --out figure.svg --figure performance\n"
           "  trainyard study report @last --out points.csv      a line a seed, exactly\n"
           "  trainyard study report @last --out study.json      all that the server knows";
  }
  void Declare(Options& options) override {
    study_.Declare(options);
    options
        .Value("--out", "FILE", &out_,
               "Where to: .html, .svg (one figure), .csv or .json; - prints the page.")
        .Completes(Completion::kFile);
    figure_.Declare(options, "main");
  }

  int Run(Session& session) override {
    const std::string extension = out_.empty() || out_ == "-" ? "html" : Extension(out_);
    if (extension != "html" && extension != "svg" && extension != "csv" && extension != "json") {
      return session.Fail(absl::InvalidArgumentError(
          absl::StrCat("--out: '", out_, "' must end in .html, .svg, .csv or .json",
                       extension == "png" ? "; any browser turns the .svg into a .png" : "")));
    }
    client::Client* client = nullptr;
    const absl::StatusOr<v1::Study> study = study_.Find(session, client);
    if (!study.ok()) return session.Fail(study.status());
    const std::string text = Text(*study, *client, extension);
    Console& console = session.console();
    if (out_ == "-") {
      console.out << text;
      return kExitOk;
    }
    const std::string path = out_.empty() ? DefaultPath(*study) : out_;
    if (const absl::Status replaceable = client::CheckReplaceable(path); !replaceable.ok())
      return session.Fail(replaceable);
    if (const absl::Status written = client::WriteFile(path, text); !written.ok())
      return session.Fail(written);
    console.out << path << "\n";
    const std::string missing = client::WhatIsMissing(*study);
    if (!missing.empty()) console.err << missing << "\n";
    return kExitOk;
  }

 private:
  // Named after the study, in the current folder whatever the server says.
  static std::string DefaultPath(const v1::Study& study) {
    const std::string id = client::ShortStudyName(study.name());
    return absl::StrCat(client::IsResourceId(id) && id[0] != '.' ? id : "study", ".html");
  }

  std::string Text(const v1::Study& study, client::Client& client,
                   const std::string& extension) const {
    if (extension == "svg") {
      return figures::Svg(client::FigureOf(study, figure_.which(study)), figures::SvgOptions());
    }
    if (extension == "csv") return client::PointsCsv(study);
    if (extension == "json") return PrettyJson(study);
    std::vector<std::pair<std::string, std::string>> provenance;
    const absl::StatusOr<v1::ServerInfo> info = client.GetServerInfo();
    if (info.ok()) {
      provenance.emplace_back("server", absl::StrCat("trainyardd ", info->version(), ", oneDNN ",
                                                     info->onednn_version()));
      provenance.emplace_back("machine of the server",
                              absl::StrCat(info->cores(), " cores, ", info->isa()));
    }
    provenance.emplace_back("report", absl::StrCat("trainyard ", TRAINYARD_VERSION));
    return figures::Html(client::ReportOf(study, provenance));
  }

  StudyArgument study_;
  FigureChoice figure_;
  std::string out_;
};

}  // namespace

std::unique_ptr<Command> MakeStudyReport() { return std::make_unique<StudyReport>(); }

}  // namespace trainyard::cli
