#include "client/studies/study_report.h"

#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/lib/job_names.h"
#include "client/lib/study_names.h"
#include "client/studies/activation_numbers.h"
#include "client/studies/activation_report.h"
#include "client/studies/frontier.h"
#include "client/studies/ladder_figures.h"
#include "client/studies/study_figures.h"
#include "client/studies/study_numbers.h"
#include "client/studies/study_tables.h"
#include "client/studies/study_text.h"
#include "client/studies/takeaway_figures.h"

namespace trainyard::client {
namespace {

using figures::DataTable;
using figures::Exhibit;
using figures::NumberFormat;
using figures::Paragraph;
using figures::Report;
using figures::Section;

std::string Count(int count, const std::string& one) {
  return absl::StrCat(count, " ", one, count == 1 ? "" : "s");
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
    if (IsActivationStudy(study_)) {
      report.subtitle = absl::StrCat(SourceText(), ", ", ActivationSubtitle(study_));
      report.abstract = absl::StrCat(ActivationAbstract(study_), " ", VerdictCounts());
      Verdicts(report);
      AddMissing(report);
      AddActivationSections(study_, report);
      AddProvenance(provenance, report);
      AddAppendices(report);
      return report;
    }
    report.subtitle = Subtitle();
    report.abstract = Abstract();
    Verdicts(report);
    AddMissing(report);
    if (IsTakeaway(study_)) {
      AddTakeaway(report);
    } else {
      AddPerformance(report);
      AddLaws(report);
      AddPredictability(report);
      AddModelSize(report);
      AddFeatures(report);
    }
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
      parts.push_back(
          absl::StrCat(Count(spec_.sizes_size(), "size"), " from ",
                       WholeText(static_cast<double>(spec_.sizes(0))), " to ",
                       WholeText(static_cast<double>(spec_.sizes(spec_.sizes_size() - 1))),
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
    return absl::StrCat("With ", WholeText(static_cast<double>(size)), " training samples ",
                        absl::StrJoin(parts, " and "), ".");
  }

  std::string VerdictCounts() const {
    struct Words {
      figures::Verdict verdict;
      const char* one;
      const char* several;
    };
    constexpr Words kWords[] = {
        {figures::Verdict::kHolds, "holds", "hold"},
        {figures::Verdict::kDoesNotHold, "does not hold here", "do not hold here"},
        {figures::Verdict::kUndecided, "is undecided", "are undecided"},
        {figures::Verdict::kInsufficientData, "has insufficient data", "have insufficient data"},
        {figures::Verdict::kIllBehaved, "is ill-behaved", "are ill-behaved"}};
    std::vector<std::string> parts;
    for (const Words& words : kWords) {
      int count = 0;
      for (const v1::StudyFinding& finding : study_.analysis().findings()) {
        if (VerdictOf(finding.verdict()) == words.verdict) ++count;
      }
      if (count == 0) continue;
      parts.push_back(absl::StrCat(count, " ", count == 1 ? words.one : words.several));
    }
    if (parts.empty()) return "No claim has been judged yet.";
    return absl::StrCat("Of ", Count(study_.analysis().findings_size(), "claim"), " ",
                        absl::StrJoin(parts, ", "), ".");
  }

  std::string Abstract() const {
    const Progress progress = ProgressOf(study_);
    std::string text =
        absl::StrCat("This study trained ", Count(spec_.contenders_size(), "contender"),
                     " on nested subsets of ", SourceText().empty() ? "the data" : SourceText(),
                     ": ", progress.measured, " of ", Count(progress.points, "point"),
                     " were measured. ", BestSentence(), " ", VerdictCounts());
    const std::string missing = WhatIsMissing(study_);
    if (!missing.empty()) absl::StrAppend(&text, " ", missing);
    return text;
  }

  void Verdicts(Report& report) const {
    for (const v1::StudyFinding& finding : study_.analysis().findings()) {
      std::vector<std::string> jobs;
      for (const std::string& job : finding.jobs()) jobs.push_back(ShortJobName(job));
      report.verdicts.push_back({finding.claim(), VerdictOf(finding.verdict()),
                                 WithoutVerdict(finding.sentence(), finding.verdict()), jobs});
    }
  }

  static void Add(DataTable table, Section& section) {
    if (!table.rows.empty()) section.blocks.push_back(std::move(table));
  }

  // "cnn at 3,000 (running), 10,000", of each contender.
  std::vector<std::string> Open() const {
    std::vector<std::string> parts;
    for (const v1::Contender& contender : spec_.contenders()) {
      std::vector<std::string> sizes;
      for (const v1::StudyPoint& point : study_.points()) {
        if (point.contender() != contender.name() || HasEnded(point.state())) continue;
        sizes.push_back(absl::StrCat(WholeText(static_cast<double>(point.size())),
                                     point.state() == v1::RUNNING ? " (running)" : ""));
      }
      if (sizes.empty()) continue;
      parts.push_back(absl::StrCat(contender.name(), " at ", absl::StrJoin(sizes, ", ")));
    }
    return parts;
  }

  void AddMissing(Report& report) const {
    const std::string missing = WhatIsMissing(study_);
    if (missing.empty()) return;
    Section section{"What is missing", {Paragraph{missing}}};
    const std::vector<std::string> open = Open();
    if (!open.empty()) {
      section.blocks.push_back(
          Paragraph{absl::StrCat("Not ended yet: ", absl::StrJoin(open, "; "), ".")});
    }
    Add(FailureTable(study_), section);
    report.sections.push_back(std::move(section));
  }

  void AddTakeaway(Report& report) const {
    Section effects{"What the factors do, alone and together"};
    effects.blocks.push_back(Exhibit{
        FigureOf(study_, StudyFigure::kEffects),
        "An interaction of two is the square "
        "root of one's effect with the other on over its effect with the other off: at 1 their "
        "effects multiply, left of 1 they do more together"});
    Add(EffectTable(study_), effects);
    report.sections.push_back(std::move(effects));
    Section cells{"Every combination"};
    cells.blocks.push_back(Exhibit{FigureOf(study_, StudyFigure::kCells),
                                   "Each with its factors on, and all others off"});
    Add(CellTable(study_), cells);
    report.sections.push_back(std::move(cells));
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
    Add(CrossingTable(study_), section);
    report.sections.push_back(std::move(section));
  }

  void AddLaws(Report& report) const {
    if (study_.analysis().laws().empty()) return;
    Section section{"Laws and forecasts"};
    for (const v1::StudyLaw& law : study_.analysis().laws()) {
      if (!law.formula().empty()) continue;
      section.blocks.push_back(Paragraph{
          absl::StrCat("No law was fitted to ", law.contender(), "; the verdicts say why.")});
    }
    Add(LawTable(study_), section);
    Add(ForecastTable(study_), section);
    report.sections.push_back(std::move(section));
  }

  void AddPredictability(Report& report) const {
    if (spec_.seeds() < 2) return;
    report.sections.push_back(
        {"Predictability",
         {Exhibit{FigureOf(study_, StudyFigure::kPredictability),
                  "Each seed draws its own subset and its own initial weights: how far apart the "
                  "results of one recipe lie"}}});
  }

  void AddFeatures(Report& report) const {
    if (study_.analysis().feature_gains().empty()) return;
    report.sections.push_back(
        {"Features",
         {Exhibit{FigureOf(study_, StudyFigure::kFeatures),
                  "The same way to learn without and with hand-engineered features: the share of "
                  "its errors that they remove"}}});
  }

  void AddModelSize(Report& report) const {
    if (!HasLadder(study_)) return;
    Section section{"Size of the model"};
    section.blocks.push_back(
        Exhibit{FigureOf(study_, StudyFigure::kParameters),
                "A line for each amount of data. Where lines level off, the model is large enough "
                "for the data; where they still fall, a larger one would be better"});
    Add(JointLawTable(study_), section);
    Add(LimitTable(study_), section);
    report.sections.push_back(std::move(section));
  }

  void AddComputation(Report& report) const {
    Section section{"Computation"};
    section.blocks.push_back(
        Exhibit{FigureOf(study_, StudyFigure::kCoreSeconds),
                "Read upright, at one budget: who is best for the same time on the machine. Lines "
                "join the sizes of a contender; in steps, the best error for no more than that"});
    const bool flops = std::any_of(study_.points().begin(), study_.points().end(),
                                   [](const auto& point) { return point.flops() > 0; });
    if (flops) {
      section.blocks.push_back(Exhibit{FigureOf(study_, StudyFigure::kFlops),
                                       "FLOPs by count, of training and of one run. Learners whose "
                                       "FLOPs are not counted are absent"});
    }
    Add(FrontierTable(study_, flops ? RunCost::kFlops : RunCost::kCoreSeconds), section);
    Add(CostTable(study_), section);
    report.sections.push_back(std::move(section));
  }

  void AddMethods(Report& report) const {
    report.methods = {
        "Every contender is judged on the same test part, which nothing is chosen by. Subsets of "
        "the training part are nested and keep the proportions of the classes; each seed draws a "
        "subset and initial weights of its own.",
        "Where a contender has candidates (learning rates, parameters of a learner), each is "
        "trained at each size with every seed, and the one with the lowest mean error on the "
        "validation part is kept (of equals the one with the lower loss).",
        "Means are over seeds, their intervals 95 % by Student's t. Laws are chosen by back-test "
        "(the largest size is hidden and predicted) and not by how well they fit; intervals of "
        "laws and forecasts include the uncertainty of their parameters.",
        "A verdict is 'undecided' where the interval includes both answers, 'insufficient data' "
        "where sizes or seeds are too few to ask, and 'ill-behaved' where the curve is no law: it "
        "rises, or fits none of them."};
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
        {"runs", WholeText(static_cast<double>(study_.total_runs()))},
        {"core time", DurationText(core_seconds)},
        {"FLOPs", FlopsText(flops)},
        {"cores of each job", absl::StrCat(std::max(1u, spec_.resources().cores()))}};
    report.provenance.insert(report.provenance.end(), more.begin(), more.end());
    std::erase_if(report.provenance, [](const auto& item) { return item.second.empty(); });
  }

  void AddAppendices(Report& report) const {
    Section numbers{"Numbers"};
    Add(PointTable(study_), numbers);
    Add(ExactLawTable(study_), numbers);
    if (!numbers.blocks.empty()) report.appendices.push_back(std::move(numbers));
    report.appendices.push_back(
        {"Specification",
         {Paragraph{"With every default filled in; 'trainyard study run' takes it as it is."},
          figures::Listing{SpecificationYaml(study_)}}});
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
