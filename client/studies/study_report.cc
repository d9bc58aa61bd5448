#include "client/studies/study_report.h"

#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/figures/number.h"
#include "client/lib/job_names.h"
#include "client/lib/spec_to_tree.h"
#include "client/lib/study_names.h"
#include "client/studies/study_figures.h"
#include "client/studies/study_numbers.h"
#include "client/studies/study_text.h"

namespace trainyard::client {
namespace {

using figures::DataTable;
using figures::Exhibit;
using figures::NumberFormat;
using figures::Paragraph;
using figures::Report;
using figures::Section;
using figures::ShortNumber;

std::string Whole(double value) {
  return std::isfinite(value) && value < 1e6 ? figures::TickLabels({value}, NumberFormat::kPlain)[0]
                                             : ShortNumber(value, NumberFormat::kPlain);
}

std::string Count(int count, const std::string& one) {
  return absl::StrCat(count, " ", one, count == 1 ? "" : "s");
}

// 1.8 PFLOP and the like.
std::string Flops(double flops) {
  if (!(flops > 0)) return "–";
  constexpr const char* kUnits[] = {"", " k", " M", " G", " T", " P", " E"};
  size_t unit = 0;
  while (flops >= 999.5 && unit + 1 < std::size(kUnits)) {
    flops /= 1000;
    ++unit;
  }
  return absl::StrFormat(unit == 0 ? "%.0f%s" : "%.3g%s", flops, kUnits[unit]);
}

std::string Duration(double seconds) {
  if (!(seconds > 0)) return "–";
  if (seconds < 600) return absl::StrFormat("%.3g s", seconds);
  if (seconds < 36000) return absl::StrFormat("%.3g min", seconds / 60);
  return absl::StrFormat("%.3g h", seconds / 3600);
}

std::string DateText(const google::protobuf::Timestamp& time) {
  const std::time_t seconds = time.seconds();
  std::tm parts{};
  char text[40];
  if (seconds == 0 || gmtime_r(&seconds, &parts) == nullptr) return "";
  std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &parts);
  return text;
}

class Reporter {
 public:
  explicit Reporter(const v1::Study& study)
      : study_(study), spec_(study.specification()), format_(ErrorFormat(study)) {}

  Report Write(const std::vector<std::pair<std::string, std::string>>& provenance) const {
    Report report;
    report.title = "Study " + ShortStudyName(study_.name());
    report.subtitle = Subtitle();
    report.abstract = Abstract();
    Verdicts(report);
    AddMissing(report);
    AddPerformance(report);
    AddLaws(report);
    AddPredictability(report);
    AddComputation(report);
    AddMethods(report);
    AddProvenance(provenance, report);
    AddAppendices(report);
    return report;
  }

 private:
  std::string SourceText() const {
    const v1::Component& source = spec_.data().source();
    const auto path = source.params().find("path");
    if (path != source.params().end() && !path->second.string_value().empty())
      return path->second.string_value();
    return source.type();
  }

  std::string Subtitle() const {
    std::vector<std::string> parts;
    if (!SourceText().empty()) parts.push_back(SourceText());
    parts.push_back(Count(spec_.contenders_size(), "contender"));
    if (spec_.sizes_size() > 0) {
      parts.push_back(absl::StrCat(Count(spec_.sizes_size(), "size"), " from ",
                                   Whole(static_cast<double>(spec_.sizes(0))), " to ",
                                   Whole(static_cast<double>(spec_.sizes(spec_.sizes_size() - 1))),
                                   " training samples"));
    }
    parts.push_back(Count(static_cast<int>(spec_.seeds()), "seed"));
    return absl::StrJoin(parts, ", ");
  }

  // The lowest mean error of a family at a size; absent where it has none.
  const v1::StudyPoint* Best(const std::string& family, uint64_t size) const {
    const v1::StudyPoint* best = nullptr;
    for (const v1::Contender& contender : spec_.contenders()) {
      if (FamilyText(contender) != family) continue;
      for (const v1::StudyPoint* point : MeasuredPoints(study_, contender.name())) {
        if (point->size() != size) continue;
        if (best == nullptr || point->mean().value() < best->mean().value()) best = point;
      }
    }
    return best;
  }

