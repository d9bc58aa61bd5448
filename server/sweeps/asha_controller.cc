#include "server/sweeps/asha_controller.h"

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "server/store/job_state.h"
#include "server/sweeps/objective.h"
#include "server/sweeps/rungs.h"

namespace trainyard {
namespace {

constexpr std::chrono::nanoseconds kRetryAfter = std::chrono::seconds(1);
// Of an epoch, for sums that are not exact.
constexpr double kEpochTolerance = 1e-6;

// What decisions about a sweep need of it.
struct Rules {
  std::string sweep;
  std::string series;
  std::vector<uint64_t> rungs;
  uint64_t factor = 0;
  v1::SweepGoal goal = v1::GOAL_UNSPECIFIED;
  bool by_steps = false;
};

Rules RulesOf(const v1::Sweep& sweep) {
  const v1::SweepSpecification& specification = sweep.specification();
  Rules rules;
  rules.sweep = sweep.name();
  rules.series = specification.objective().series();
  // The first seed is the same for all trials, and is trained first.
  if (specification.seeds() > 1) rules.series = absl::StrCat("runs/0/", rules.series);
  rules.rungs.assign(sweep.rungs().begin(), sweep.rungs().end());
  rules.factor = specification.asha().reduction_factor();
  rules.goal = specification.objective().goal();
  rules.by_steps = specification.asha().least_steps() != 0;
  return rules;
}

// "3 epochs"
std::string Counted(uint64_t count, const std::string& what) {
  return absl::StrCat(count, " ", what, count == 1 ? "" : "s");
}

v1::SweepDecision Decide(const Rules& rules, const std::vector<v1::SweepDecision>& made,
                         uint32_t trial, uint32_t rung, double value) {
  std::vector<double> earlier;
  double best = value;
  for (const v1::SweepDecision& decision : made) {
    if (decision.rung() != rung) continue;
    earlier.push_back(decision.value());
    if (IsBetter(rules.goal, decision.value(), best)) best = decision.value();
  }
  v1::SweepDecision decision;
  decision.set_trial(trial);
  decision.set_rung(rung);
  decision.set_resource(rules.rungs[rung]);
  decision.set_value(value);
  decision.set_goes_on(GoesOn(earlier, value, rules.factor, rules.goal));
  decision.set_reached(static_cast<uint32_t>(earlier.size() + 1));
  decision.set_best(best);
  const uint64_t kept = std::max<uint64_t>(1, decision.reached() / rules.factor);
  const std::string place =
      kept == 1 ? "the best of " : absl::StrCat("among the best ", kept, " of ");
  decision.set_sentence(absl::StrFormat(
      "%.4g after %s is %s%s%s that came there (best %.4g)", value,
      Counted(decision.resource(), rules.by_steps ? "step" : "epoch"),
      decision.goes_on() ? "" : "not ", place, Counted(decision.reached(), "trial"), best));
  return decision;
}

}  // namespace

class AshaController::Judge : public std::enable_shared_from_this<AshaController::Judge> {
 public:
  Judge(SweepStore& sweeps, const JobStore& jobs, JobManager& manager, Notifier& notifier,
        Executor& executor, const Clock& clock)
      : sweeps_(sweeps),
        jobs_(jobs),
        manager_(manager),
        notifier_(notifier),
        clock_(clock),
        strand_(executor) {}

  void Post(std::function<void(Judge&)> task) {
    strand_.Post([self = shared_from_this(), task = std::move(task)] { task(*self); });
  }

  void Recover() {
    const absl::StatusOr<std::vector<std::string>> names = sweeps_.JudgedSweeps();
    if (!names.ok()) return Retry(names.status(), [](Judge& judge) { judge.Recover(); });
    for (const std::string& name : *names) Follow(name);
  }

  void Follow(const std::string& name) {
    if (followed_.count(name) != 0) return;
    const absl::StatusOr<v1::Sweep> sweep = sweeps_.Get(name);
    if (!sweep.ok()) return Retry(sweep.status(), [name](Judge& judge) { judge.Follow(name); });
    if (sweep->specification().method() != v1::METHOD_ASHA) return;
    followed_.insert(name);
    const auto rules = std::make_shared<const Rules>(RulesOf(*sweep));
    std::map<uint32_t, uint32_t> decided;
    for (const v1::SweepDecision& decision : sweep->decisions()) {
      ++decided[decision.trial()];
      const v1::SweepTrial& trial = sweep->trials(static_cast<int>(decision.trial()));
      if (!decision.goes_on() && !IsTerminal(trial.state())) Stop(trial.job(), decision.sentence());
    }
    for (const v1::SweepTrial& trial : sweep->trials()) {
      if (!trial.stopped_early())
        Read({rules, trial.trial(), trial.job(), decided[trial.trial()], /*cursor=*/0});
    }
  }

  void Tick() {
    if (retries_.empty() || clock_.Monotonic() < retry_at_) return;
    const auto retries = std::exchange(retries_, {});
    for (const auto& retry : retries) retry(*this);
  }

