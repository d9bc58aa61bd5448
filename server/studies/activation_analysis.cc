#include "server/studies/activation_analysis.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/studies/comparison.h"
#include "engine/studies/gradient_health.h"
#include "engine/studies/speed_up.h"
#include "server/studies/activation_plan.h"
#include "server/studies/answers.h"

namespace trainyard {
namespace {

using studies::CostToThreshold;
using studies::Readable;

// The claim of the text is about it.
constexpr char kModern[] = "relu";

struct Line {
  const v1::Contender* contender = nullptr;
  const v1::StudyPoint* point = nullptr;

  const v1::ActivationMeasurement& measured() const { return point->activation(); }
  const std::string& level(const char* name) const { return contender->levels().at(name); }
};

// Of one depth and initializer.
struct Group {
  std::string depth;
  std::string initializer;
  std::vector<Line> lines;

  std::string Where() const { return absl::StrCat("depth ", depth, ", ", initializer); }
};

std::vector<Group> GroupsOf(const v1::Study& study) {
  std::map<std::string, const v1::StudyPoint*> points;
  for (const v1::StudyPoint& point : study.points()) {
    if (point.has_activation()) points[point.contender()] = &point;
  }
  std::vector<Group> groups;
  for (const v1::Contender& contender : study.specification().contenders()) {
    const std::string& depth = contender.levels().at(kDepthLevel);
    const std::string& initializer = contender.levels().at(kInitializerLevel);
    if (groups.empty() || groups.back().depth != depth || groups.back().initializer != initializer)
      groups.push_back({depth, initializer, {}});
    const auto found = points.find(contender.name());
    if (found != points.end()) groups.back().lines.push_back({&contender, found->second});
  }
  return groups;
}

// Of costs in what `unit` picks out; those that are not known are left out.
template <typename Unit>
std::vector<CostToThreshold> CostsOf(const Line& line, const Unit& unit) {
  std::vector<CostToThreshold> costs;
  for (const v1::CostToThreshold& cost : line.measured().costs()) {
    const double value = unit(cost);
    if (std::isfinite(value) && value > 0) costs.push_back({cost.seed(), value, cost.reached()});
  }
  return costs;
}

// "; in seconds 3.1 times as fast (2.6 to 3.7)"; "" where one end is open: the seeds say no more of
// seconds than of steps.
std::string InSeconds(const studies::SpeedUp& seconds) {
  const studies::Estimate& ratio = seconds.ratio;
  if (seconds.finding.verdict == studies::Verdict::kInsufficientData ||
      !std::isfinite(ratio.interval.high) || ratio.value == 0) {
    return "";
  }
  return absl::StrCat("; in seconds ", Readable(ratio.value), " times as fast (",
                      Readable(ratio.interval), ")");
}

// Where a rate was taken that is the last of those that were tried.
std::string Caveat(const Line& line, const v1::ActivationStudy& study) {
  if (!line.measured().at_the_edge()) return "";
  return absl::StrCat("; ", line.level(kActivationLevel), " is best at ",
                      Readable(study.learning_rates(static_cast<int>(line.point->candidate()))),
                      ", the edge of the learning rates that were tried");
}

class Analysis {
 public:
  explicit Analysis(const v1::Study& study)
      : study_(study), activation_(study.specification().activation()) {}

  v1::StudyAnalysis Run() {
    const std::vector<Group> groups = GroupsOf(study_);
    for (const Group& group : groups) {
      result_.set_points(result_.points() + static_cast<uint32_t>(group.lines.size()));
      Compare(group);
    }
    const std::string deepest =
        absl::StrCat(activation_.depths().empty() ? 0 : *activation_.depths().rbegin());
    for (const Group& group : groups) {
      if (group.depth == deepest) JudgeGradients(group);
    }
    return std::move(result_);
  }

 private:
  // Its place among the baselines; as many as there are for one that is none.
  int BaselineIndex(const Line& line) const {
    const std::string& label = line.level(kActivationLevel);
    const std::string type = label.substr(0, label.find(' '));
    const auto found =
        std::find(activation_.baselines().begin(), activation_.baselines().end(), type);
    return static_cast<int>(found - activation_.baselines().begin());
  }
  bool IsBaseline(const Line& line) const {
    return BaselineIndex(line) < activation_.baselines_size();
  }
  // What the text's claim is asked of: relu, or all that are no baseline where it is not there.
  bool IsClaimed(const Line& line) const {
    const bool has_modern =
        std::any_of(activation_.activations().begin(), activation_.activations().end(),
                    [](const v1::Component& one) { return one.type() == kModern; });
    return has_modern ? line.level(kActivationLevel) == kModern : !IsBaseline(line);
  }