  uint64_t LargestMeasured() const {
    uint64_t largest = 0;
    for (const v1::StudyPoint& point : study_.points()) {
      if (IsMeasured(point)) largest = std::max(largest, point.size());
    }
    return largest;
  }

  std::string BestSentence() const {
    const uint64_t size = LargestMeasured();
    if (size == 0) return "No point has been measured yet.";
    std::vector<std::string> parts;
    for (const char* family : {"network", "traditional"}) {
      const v1::StudyPoint* best = Best(family, size);
      if (best == nullptr) continue;
      parts.push_back(absl::StrCat("the best ", family,
                                   std::string(family) == "network" ? "" : " learner", " (",
                                   best->contender(), ") has a ", ErrorLabel(study_), " of ",
                                   EstimateText(best->mean(), format_)));
    }
    return absl::StrCat("With ", Whole(static_cast<double>(size)), " training samples ",
                        absl::StrJoin(parts, " and "), ".");
  }

  std::string VerdictCounts() const {
    constexpr std::pair<figures::Verdict, const char*> kWords[] = {
        {figures::Verdict::kHolds, "holds"},
        {figures::Verdict::kDoesNotHold, "does not hold here"},
        {figures::Verdict::kUndecided, "undecided"},
        {figures::Verdict::kInsufficientData, "insufficient data"},
        {figures::Verdict::kIllBehaved, "ill-behaved"}};
    std::vector<std::string> parts;
    for (const auto& [verdict, words] : kWords) {
      int count = 0;
      for (const v1::StudyFinding& finding : study_.analysis().findings()) {
        if (VerdictOf(finding.verdict()) == verdict) ++count;
      }
      if (count > 0) parts.push_back(absl::StrCat(count, " ", words));
    }
    if (parts.empty()) return "No claim has been judged yet.";
    return absl::StrCat(Count(study_.analysis().findings_size(), "claim"), ": ",
                        absl::StrJoin(parts, ", "), ".");
  }

  std::string Abstract() const {
    const Progress progress = ProgressOf(study_);
    std::string text =
        absl::StrCat("This study trained ", Count(spec_.contenders_size(), "contender"),
                     " on nested subsets of ", SourceText().empty() ? "the data" : SourceText(),
                     ": ", progress.measured, " of ", Count(progress.points, "point"),
                     " measured. ", BestSentence(), " ", VerdictCounts());
    const std::string missing = WhatIsMissing(study_);
    if (!missing.empty()) absl::StrAppend(&text, " ", missing);
    return text;
  }

  void Verdicts(Report& report) const {
    for (const v1::StudyFinding& finding : study_.analysis().findings()) {
      std::vector<std::string> jobs;
      for (const std::string& job : finding.jobs()) jobs.push_back(ShortJobName(job));
      report.verdicts.push_back(
          {finding.claim(), VerdictOf(finding.verdict()), finding.sentence(), jobs});
    }
  }

  void AddMissing(Report& report) const {
    DataTable table{"Points without a number",
                    {{"contender"}, {"samples", true}, {"state"}, {"job"}, {"why"}}};
    for (const v1::StudyPoint& point : study_.points()) {
      if (IsMeasured(point)) continue;
      const bool odd = point.state() == v1::SUCCEEDED;
      table.rows.push_back(
          {point.contender(), Whole(static_cast<double>(point.size())),
           v1::JobState_Name(point.state()), ShortJobName(point.job()),
           odd && point.message().empty() ? "no seed left a finite error" : point.message()});
    }
    if (table.rows.empty()) return;
    report.sections.push_back(
        {"What is missing", {Paragraph{WhatIsMissing(study_)}, std::move(table)}});
  }

  void AddPerformance(Report& report) const {
    const bool regression = IsRegression(study_);
    Section section{"Performance against amount of data"};
    section.blocks.push_back(Exhibit{
        FigureOf(study_, StudyFigure::kPerformance),
        regression ? "Lower is better" : "Share of the test part that is classified rightly"});
    section.blocks.push_back(Exhibit{
        FigureOf(study_, StudyFigure::kError),
        "Both axes are logarithmic: a straight line is a power law, a line that bends is one that "
        "nears its asymptote. Solid as far as was measured, dashed beyond"});
    DataTable crossings{"Where one contender overtakes another",
                        {{"up to there"}, {"beyond"}, {"training samples", true}}};
    for (const v1::StudyCrossing& crossing : study_.analysis().crossings()) {
      crossings.rows.push_back({crossing.below(), crossing.above(),
                                EstimateText(crossing.size(), NumberFormat::kPlain)});
    }
    if (!crossings.rows.empty()) section.blocks.push_back(std::move(crossings));
    report.sections.push_back(std::move(section));
  }

