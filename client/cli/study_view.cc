#include "client/cli/study_view.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/cli/format.h"
#include "client/cli/table.h"
#include "client/figures/number.h"
#include "client/figures/report.h"
#include "client/figures/terminal.h"
#include "client/lib/job_names.h"
#include "client/lib/study_names.h"
#include "client/studies/activation_numbers.h"
#include "client/studies/activation_tables.h"
#include "client/studies/ladder_figures.h"
#include "client/studies/study_numbers.h"
#include "client/studies/study_text.h"
#include "client/text/text.h"

namespace trainyard::cli {
namespace {

constexpr char kMainFigure[] = "main";
constexpr int kLabelWidth = 12;
constexpr int kBarWidth = 20;
constexpr int kFigureRows = 18;
constexpr int kFewestRows = 5;
constexpr int kMarginOfSentence = 2;

std::string Percent(const v1::Study& study) {
  const client::Progress progress = client::ProgressOf(study);
  if (progress.points == 0) return "";
  return absl::StrCat(100 * progress.ended() / progress.points, "%");
}

void Line(Console& console, const std::string& label, const std::string& value) {
  if (!value.empty()) console.out << PadRight(label, kLabelWidth) << Printable(value) << "\n";
}

// One of a report's; nothing where it is empty.
void PrintTable(Console& console, const figures::DataTable& data) {
  if (data.rows.empty()) return;
  std::vector<Column> columns;
  for (const figures::TableColumn& column : data.columns) {
    columns.push_back({absl::AsciiStrToUpper(column.title),
                       column.number ? Align::kRight : Align::kLeft, !column.number});
  }
  columns.back().wraps = columns.back().flexible;
  Table table(std::move(columns));
  for (std::vector<std::string> row : data.rows) {
    for (std::string& cell : row) cell = Printable(cell);
    table.Add(std::move(row));
  }
  console.out << "\n";
  for (const std::string& line :
       Wrap(data.caption, console.out_is_terminal ? console.width() : 1 << 20))
    console.out << line << "\n";
  table.Print(console);
}

void PrintActivations(Console& console, const v1::Study& study) {
  PrintTable(console, client::ReachTable(study, console.out_is_terminal, console.unicode));
  PrintTable(console, client::SpeedUpTable(study, console.out_is_terminal, console.unicode));
  PrintTable(console, client::DiagnosisTable(study));
}

std::string Bar(double share, bool unicode) {
  const int full = static_cast<int>(share * kBarWidth);
  std::string bar;
  for (int i = 0; i < kBarWidth; ++i) {
    bar += unicode ? (i < full ? "━" : "─") : (i < full ? "#" : "-");
  }
  return bar;
}

}  // namespace

void FigureChoice::Declare(Options& options, const std::string& initial) {
  name_ = initial;
  std::vector<std::string> names = client::StudyFigureNames();
  names.insert(names.begin(), initial);
  const char* meaning =
      initial == kMainFigure ? "main: the one that says most of the study" : initial.c_str();
  options
      .Value(
          "--figure", "FIGURE", &name_,
          absl::StrCat("Which figure: ", absl::StrJoin(names, ", "), " (default ", meaning, ")."))
      .OneOf(names);
}

client::StudyFigure FigureChoice::which(const v1::Study& study) const {
  const auto chosen = client::ParseStudyFigure(name_);
  return chosen.has_value() ? *chosen : client::MainFigure(study);
}

std::string FigureText(const v1::Study& study, client::StudyFigure which, int width, int rows,
                       const Console& console) {
  figures::TerminalOptions options;
  options.width = width;
  options.unicode = console.unicode;
  options.color = console.color;
  options.height = kFigureRows;
  const figures::Figure figure = client::FigureOf(study, which);
  std::string text = figures::TerminalText(figure, options);
  const auto lines = [&] { return static_cast<int>(std::count(text.begin(), text.end(), '\n')); };
  if (rows == 0 || lines() <= rows) return text;
  options.height = std::max(kFewestRows, options.height - (lines() - rows));
  text = figures::TerminalText(figure, options);
  if (lines() <= rows) return text;
  // Names of many contenders: what does not fit on the screen would scroll it.
  std::vector<std::string> kept = absl::StrSplit(text, '\n');
  kept.resize(static_cast<size_t>(std::max(0, rows)));
  return absl::StrJoin(kept, "\n") + "\n";
}

std::string ProgressLine(const v1::Study& study, int width, bool unicode) {
  const client::Progress progress = client::ProgressOf(study);
  const double share =
      progress.points == 0 ? 0 : static_cast<double>(progress.ended()) / progress.points;
  std::string line = absl::StrCat(client::ShortStudyName(study.name()), "  ", Bar(share, unicode),
                                  "  ", progress.ended(), "/", progress.points, " points");
  if (progress.failed > 0) absl::StrAppend(&line, "  ", progress.failed, " failed");
  if (progress.cancelled > 0) absl::StrAppend(&line, "  ", progress.cancelled, " cancelled");
  std::vector<std::string> now;
  for (const v1::StudyPoint& point : study.points()) {
    if (point.state() == v1::RUNNING)
      now.push_back(absl::StrCat(point.contender(), " at ", Count(point.size())));
  }
  if (!now.empty()) absl::StrAppend(&line, "  now ", absl::StrJoin(now, ", "));
  return Ellipsize(Printable(line), width, unicode);
}

std::string PointLine(const v1::Study& study, const v1::StudyPoint& point) {
  const std::string where = absl::StrCat(point.contender(), " at ", Count(point.size()), ": ");
  if (!client::IsMeasured(point)) {
    std::string why = v1::JobState_Name(point.state());
    if (point.state() == v1::SUCCEEDED) why = "no seed left a finite error";
    if (!point.message().empty()) absl::StrAppend(&why, ": ", point.message());
    return Printable(where + why);
  }
  if (point.has_activation()) {
    return Printable(
        absl::StrCat(point.contender(), ": ", client::ReachSentence(study, point, true)));
  }
  const int seeds = client::SeedsMeasured(point);
  return Printable(absl::StrCat(where, client::ErrorLabel(study), " ",
                                client::EstimateText(point.mean(), client::ErrorFormat(study)),
                                ", ", seeds, seeds == 1 ? " seed, " : " seeds, ",
                                client::CandidateText(study, point)));
}

void PrintFindings(Console& console, const v1::Study& study) {
  const int width = console.out_is_terminal ? console.width() : 1 << 20;
  for (const v1::StudyFinding& finding : study.analysis().findings()) {
    const figures::Verdict verdict = client::VerdictOf(finding.verdict());
    const std::string claim = absl::StrCat(figures::VerdictWords(verdict), ": ", finding.claim());
    for (const std::string& line : Wrap(Printable(claim), width)) console.out << line << "\n";
    std::vector<std::string> details = {
        client::WithoutVerdict(finding.sentence(), finding.verdict())};
    if (!finding.jobs().empty()) details.push_back("jobs: " + client::JobsText(study, finding));
    for (const std::string& detail : details) {
      if (detail.empty()) continue;
      for (const std::string& line : Wrap(Printable(detail), width - kMarginOfSentence)) {
        console.out << std::string(kMarginOfSentence, ' ') << line << "\n";
      }
    }
  }
  const std::string missing = client::WhatIsMissing(study);
  if (missing.empty()) return;
  for (const std::string& line : Wrap(missing, width)) console.out << line << "\n";
}

void PrintStudy(Console& console, const v1::Study& study) {
  const client::Progress progress = client::ProgressOf(study);
  Line(console, "name", study.name());
  console.out << PadRight("state", kLabelWidth)
              << StateText(study.state(), console.color && console.out_is_terminal) << "\n";
  Line(console, "created", Date(study.create_time()));
  Line(console, "points",
       absl::StrCat(progress.ended(), " of ", progress.points, " have ended",
                    progress.points == 0 ? "" : ", " + Percent(study)));
  Line(console, "runs", Count(study.total_runs()));
  if (study.points().empty()) return;
  if (client::IsActivationStudy(study)) return PrintActivations(console, study);
  const figures::NumberFormat format = client::ErrorFormat(study);
  Table table({{"CONTENDER", Align::kLeft, true},
               {"SAMPLES", Align::kRight},
               {client::IsRegression(study) ? "MEAN SQUARED ERROR" : "TEST ERROR", Align::kRight},
               {"SEEDS", Align::kRight},
               {"CHOSEN", Align::kLeft, true},
               {"STATE"}});
  for (const v1::StudyPoint& point : study.points()) {
    const bool measured = client::IsMeasured(point);
    table.Add({Printable(point.contender()), Count(point.size()),
               measured ? client::EstimateText(point.mean(), format, console.unicode) : "",
               measured ? absl::StrCat(client::SeedsMeasured(point)) : "",
               measured ? Printable(client::CandidateText(study, point)) : "",
               absl::StrCat(StateText(point.state(), false), point.message().empty() ? "" : ": ",
                            Printable(point.message()))});
  }
  console.out << "\n";
  table.Print(console);
  Table laws({{"CONTENDER", Align::kLeft, true}, {"LAW"}, {"ASYMPTOTE", Align::kRight}});
  for (const v1::StudyLaw& law : study.analysis().laws()) {
    if (law.formula().empty()) continue;
    laws.Add({Printable(law.contender()), Printable(client::LawText(law)),
              law.has_asymptote() ? client::EstimateText(law.asymptote(), format, console.unicode)
                                  : ""});
  }
  if (!laws.empty()) {
    console.out << "\n";
    laws.Print(console);
  }
  PrintTable(console, client::JointLawTable(study));
}

}  // namespace trainyard::cli
