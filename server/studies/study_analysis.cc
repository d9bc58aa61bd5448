#include "server/studies/study_analysis.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/studies/back_test.h"
#include "engine/studies/crossover.h"
#include "engine/studies/curve.h"
#include "engine/studies/curve_fit.h"
#include "engine/studies/dominance.h"
#include "engine/studies/feature_gain.h"
#include "engine/studies/forecast.h"
#include "engine/studies/guards.h"
#include "engine/studies/plateau.h"
#include "engine/studies/predictability.h"
#include "server/studies/activation_analysis.h"
#include "server/studies/answers.h"
#include "server/studies/feature_pairs.h"
#include "server/studies/joint_analysis.h"
#include "server/studies/takeaway_analysis.h"

namespace trainyard {
namespace {

using studies::Estimate;
using studies::Finding;
using studies::LearningCurve;

// Of a law as it is drawn.
constexpr int kDrawnPoints = 25;

// Evenly spaced in their logarithms from the smallest size to `last`, and the largest size itself,
// at which what was measured ends.
std::set<double> DrawnSizes(const LearningCurve& curve, double last) {
  const double first = curve.points.front().size;
  std::set<double> sizes = {curve.points.back().size};
  for (int i = 0; i < kDrawnPoints; ++i)
    sizes.insert(first * std::pow(last / first, i / (kDrawnPoints - 1.0)));
  return sizes;
}

// A contender with its curve and the jobs behind it.
struct Line {
  const v1::Contender* contender = nullptr;
  LearningCurve curve;
  double parameters = 0;
  std::vector<std::string> jobs;
};

class Analysis {
 public:
  Analysis(const v1::Study& study, double test_samples)
      : study_(study), test_samples_(test_samples) {}

  v1::StudyAnalysis Run() {
    CollectLines();
    for (const Line& line : lines_) {
      AddLaw(line);
      AddPlateau(line);
    }
    CompareFamilies();
    FindCrossings();
    AddPredictability();
    AddFeatureGains();
    AddLimits();
    return std::move(result_);
  }

 private:
  void CollectLines();
  void AddLaw(const Line& line);
  void AddPlateau(const Line& line);
  void CompareFamilies();
  void FindCrossings();
  void AddCrossing(const Line& traditional, const Line& network);
  void AddPredictability();
  void AddFeatureGains();
  void AddLimits();
  void Add(const std::string& claim, const Finding& finding,
           const std::vector<const Line*>& behind);
  std::vector<const Line*> Of(v1::Family family) const;
  std::vector<const Line*> All() const;
  // By the index of its contender; null where it has no point.
  const Line* LineOf(int contender) const;