  void AddLaws(Report& report) const {
    if (study_.analysis().laws().empty()) return;
    DataTable laws{"Fitted laws of the error, n the number of training samples",
                   {{"contender"}, {"law"}, {"exponent", true}, {"asymptote", true}}};
    DataTable forecasts{"Forecasts of the error",
                        {{"contender"},
                         {"training samples", true},
                         {"forecast", true},
                         {"80 %", true},
                         {"95 %", true}}};
    Section section{"Laws and forecasts"};
    for (const v1::StudyLaw& law : study_.analysis().laws()) {
      if (law.formula().empty()) {
        section.blocks.push_back(
            Paragraph{absl::StrCat("No law was fitted to ", law.contender(), ".")});
        continue;
      }
      laws.rows.push_back(
          {law.contender(), LawText(law),
           law.has_exponent() ? EstimateText(law.exponent(), NumberFormat::kPlain) : "–",
           law.has_asymptote() ? EstimateText(law.asymptote(), format_) : "–"});
      for (const v1::StudyLaw::Forecast& forecast : law.forecasts()) {
        forecasts.rows.push_back({law.contender(), Whole(forecast.size()),
                                  ShortNumber(forecast.value(), format_),
                                  Range(forecast.low80(), forecast.high80()),
                                  Range(forecast.low95(), forecast.high95())});
      }
    }
    if (!laws.rows.empty()) section.blocks.push_back(std::move(laws));
    if (!forecasts.rows.empty()) section.blocks.push_back(std::move(forecasts));
    report.sections.push_back(std::move(section));
  }

  std::string Range(double low, double high) const {
    const NumberFormat inner =
        format_ == NumberFormat::kPercent ? NumberFormat::kPoints : NumberFormat::kPlain;
    return absl::StrCat(ShortNumber(low, inner), " – ", ShortNumber(high, format_));
  }

  void AddPredictability(Report& report) const {
    if (spec_.seeds() < 2) return;
    report.sections.push_back(
        {"Predictability",
         {Exhibit{FigureOf(study_, StudyFigure::kPredictability),
                  "Each seed draws its own subset and its own initial weights: how far apart the "
                  "results of one recipe lie"}}});
  }

  void AddComputation(Report& report) const {
    Section section{"Computation"};
    section.blocks.push_back(
        Exhibit{FigureOf(study_, StudyFigure::kCoreSeconds),
                "Read upright, at one budget: who is best for the same time on the machine. Lines "
                "join the sizes of a contender"});
    const bool flops = std::any_of(study_.points().begin(), study_.points().end(),
                                   [](const auto& point) { return point.flops() > 0; });
    if (flops) {
      section.blocks.push_back(Exhibit{FigureOf(study_, StudyFigure::kFlops),
                                       "FLOPs by count, of training and of one run. Learners whose "
                                       "FLOPs are not counted are absent"});
    }
    DataTable costs{"What the contenders cost, over all their points",
                    {{"contender"},
                     {"family"},
                     {"trains"},
                     {"parameters", true},
                     {"runs", true},
                     {"core time", true},
                     {"FLOPs", true}}};
    for (const v1::Contender& contender : spec_.contenders()) costs.rows.push_back(Cost(contender));
    section.blocks.push_back(std::move(costs));
    report.sections.push_back(std::move(section));
  }

  std::vector<std::string> Cost(const v1::Contender& contender) const {
    double core_seconds = 0;
    double flops = 0;
    uint64_t parameters = 0;
    uint64_t runs = 0;
    for (const v1::StudyPoint& point : study_.points()) {
      if (point.contender() != contender.name()) continue;
      core_seconds += std::isfinite(point.core_seconds()) ? point.core_seconds() : 0;
      flops += std::isfinite(point.flops()) ? point.flops() : 0;
      parameters = std::max(parameters, point.parameters());
      runs += RunsOfAPoint(study_, contender);
    }
    return {contender.name(),
            FamilyText(contender),
            WhatIsTrained(contender),
            parameters == 0 ? "–" : Whole(static_cast<double>(parameters)),
            Whole(static_cast<double>(runs)),
            Duration(core_seconds),
            Flops(flops)};
  }

