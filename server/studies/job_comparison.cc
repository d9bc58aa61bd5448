#include "server/studies/job_comparison.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include <google/protobuf/util/time_util.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "engine/base/error_info.h"
#include "engine/base/safe_text.h"
#include "engine/base/status.h"
#include "engine/base/violations.h"
#include "engine/studies/comparison.h"
#include "engine/studies/proportions.h"
#include "server/store/job_state.h"
#include "server/studies/job_runs.h"
#include "server/studies/specification_diff.h"

namespace trainyard {
namespace {

using Difference = v1::JobDifference;

constexpr size_t kLongestMetric = 64;
// Seeds of jobs that are not to be paired are moved here.
constexpr uint64_t kApart = uint64_t{1} << 32;

std::string Short(const std::string& job) { return std::string(absl::StripPrefix(job, "jobs/")); }

// What all jobs have; an error where there is none.
absl::StatusOr<std::string> ChooseMetric(const std::vector<v1::Job>& jobs,
                                         const std::string& wanted) {
  std::set<std::string> common = MetricsOf(jobs[0]);
  for (const v1::Job& job : jobs) {
    const std::set<std::string> own = MetricsOf(job);
    if (own.empty()) {
      const bool trains =
          !job.specification().has_predict() && !job.specification().has_benchmark();
      return WithReason(absl::FailedPreconditionError(absl::StrCat(
                            job.name(), " has no results",
                            trains ? absl::StrCat(": it is ", StateName(job.state()))
                                   : "; it is a prediction or a benchmark and was not judged")),
                        "NO_RESULTS", {{"job", job.name()}, {"state", StateName(job.state())}});
    }
    std::erase_if(common, [&](const std::string& name) { return own.count(name) == 0; });
  }
  const std::vector<std::string> known(common.begin(), common.end());
  if (!wanted.empty()) {
    if (common.count(wanted) > 0) return wanted;
    return WithReason(absl::InvalidArgumentError(absl::StrCat(
                          "metric: not all jobs have '", SafeText(wanted, kLongestMetric), "'",
                          Suggestion(wanted, known), "; they have ", absl::StrJoin(known, ", "))),
                      "INVALID_REQUEST", {{"field", "metric"}});
  }
  for (const char* usual : {"test/accuracy", "test/mse", "test/loss", "validation/accuracy",
                            "validation/mse", "validation/loss"}) {
    if (common.count(usual) > 0) return usual;
  }
  if (!known.empty()) return known[0];
  return WithReason(absl::InvalidArgumentError("metric: the jobs have no metric in common"),
                    "INVALID_REQUEST", {{"field", "metric"}});
}

void Describe(const std::string& metric, v1::Comparison& comparison) {
  const size_t slash = metric.find('/');
  const std::string part = metric.substr(0, slash);
  const std::string name = metric.substr(slash + 1);
  comparison.set_metric(metric);
  comparison.set_complement(MoreIsBetter(name));
  comparison.set_share(name == "accuracy" || absl::StartsWith(name, "top_"));
  comparison.set_label(name == "accuracy"        ? part + " error"
                       : comparison.complement() ? absl::StrCat("1 - ", part, " ", name)
                                                 : absl::StrCat(part, " ", name));
}

v1::IntervalEstimate ToProto(const studies::Estimate& estimate) {
  v1::IntervalEstimate out;
  out.set_value(estimate.value);
  out.set_low(estimate.interval.low);
  out.set_high(estimate.interval.high);
  return out;
}

void AddCost(const v1::Job& job, v1::ComparedJob& out) {
  using google::protobuf::util::TimeUtil;
  out.set_parameters(job.model().parameters());
  out.set_train_samples(job.model().train_samples());
  double steps = static_cast<double>(job.progress().step());
  double runs = 1;
  if (!job.specification().runs().empty()) {
    steps = 0;
    for (const v1::RunResult& run : job.runs()) steps += static_cast<double>(run.steps());
    runs = std::max(1, job.runs_size());
  }
  out.set_flops(steps * static_cast<double>(job.model().flops_per_step()) / runs);
  if (!job.has_start_time() || !job.has_end_time()) return;
  const double seconds =
      static_cast<double>(TimeUtil::DurationToMilliseconds(job.end_time() - job.start_time())) *
      1e-3;
  out.set_core_seconds(seconds * std::max(1u, job.specification().resources().cores()) / runs);
}

absl::StatusOr<v1::ComparedJob> Row(const v1::Job& job, const v1::Comparison& comparison) {
  ASSIGN_OR_RETURN(const JobRuns runs, RunsOf(job, comparison.metric()));
  v1::ComparedJob out;
  out.set_job(job.name());
  out.set_state(job.state());
  out.set_candidate(runs.candidate);
  std::vector<double> good;
  for (const RunValue& run : runs.runs) {
    v1::ComparedJob::Run& told = *out.add_runs();
    told.set_seed(run.seed);
    told.set_subset_seed(run.subset_seed);
    told.set_run(run.index);
    told.set_value(comparison.complement() ? 1 - run.value : run.value);
    if (std::isfinite(told.value())) good.push_back(told.value());
  }
  const studies::GroupSummary summary = studies::Summarize(good);
  *out.mutable_mean() = ToProto(summary.mean);
  out.set_deviation(summary.deviation);
  out.set_count(static_cast<uint32_t>(good.size()));
  out.set_failed(static_cast<uint32_t>(runs.runs.size() - good.size()));
  const bool validation = absl::StartsWith(comparison.metric(), "validation/");
  out.set_test_samples(validation ? job.model().validation_samples() : job.model().test_samples());
  AddCost(job, out);
  return out;
}

// "0.83 points", or the number as it is.
std::string Amount(double value, bool share) {
  return share ? absl::StrFormat("%.2f", 100 * value) : studies::Readable(value);
}

// "0.83 points lower (0.51 to 1.13)": how far `difference` is below or above 0.
std::string HowFar(const v1::IntervalEstimate& difference, bool share) {
  const bool lower = difference.value() < 0;
  const double sign = lower ? -1 : 1;
  const double near = sign * (lower ? difference.high() : difference.low());
  const double far = sign * (lower ? difference.low() : difference.high());
  return absl::StrCat(Amount(sign * difference.value(), share), share ? " points" : "",
                      lower ? " lower (" : " higher (", Amount(near, share), " to ",
                      Amount(far, share), ")");
}

std::string ProbabilityText(double p) {
  return p < 0.001 ? "p < 0.001" : absl::StrFormat("p = %.2g", p);
}

// One pair on its way to a verdict.
class Pair {
 public:
  Pair(const v1::Comparison& comparison, const v1::ComparedJob& first, const v1::ComparedJob& other,
       bool same_test_part)
      : comparison_(comparison), first_(first), other_(other), same_test_part_(same_test_part) {}