  const v1::Study& study_;
  const double test_samples_;
  std::vector<Line> lines_;
  v1::StudyAnalysis result_;
};

void Analysis::CollectLines() {
  for (const v1::Contender& contender : study_.specification().contenders()) {
    Line line;
    line.contender = &contender;
    std::vector<studies::MeasuredRun> runs;
    for (const v1::StudyPoint& point : study_.points()) {
      if (point.contender() != contender.name() || point.seeds().empty()) continue;
      result_.set_points(result_.points() + 1);
      line.jobs.push_back(point.job());
      line.parameters = static_cast<double>(point.parameters());
      for (const v1::StudyPoint::Seed& seed : point.seeds()) {
        runs.push_back({static_cast<double>(point.size()), seed.seed(), seed.seed(), seed.error()});
      }
    }
    absl::StatusOr<LearningCurve> curve =
        LearningCurve::Create(contender.name(), std::move(runs), test_samples_);
    if (!curve.ok()) {
      Add(absl::StrCat(contender.name(), " has a learning curve"),
          {studies::Verdict::kInsufficientData, Message(curve.status()), {}}, {&line});
      continue;
    }
    line.curve = *std::move(curve);
    if (!line.curve.points.empty()) lines_.push_back(std::move(line));
  }
}

std::vector<const Line*> Analysis::All() const {
  std::vector<const Line*> all;
  for (const Line& line : lines_) all.push_back(&line);
  return all;
}

std::vector<const Line*> Analysis::Of(v1::Family family) const {
  std::vector<const Line*> found = All();
  std::erase_if(found, [&](const Line* line) { return line->contender->family() != family; });
  return found;
}

const Line* Analysis::LineOf(int contender) const {
  for (const Line& line : lines_) {
    if (line.contender == &study_.specification().contenders(contender)) return &line;
  }
  return nullptr;
}

void Analysis::Add(const std::string& claim, const Finding& finding,
                   const std::vector<const Line*>& behind) {
  v1::StudyFinding& out = *result_.add_findings();
  out.set_claim(claim);
  out.set_verdict(ToVerdict(finding.verdict));
  out.set_sentence(finding.sentence);
  for (const Line* line : behind) {
    for (const std::string& job : line->jobs) out.add_jobs(job);
  }
}

void Analysis::AddLaw(const Line& line) {
  if (studies::CheckCurve(line.curve).verdict != studies::Verdict::kHolds) return;
  const LearningCurve usable = studies::UsablePart(line.curve);
  const studies::CurveFit fit = studies::FitCurve(usable, studies::ChooseLaw(usable).kind);
  const studies::Law& law = fit.law.law();
  v1::StudyLaw& out = *result_.add_laws();
  out.set_contender(line.contender->name());
  out.set_formula(studies::LawFormula(law.kind));
  for (int i = 0; i < studies::Coefficients(law.kind); ++i)
    out.add_coefficients(law.coefficients[static_cast<size_t>(i)]);
  for (int i = 0; i < studies::Exponents(law.kind); ++i)
    out.add_exponents(law.exponents[static_cast<size_t>(i)]);
  if (law.kind == studies::LawKind::kPower) {
    *out.mutable_asymptote() = ToProto(fit.law.Asymptote());
    *out.mutable_exponent() = ToProto(fit.law.Exponent());
  }
  double last = usable.points.back().size;
  for (const uint64_t size : study_.specification().forecast_sizes()) {
    const absl::StatusOr<studies::Forecast> forecast =
        studies::MakeForecast(usable, static_cast<double>(size),
                              {.seeds = static_cast<int>(study_.specification().seeds())});
    if (!forecast.ok()) continue;
    last = std::max(last, static_cast<double>(size));
    v1::StudyLaw::Forecast& told = *out.add_forecasts();
    told.set_size(static_cast<double>(size));
    told.set_value(forecast->value);
    told.set_low80(forecast->interval80.low);
    told.set_high80(forecast->interval80.high);
    told.set_low95(forecast->interval95.low);
    told.set_high95(forecast->interval95.high);
  }
  for (const double size : DrawnSizes(usable, last)) {
    v1::StudyLaw::Point& point = *out.add_curve();
    point.set_size(size);
    *point.mutable_mean() = ToProto(fit.MeanAt(size));
  }
}

void Analysis::AddPlateau(const Line& line) {
  Add(absl::StrCat(line.contender->name(), " has plateaued"),
      studies::TestPlateau(line.curve).finding, {&line});
}

void Analysis::CompareFamilies() {
  const std::vector<const Line*> networks = Of(v1::NETWORK);
  const std::vector<const Line*> traditional = Of(v1::TRADITIONAL);
  if (networks.empty() || traditional.empty()) return;
  std::vector<LearningCurve> family, rivals;
  for (const Line* line : networks) family.push_back(line->curve);
  for (const Line* line : traditional) rivals.push_back(line->curve);
  Add("at the largest size the best network beats the best traditional learner",
      studies::CompareFamilies("networks", family, "traditional learners", rivals).finding, All());
}

// By the mean error at the largest size.
const Line* BestOf(const std::vector<const Line*>& lines) {
  return *std::min_element(lines.begin(), lines.end(), [](const Line* a, const Line* b) {
    return a->curve.points.back().mean < b->curve.points.back().mean;
  });
}

// The best of each family against all of the other.
void Analysis::FindCrossings() {
  const std::vector<const Line*> networks = Of(v1::NETWORK);
  const std::vector<const Line*> traditional = Of(v1::TRADITIONAL);
  if (networks.empty() || traditional.empty()) return;
  std::set<std::pair<const Line*, const Line*>> pairs;
  for (const Line* line : traditional) pairs.emplace(line, BestOf(networks));
  for (const Line* line : networks) pairs.emplace(BestOf(traditional), line);
  for (const auto& [line, network] : pairs) AddCrossing(*line, *network);
}

void Analysis::AddCrossing(const Line& traditional, const Line& network) {
  const studies::Crossover found = studies::FindCrossover(traditional.curve, network.curve);
  Add(absl::StrCat(traditional.contender->name(), " and ", network.contender->name(), " cross"),
      found.finding, {&traditional, &network});
  for (const studies::Crossing& crossing : found.crossings) {
    v1::StudyCrossing& out = *result_.add_crossings();
    out.set_below(crossing.better_below);
    out.set_above(crossing.better_above);
    *out.mutable_size() = ToProto(crossing.size);
  }
}

void Analysis::AddPredictability() {
  if (lines_.empty()) return;
  std::vector<LearningCurve> curves;
  for (const Line& line : lines_) curves.push_back(line.curve);
  Add("with little data performance is less predictable",
      studies::AnalysePredictability(curves).finding, All());
}

void Analysis::AddFeatureGains() {
  for (const FeaturePair& pair : FeaturePairs(study_.specification())) {
    const Line* without = LineOf(pair.without);
    const Line* with = LineOf(pair.with);
    if (without == nullptr || with == nullptr) continue;
    const studies::FeatureGain gain = studies::MeasureFeatureGain(without->curve, with->curve);
    Add(absl::StrCat("with more data ", without->contender->name(), " needs the features of ",
                     with->contender->name(), " less"),
        gain.finding, {without, with});
    v1::StudyFeatureGain& out = *result_.add_feature_gains();
    out.set_without(without->contender->name());
    out.set_with(with->contender->name());
    for (const studies::FeatureGainAtSize& at : gain.sizes) {
      v1::StudyFeatureGain::Point& point = *out.add_points();
      point.set_size(at.size);
      *point.mutable_removed() = ToProto(at.removed);
    }
  }
}

// Of each ladder of models; of a study without one, of all its networks.
void Analysis::AddLimits() {
  std::map<std::string, std::vector<const Line*>> ladders;
  const bool any = std::any_of(lines_.begin(), lines_.end(), [](const Line& line) {
    return !line.contender->ladder_of().empty();
  });
  for (const Line* line : Of(v1::NETWORK)) {
    if (line->parameters <= 0 || (any && line->contender->ladder_of().empty())) continue;
    ladders[line->contender->ladder_of()].push_back(line);
  }
  for (const auto& [name, lines] : ladders) {
    if (lines.size() < 3) continue;
    ModelLadder ladder;
    ladder.name = name;
    for (const Line* line : lines) {
      ladder.contenders.push_back(line->contender->name());
      ladder.curves.push_back({line->parameters, line->curve});
    }
    JointAnswer answer = AnalyseLadder(ladder, study_.specification().operating_points());
    for (const auto& [claim, finding] : answer.findings) Add(claim, finding, lines);
    if (answer.law.has_value()) *result_.add_joint_laws() = *std::move(answer.law);
  }
}

}  // namespace

v1::StudyAnalysis AnalyseStudy(const v1::Study& study, double test_samples) {
  if (study.specification().has_activation()) return AnalyseActivations(study);
  if (study.specification().has_takeaway()) return AnalyseTakeawayStudy(study, test_samples);
  return Analysis(study, test_samples).Run();
}

}  // namespace trainyard
