#include "engine/studies/takeaway.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "engine/studies/noise.h"

namespace trainyard::studies {
namespace {

constexpr int kSeedsOfVerdicts = 3;
constexpr double kLevel = 0.05;

// "0.62x (0.58 to 0.66)".
std::string Times(const Estimate& of_logarithm) {
  const Estimate ratio = Ratio(of_logarithm);
  const auto short_text = [](double value) {
    return value < 1e4 ? absl::StrCat(std::round(value * 1e3) / 1e3) : Readable(value);
  };
  return absl::StrCat(short_text(ratio.value), "x (", short_text(ratio.interval.low), " to ",
                      short_text(ratio.interval.high), ")");
}

// "data, model and algorithm".
std::string Listed(const std::vector<std::string>& words) {
  if (words.size() < 2) return absl::StrJoin(words, "");
  const std::vector<std::string> first(words.begin(), words.end() - 1);
  return absl::StrCat(absl::StrJoin(first, ", "), " and ", words.back());
}

// Of a claim that an effect on the logarithm is below 0.
Verdict Below(const Effect& effect, int seeds) {
  if (seeds < kSeedsOfVerdicts) return Verdict::kInsufficientData;
  if (effect.estimate.interval.high < 0) return Verdict::kHolds;
  return effect.estimate.interval.low > 0 ? Verdict::kDoesNotHold : Verdict::kUndecided;
}

std::string SeedsText(const Factorial& factorial) {
  std::string text;
  if (factorial.seeds_left_out > 0) {
    absl::StrAppend(&text, "; ", factorial.seeds_left_out, " of ",
                    factorial.seeds + factorial.seeds_left_out,
                    " seeds are left out, because a run of theirs failed");
  }
  if (factorial.seeds < kSeedsOfVerdicts)
    absl::StrAppend(&text, "; verdicts take ", kSeedsOfVerdicts, " whole seeds");
  return text;
}

// All of them must be beaten, so that each is asked at the full level; that one beats all is asked
// of several, and so at a share of it.
Finding BeatsEachAlone(const std::vector<std::string>& factors, const Takeaway& takeaway,
                       bool shares) {
  const Factorial& factorial = takeaway.factorial;
  Finding finding;
  finding.verdict = Verdict::kHolds;
  std::vector<std::string> alone;
  for (size_t i = 0; i < factors.size(); ++i) {
    const Effect& over = factorial.over_alone[i];
    alone.push_back(absl::StrCat(factors[i], " ", Times(factorial.alone[i].estimate)));
    AddEstimate(factors[i] + "_alone", Ratio(factorial.alone[i].estimate), finding);
    if (Below(over, factorial.seeds) == Verdict::kHolds) continue;
    const bool better =
        over.estimate.value > 0 && over.p_value < kLevel / static_cast<double>(factors.size());
    if (better || finding.verdict == Verdict::kHolds)
      finding.verdict = better ? Verdict::kDoesNotHold : Verdict::kUndecided;
  }
  if (factorial.seeds < kSeedsOfVerdicts) finding.verdict = Verdict::kInsufficientData;
  AddEstimate("together", Ratio(factorial.together.estimate), finding);
  const auto text = [&](double error) { return shares ? ReadableShare(error) : Readable(error); };
  finding.sentence = absl::StrCat(
      "together ", Listed(factors), " take the error to ", Times(factorial.together.estimate),
      ", from ", text(takeaway.error_with_none), " to ", text(takeaway.error_with_all), "; alone ",
      absl::StrJoin(alone, ", "), SeedsText(factorial));
  return finding;
}

Finding MoreThanTheProduct(const Factorial& factorial) {
  Finding finding;
  finding.verdict = Below(factorial.beyond_sum, factorial.seeds);
  AddEstimate("product", Ratio(factorial.sum_alone.estimate), finding);
  AddEstimate("beyond_product", Ratio(factorial.beyond_sum.estimate), finding);
  const char* what = finding.verdict == Verdict::kHolds         ? "they do more than that"
                     : finding.verdict == Verdict::kDoesNotHold ? "they do less than that"
                                                                : "the interval includes 1";
  finding.sentence = absl::StrCat(
      "the effects alone multiply to ", Times(factorial.sum_alone.estimate), "; together they are ",
      Times(factorial.together.estimate), ", that is ", Times(factorial.beyond_sum.estimate),
      " of the product: ", what, SeedsText(factorial));
  return finding;
}

Finding Lowers(const Factorial& factorial, size_t factor) {
  const Effect& main = factorial.effects[factor];
  Finding finding;
  finding.verdict = Below(main, factorial.seeds);
  AddEstimate("main_effect", Ratio(main.estimate), finding);
  finding.sentence = absl::StrCat("over all settings of the other factors it takes the error to ",
                                  Times(main.estimate), ", alone to ",
                                  Times(factorial.alone[factor].estimate), SeedsText(factorial));
  return finding;
}

}  // namespace

Estimate Ratio(const Estimate& of_logarithm) {
  return {std::exp(of_logarithm.value),
          {std::exp(of_logarithm.interval.low), std::exp(of_logarithm.interval.high)}};
}

absl::StatusOr<Takeaway> AnalyseTakeaway(const std::vector<std::string>& factors,
                                         const std::vector<TakeawayRun>& runs,
                                         double test_samples) {
  const bool shares = test_samples > 0;
  const double least = shares ? 0.5 / test_samples : 0;
  std::vector<FactorialRun> logs;
  const auto cells = static_cast<Eigen::Index>(size_t{1} << std::min<size_t>(factors.size(), 8));
  Eigen::VectorXd sums = Eigen::VectorXd::Zero(cells), counts = Eigen::VectorXd::Zero(cells);
  for (const TakeawayRun& run : runs) {
    if (!std::isfinite(run.error)) continue;
    if (run.error < 0 || (run.error == 0 && !shares)) {
      return absl::FailedPreconditionError(
          absl::StrCat("an error of ", Readable(run.error),
                       " has no logarithm, so that effects do not multiply"));
    }
    const double error = std::max(run.error, least);
    logs.push_back({run.factors, run.seed, std::log(error)});
    if (run.factors >= cells) continue;
    sums[run.factors] += error;
    counts[run.factors] += 1;
  }
  const Eigen::VectorXd means = (sums.array() / counts.array().max(1)).matrix();
  // Of the logarithms: divided by the errors on both sides. Cells without a run are refused below.
  const Eigen::VectorXd inverse = means.array().max(1e-300).inverse().matrix();
  const Eigen::MatrixXd shared =
      inverse.asDiagonal() * TestPartCovariance(means, test_samples) * inverse.asDiagonal();
  Takeaway takeaway;
  ASSIGN_OR_RETURN(takeaway.factorial, AnalyseFactorial(factors, logs, shared));
  takeaway.error_with_none = means[0];
  takeaway.error_with_all = means[cells - 1];
  takeaway.claims = {"together they beat each alone",
                     "together they do more than the product of their parts"};
  takeaway.findings = {BeatsEachAlone(factors, takeaway, shares),
                       MoreThanTheProduct(takeaway.factorial)};
  for (size_t i = 0; i < factors.size(); ++i) {
    takeaway.claims.push_back(factors[i] + " lowers the error");
    takeaway.findings.push_back(Lowers(takeaway.factorial, i));
  }
  return takeaway;
}

}  // namespace trainyard::studies