  Difference Judge() {
    out_.set_job(other_.job());
    studies::Comparison found =
        studies::Compare(Short(other_.job()), Values(other_, same_test_part_ ? 0 : kApart),
                         Short(first_.job()), Values(first_, 0));
    *out_.mutable_difference() = ToProto(found.difference);
    const bool tested = found.finding.verdict != studies::Verdict::kInsufficientData;
    if (!tested && first_.count() == 1 && other_.count() == 1 && comparison_.share() &&
        first_.test_samples() > 0 && other_.test_samples() > 0) {
      OneRunEach();
    } else if (!tested) {
      TooFew(found);
    } else {
      Tested(found);
    }
    return std::move(out_);
  }

 private:
  std::vector<studies::SeedValue> Values(const v1::ComparedJob& job, uint64_t shift) {
    std::vector<studies::SeedValue> values;
    for (const v1::ComparedJob::Run& run : job.runs()) {
      const auto [known, is_new] =
          ids_.emplace(std::pair(run.seed(), run.subset_seed()), ids_.size());
      values.push_back({known->second + shift, run.value()});
    }
    return values;
  }

  void TooFew(const studies::Comparison& found) {
    out_.set_method(Difference::NONE);
    out_.set_verdict(v1::INSUFFICIENT_DATA);
    std::string sentence;
    if (found.a.count > 0 && found.b.count > 0) {
      const double difference = out_.difference().value();
      const bool share = comparison_.share();
      sentence = absl::StrCat(Short(other_.job()), "'s ", comparison_.label(), " is ",
                              Amount(std::abs(difference), share), share ? " points" : "",
                              difference < 0 ? " lower than " : " higher than ",
                              Short(first_.job()), "'s; ");
    }
    out_.set_sentence(absl::StrCat(
        sentence, found.a.count, found.a.count == 1 ? " run" : " runs", " of ", Short(other_.job()),
        " and ", found.b.count, " of ", Short(first_.job()),
        " ended well, and chance is told from three seeds of each on ('trainyard run --seeds 5')"));
  }

  void OneRunEach() {
    const studies::Estimate difference = studies::DifferenceOfShares(
        other_.mean().value(), static_cast<double>(other_.test_samples()), first_.mean().value(),
        static_cast<double>(first_.test_samples()));
    *out_.mutable_difference() = ToProto(difference);
    out_.set_method(Difference::ONE_RUN_EACH);
    out_.set_verdict(v1::INSUFFICIENT_DATA);
    const bool apart = difference.interval.high < 0 || difference.interval.low > 0;
    out_.set_sentence(absl::StrCat(
        Short(other_.job()), "'s ", comparison_.label(), " is ",
        HowFar(out_.difference(), comparison_.share()), " on ",
        studies::Readable(static_cast<double>(other_.test_samples())),
        " samples, from one run each: these two models ", apart ? "differ" : "are not told apart",
        ", and how other seeds would come out is not known ('trainyard run --seeds 5')"));
  }