  void AddMethods(Report& report) const {
    report.methods = {
        "Every contender is judged on the same test part, which nothing is chosen by. Subsets of "
        "the "
        "training part are nested and keep the proportions of the classes; each seed draws a "
        "subset "
        "and initial weights of its own.",
        "Where a contender has candidates (learning rates, parameters of a learner), each is "
        "trained "
        "at each size with every seed, and the one with the lowest mean validation loss is kept "
        "(of "
        "learners without a loss, the highest validation accuracy).",
        "Means are over seeds, their intervals 95 % by Student's t. Laws are chosen by back-test "
        "(the largest size is hidden and predicted) and not by how well they fit; intervals of "
        "laws "
        "and forecasts include the uncertainty of their parameters.",
        "A verdict is 'undecided' where the interval includes both answers, 'insufficient data' "
        "where "
        "sizes or seeds are too few to ask, and 'ill-behaved' where the curve is no law: it rises, "
        "or "
        "fits none of them."};
  }

  void AddProvenance(const std::vector<std::pair<std::string, std::string>>& more,
                     Report& report) const {
    double core_seconds = 0;
    double flops = 0;
    for (const v1::StudyPoint& point : study_.points()) {
      core_seconds += std::isfinite(point.core_seconds()) ? point.core_seconds() : 0;
      flops += std::isfinite(point.flops()) ? point.flops() : 0;
    }
    report.provenance = {
        {"study", study_.name()},
        {"state", v1::JobState_Name(study_.state())},
        {"created", DateText(study_.create_time())},
        {"runs", Whole(static_cast<double>(study_.total_runs()))},
        {"core time", Duration(core_seconds)},
        {"FLOPs", Flops(flops)},
        {"cores of each job", absl::StrCat(std::max(1u, spec_.resources().cores()))}};
    report.provenance.insert(report.provenance.end(), more.begin(), more.end());
    std::erase_if(report.provenance, [](const auto& item) { return item.second.empty(); });
  }

  void AddAppendices(Report& report) const {
    DataTable points{"All measured points",
                     {{"contender"},
                      {"samples", true},
                      {"error, 95 % interval", true},
                      {"deviation", true},
                      {"seeds", true},
                      {"chosen by validation"}}};
    const NumberFormat spread =
        format_ == NumberFormat::kPercent ? NumberFormat::kPoints : NumberFormat::kPlain;
    for (const v1::StudyPoint& point : study_.points()) {
      if (!IsMeasured(point)) continue;
      points.rows.push_back({point.contender(), Whole(static_cast<double>(point.size())),
                             EstimateText(point.mean(), format_),
                             ShortNumber(SeedDeviation(point), spread),
                             absl::StrCat(SeedsMeasured(point)), CandidateText(study_, point)});
    }
    if (!points.rows.empty()) report.appendices.push_back({"Points", {std::move(points)}});
    DataTable exact{"Coefficients of the laws, none rounded",
                    {{"contender"}, {"law"}, {"numbers"}}};
    for (const v1::StudyLaw& law : study_.analysis().laws()) {
      if (!law.formula().empty())
        exact.rows.push_back({law.contender(), law.formula(), ExactLawText(law)});
    }
    if (!exact.rows.empty()) report.appendices.push_back({"Laws", {std::move(exact)}});
    report.appendices.push_back(
        {"Specification",
         {Paragraph{"With every default filled in; 'trainyard study run' takes it as it is."},
          figures::Listing{WriteYaml(TreeFromMessage(spec_))}}});
  }

  const v1::Study& study_;
  const v1::StudySpecification& spec_;
  const NumberFormat format_;
};

}  // namespace

Report ReportOf(const v1::Study& study,
                const std::vector<std::pair<std::string, std::string>>& provenance) {
  return Reporter(study).Write(provenance);
}

}  // namespace trainyard::client