  // A baseline is compared with those before it alone: the other way round says the same.
  void Compare(const Group& group) {
    for (const Line& baseline : group.lines) {
      if (!IsBaseline(baseline)) continue;
      for (const Line& line : group.lines) {
        if (BaselineIndex(line) > BaselineIndex(baseline)) AddSpeedUp(group, baseline, line);
      }
    }
  }

  void AddSpeedUp(const Group& group, const Line& baseline, const Line& treatment) {
    const auto compare = [&](const auto& unit) {
      return studies::CompareCosts(baseline.level(kActivationLevel), CostsOf(baseline, unit),
                                   treatment.level(kActivationLevel), CostsOf(treatment, unit));
    };
    const studies::SpeedUp steps = compare([](const auto& cost) { return cost.steps(); });
    const studies::SpeedUp samples = compare([](const auto& cost) { return cost.samples(); });
    const studies::SpeedUp seconds = compare([](const auto& cost) { return cost.seconds(); });
    v1::StudySpeedUp& out = *result_.add_speed_ups();
    out.set_treatment(treatment.contender->name());
    out.set_baseline(baseline.contender->name());
    *out.mutable_steps() = ToProto(steps.ratio);
    *out.mutable_samples() = ToProto(samples.ratio);
    *out.mutable_seconds() = ToProto(seconds.ratio);
    out.set_pairs(static_cast<uint32_t>(steps.pairs));
    out.set_only_treatment(static_cast<uint32_t>(steps.only_treatment));
    out.set_only_baseline(static_cast<uint32_t>(steps.only_baseline));
    out.set_neither(static_cast<uint32_t>(steps.neither));
    out.set_verdict(ToVerdict(steps.finding.verdict));
    std::string sentence = steps.finding.sentence;
    absl::StrAppend(&sentence, InSeconds(seconds), Caveat(treatment, activation_),
                    Caveat(baseline, activation_));
    out.set_sentence(sentence);
    if (!IsClaimed(treatment)) return;
    Add(absl::StrCat(treatment.level(kActivationLevel), " reaches ",
                     studies::ReadableShare(activation_.threshold()),
                     " training error in fewer steps than ", baseline.level(kActivationLevel), " (",
                     group.Where(), ")"),
        steps.finding.verdict, sentence, {&treatment, &baseline});
  }

  void JudgeGradients(const Group& group) {
    for (const Line& line : group.lines) {
      if (IsBaseline(line) || IsClaimed(line)) AddGradients(group, line);
    }
  }

  void AddGradients(const Group& group, const Line& line) {
    const double threshold = studies::HealthThresholds().vanishing;
    std::vector<double> logs;
    for (const double ratio : line.measured().gradient_ratios()) {
      if (ratio > 0 && std::isfinite(ratio)) logs.push_back(std::log(ratio));
    }
    const std::string claim =
        absl::StrCat("gradients of ", line.level(kActivationLevel),
                     " vanish towards the input before training (", group.Where(), ")");
    constexpr size_t kLeastSeeds = 3;
    if (logs.size() < kLeastSeeds) {
      return Add(claim, studies::Verdict::kInsufficientData,
                 absl::StrCat(logs.size(),
                              " seeds with a gradient in the first and the last layer; "
                              "it takes ",
                              kLeastSeeds),
                 {&line});
    }
    const studies::Estimate mean = studies::Summarize(logs).mean;
    const studies::Estimate ratio = {std::exp(mean.value),
                                     {std::exp(mean.interval.low), std::exp(mean.interval.high)}};
    const studies::Verdict verdict = ratio.interval.high < threshold ? studies::Verdict::kHolds
                                     : ratio.interval.low > threshold
                                         ? studies::Verdict::kDoesNotHold
                                         : studies::Verdict::kUndecided;
    Add(claim, verdict,
        absl::StrCat("the first layer's gradient is ", Readable(ratio.value), " (",
                     Readable(ratio.interval), ") of the last layer's, over ", logs.size(),
                     " seeds; below ", Readable(threshold),
                     " it counts as vanishing; over training: ", line.measured().diagnosis()),
        {&line});
  }

  void Add(const std::string& claim, studies::Verdict verdict, const std::string& sentence,
           const std::vector<const Line*>& behind) {
    v1::StudyFinding& out = *result_.add_findings();
    out.set_claim(claim);
    out.set_verdict(ToVerdict(verdict));
    out.set_sentence(sentence);
    for (const Line* line : behind) out.add_jobs(line->point->job());
  }

  const v1::Study& study_;
  const v1::ActivationStudy& activation_;
  v1::StudyAnalysis result_;
};

}  // namespace

v1::StudyAnalysis AnalyseActivations(const v1::Study& study) { return Analysis(study).Run(); }

}  // namespace trainyard