 private:
  // A trial on its way to the next rung.
  struct Trial {
    std::shared_ptr<const Rules> rules;
    uint32_t trial = 0;
    std::string job;
    uint32_t next_rung = 0;
    uint64_t cursor = 0;
  };

  // Up to the end of the log as it is now; then once more when there is more.
  void Read(Trial trial) {
    while (trial.next_rung < trial.rules->rungs.size()) {
      EventQuery query;
      query.job = trial.job;
      query.after_sequence = trial.cursor;
      query.kinds = {v1::Event::kMetrics};
      const absl::StatusOr<EventSlice> slice = jobs_.ReadEvents(query);
      if (!slice.ok()) return Retry(slice.status(), [trial](Judge& judge) { judge.Read(trial); });
      for (const v1::Event& event : slice->events) {
        bool stopped = false;
        const absl::Status judged = JudgeAt(event.metrics(), trial, stopped);
        if (!judged.ok()) return Retry(judged, [trial](Judge& judge) { judge.Read(trial); });
        if (stopped) return;
        trial.cursor = event.sequence();
      }
      if (!slice->complete) continue;
      trial.cursor = slice->last_sequence;
      if (IsTerminal(slice->state)) return;
      notifier_.Watch(trial.job, trial.cursor, [self = shared_from_this(), trial] {
        self->Post([trial](Judge& judge) { judge.Read(trial); });
      });
      return;
    }
  }

  absl::Status JudgeAt(const v1::Metrics& metrics, Trial& trial, bool& stopped) {
    const Rules& rules = *trial.rules;
    for (const v1::MetricValue& value : metrics.values()) {
      if (value.series() != rules.series) continue;
      while (trial.next_rung < rules.rungs.size() && !stopped) {
        const uint64_t rung = rules.rungs[trial.next_rung];
        const bool reached = rules.by_steps
                                 ? metrics.step() >= rung
                                 : metrics.epoch() >= static_cast<double>(rung) - kEpochTolerance;
        if (!reached) break;
        ASSIGN_OR_RETURN(const v1::SweepDecision decision,
                         DecideOnDisk(rules, trial.trial, trial.next_rung, value.value()));
        ++trial.next_rung;
        stopped = !decision.goes_on();
        if (stopped) Stop(trial.job, decision.sentence());
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<v1::SweepDecision> DecideOnDisk(const Rules& rules, uint32_t trial, uint32_t rung,
                                                 double value) {
    v1::SweepDecision decision;
    RETURN_IF_ERROR(sweeps_.store().WriteAndWait([&](Connection& connection) -> absl::Status {
      ASSIGN_OR_RETURN(const std::vector<v1::SweepDecision> made,
                       ReadDecisions(connection, rules.sweep));
      for (const v1::SweepDecision& known : made) {
        if (known.trial() != trial || known.rung() != rung) continue;
        decision = known;
        return absl::OkStatus();
      }
      decision = Decide(rules, made, trial, rung, value);
      return InsertDecision(connection, rules.sweep, decision);
    }));
    return decision;
  }

  void Stop(const std::string& job, const std::string& sentence) {
    manager_.Stop(job, kStoppedEarly, sentence,
                  [self = shared_from_this(), job, sentence](const absl::StatusOr<v1::Job>& done) {
                    // One that has ended meanwhile stays as it ended.
                    if (done.ok() || absl::IsFailedPrecondition(done.status())) return;
                    self->Post([job, sentence, status = done.status()](Judge& judge) {
                      judge.Retry(status,
                                  [job, sentence](Judge& later) { later.Stop(job, sentence); });
                    });
                  });
  }

  void Retry(const absl::Status& why, std::function<void(Judge&)> task) {
    // A log or a sweep that is gone does not come back.
    if (absl::IsNotFound(why) || absl::IsDataLoss(why)) {
      spdlog::error("a trial of a sweep is not judged any more: {}", Message(why));
      return;
    }
    retry_at_ = clock_.Monotonic() + kRetryAfter;
    retries_.push_back(std::move(task));
  }

  SweepStore& sweeps_;
  const JobStore& jobs_;
  JobManager& manager_;
  Notifier& notifier_;
  const Clock& clock_;
  Strand strand_;
  // Used by the tasks of the strand.
  std::set<std::string> followed_;
  std::vector<std::function<void(Judge&)>> retries_;
  std::chrono::nanoseconds retry_at_{0};
};

AshaController::AshaController(SweepStore& sweeps, const JobStore& jobs, JobManager& manager,
                               Notifier& notifier, Executor& executor, const Clock& clock)
    : judge_(std::make_shared<Judge>(sweeps, jobs, manager, notifier, executor, clock)) {}
AshaController::~AshaController() = default;

void AshaController::Recover() {
  judge_->Post([](Judge& judge) { judge.Recover(); });
}
void AshaController::Follow(const std::string& sweep) {
  judge_->Post([sweep](Judge& judge) { judge.Follow(sweep); });
}
void AshaController::Tick() {
  judge_->Post([](Judge& judge) { judge.Tick(); });
}

}  // namespace trainyard