  void Tested(const studies::Comparison& found) {
    out_.set_method(found.paired ? Difference::PAIRED_SEEDS : Difference::UNPAIRED_SEEDS);
    out_.set_pairs(static_cast<uint32_t>(found.pairs));
    out_.set_t_test(found.t_test);
    if (found.paired) out_.set_wilcoxon(found.wilcoxon);
    *out_.mutable_effect_size() = ToProto(found.effect_size);
    out_.set_verdict(found.finding.verdict == studies::Verdict::kHolds         ? v1::HOLDS
                     : found.finding.verdict == studies::Verdict::kDoesNotHold ? v1::DOES_NOT_HOLD
                                                                               : v1::UNDECIDED);
    const std::string how =
        found.paired ? absl::StrCat("paired over ", found.pairs, " seeds")
                     : absl::StrCat(found.a.count, " and ", found.b.count, " unpaired runs");
    const std::string amount = HowFar(out_.difference(), comparison_.share());
    const std::string subject = absl::StrCat(Short(other_.job()), "'s ", comparison_.label());
    out_.set_sentence(out_.verdict() == v1::UNDECIDED
                          ? absl::StrCat(subject, " is not told apart from ", Short(first_.job()),
                                         "'s: ", amount, ", ", how, ", ",
                                         ProbabilityText(found.t_test))
                          : absl::StrCat(subject, " is ", amount, ", ", how, ", ",
                                         ProbabilityText(found.t_test)));
    if (found.a.failed + found.b.failed > 0) {
      absl::StrAppend(out_.mutable_sentence(), "; runs that failed are left out: ", found.a.failed,
                      " of ", Short(other_.job()), ", ", found.b.failed, " of ",
                      Short(first_.job()));
    }
  }

  const v1::Comparison& comparison_;
  const v1::ComparedJob& first_;
  const v1::ComparedJob& other_;
  const bool same_test_part_;
  std::map<std::pair<uint64_t, uint64_t>, uint64_t> ids_;
  Difference out_;
};

// Holm 1979.
void Adjust(google::protobuf::RepeatedPtrField<Difference>& differences) {
  std::vector<Difference*> tested;
  for (Difference& difference : differences)
    if (difference.has_t_test()) tested.push_back(&difference);
  std::sort(tested.begin(), tested.end(),
            [](const Difference* a, const Difference* b) { return a->t_test() < b->t_test(); });
  double least = 0;
  for (size_t i = 0; i < tested.size(); ++i) {
    least = std::max(least, tested[i]->t_test() * static_cast<double>(tested.size() - i));
    tested[i]->set_adjusted(std::min(1.0, least));
    if (tested.size() < 2) continue;
    absl::StrAppend(tested[i]->mutable_sentence(), " (", ProbabilityText(tested[i]->adjusted()),
                    " by Holm for ", tested.size(), " comparisons)");
  }
}

// Whether job `index` is judged on the samples that the first one is judged on.
bool SameTestPart(const v1::Comparison& comparison, int index) {
  return std::none_of(comparison.specification().begin(), comparison.specification().end(),
                      [&](const v1::SpecificationDifference& difference) {
                        const bool decides = absl::StartsWith(difference.path(), "data.source") ||
                                             absl::StartsWith(difference.path(), "data.split");
                        return decides && difference.values(index) != difference.values(0);
                      });
}

void AddNotes(v1::Comparison& comparison) {
  for (int i = 0; i < comparison.jobs_size(); ++i) {
    const std::string& name = comparison.jobs(i).job();
    const v1::JobState state = comparison.jobs(i).state();
    if (!IsTerminal(state)) {
      comparison.add_notes(
          absl::StrCat(Short(name), " is ", StateName(state), ": its numbers are those of now"));
    }
    if (!SameTestPart(comparison, i)) {
      comparison.add_notes(absl::StrCat(Short(name), " is judged on other data than ",
                                        Short(comparison.jobs(0).job()),
                                        " (data.source or data.split differ): the difference is "
                                        "also that of the test parts, and seeds are not paired"));
    }
    if (!comparison.jobs(i).candidate().empty()) {
      comparison.add_notes(absl::StrCat(Short(name), " stands for its runs with ",
                                        comparison.jobs(i).candidate(),
                                        ", which the validation part chose"));
    }
  }
}

}  // namespace

absl::StatusOr<v1::Comparison> CompareJobs(const std::vector<v1::Job>& jobs,
                                           const std::string& metric, const Catalogs& catalogs) {
  v1::Comparison comparison;
  ASSIGN_OR_RETURN(const std::string chosen, ChooseMetric(jobs, metric));
  Describe(chosen, comparison);
  for (v1::SpecificationDifference& difference : DiffSpecifications(jobs, catalogs))
    *comparison.add_specification() = std::move(difference);
  for (const v1::Job& job : jobs) {
    ASSIGN_OR_RETURN(*comparison.add_jobs(), Row(job, comparison));
  }
  for (int i = 1; i < comparison.jobs_size(); ++i) {
    *comparison.add_differences() =
        Pair(comparison, comparison.jobs(0), comparison.jobs(i), SameTestPart(comparison, i))
            .Judge();
  }
  Adjust(*comparison.mutable_differences());
  AddNotes(comparison);
  return comparison;
}

}  // namespace trainyard
