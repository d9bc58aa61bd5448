#include "server/studies/takeaway_analysis.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/studies/takeaway.h"
#include "server/store/job_state.h"
#include "server/studies/answers.h"
#include "server/studies/takeaway_plan.h"

namespace trainyard {
namespace {

constexpr char kTogether[] = "together they beat each alone";

int NotEnded(const v1::Study& study) {
  return static_cast<int>(
      std::count_if(study.points().begin(), study.points().end(),
                    [](const v1::StudyPoint& point) { return !IsTerminal(point.state()); }));
}

// Bit 0 is data, the others are the factors in their order.
uint32_t FactorsOf(const v1::StudySpecification& study, const v1::StudyPoint& point) {
  uint32_t factors = point.size() == study.sizes(study.sizes_size() - 1) ? 1 : 0;
  for (const v1::Contender& contender : study.contenders()) {
    if (contender.name() != point.contender()) continue;
    for (int i = 0; i < study.takeaway().factors_size(); ++i) {
      const bool on = std::find(contender.factors_on().begin(), contender.factors_on().end(),
                                study.takeaway().factors(i).name()) != contender.factors_on().end();
      if (on) factors |= uint32_t{2} << i;
    }
  }
  return factors;
}

void Fill(const studies::Effect& effect, const std::vector<std::string>& names,
          v1::TakeawayEffect& out) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (effect.factors >> i & 1) out.add_factors(names[i]);
  }
  *out.mutable_ratio() = ToProto(studies::Ratio(effect.estimate));
  out.set_p_value(effect.p_value);
}

v1::TakeawayAnalysis Effects(const studies::Factorial& factorial,
                             const std::vector<std::string>& names) {
  v1::TakeawayAnalysis out;
  for (const std::string& name : names) out.add_factors(name);
  for (const studies::Effect& effect : factorial.effects) Fill(effect, names, *out.add_effects());
  for (const studies::Effect& effect : factorial.alone) Fill(effect, names, *out.add_alone());
  Fill(factorial.together, names, *out.mutable_together());
  *out.mutable_product() = ToProto(studies::Ratio(factorial.sum_alone.estimate));
  *out.mutable_beyond_product() = ToProto(studies::Ratio(factorial.beyond_sum.estimate));
  out.set_seeds(static_cast<uint32_t>(factorial.seeds));
  return out;
}

}  // namespace

v1::StudyAnalysis AnalyseTakeawayStudy(const v1::Study& study, double test_samples) {
  v1::StudyAnalysis analysis;
  std::vector<std::string> names = {kDataFactor};
  for (const v1::Factor& factor : study.specification().takeaway().factors())
    names.push_back(factor.name());
  std::vector<studies::TakeawayRun> runs;
  std::vector<std::pair<uint32_t, std::string>> jobs;
  for (const v1::StudyPoint& point : study.points()) {
    if (point.seeds().empty()) continue;
    analysis.set_points(analysis.points() + 1);
    const uint32_t factors = FactorsOf(study.specification(), point);
    jobs.emplace_back(factors, point.job());
    for (const v1::StudyPoint::Seed& seed : point.seeds())
      runs.push_back({factors, seed.seed(), seed.error()});
  }
  // `corners`: it rests on none, each factor alone, and all; else on every combination.
  const uint32_t all = (uint32_t{1} << names.size()) - 1;
  const auto add = [&](const std::string& claim, const studies::Finding& finding,
                       bool corners = false) {
    v1::StudyFinding& out = *analysis.add_findings();
    out.set_claim(claim);
    out.set_verdict(ToVerdict(finding.verdict));
    out.set_sentence(finding.sentence);
    for (const auto& [factors, job] : jobs) {
      if (!corners || factors == all || std::popcount(factors) < 2) out.add_jobs(job);
    }
  };
  if (const int open = NotEnded(study); open > 0) {
    add(kTogether, {studies::Verdict::kInsufficientData,
                    absl::StrCat(open, " of ", study.points_size(),
                                 " combinations have not ended; effects take all of them"),
                    {}});
    return analysis;
  }
  const absl::StatusOr<studies::Takeaway> takeaway =
      studies::AnalyseTakeaway(names, runs, test_samples);
  if (!takeaway.ok()) {
    add(kTogether, {studies::Verdict::kInsufficientData, Message(takeaway.status()), {}});
    return analysis;
  }
  *analysis.mutable_takeaway() = Effects(takeaway->factorial, names);
  for (size_t i = 0; i < takeaway->claims.size(); ++i)
    add(takeaway->claims[i], takeaway->findings[i], /*corners=*/i < 2);
  return analysis;
}

}  // namespace trainyard
