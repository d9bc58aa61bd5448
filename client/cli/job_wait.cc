// trainyard job wait JOB: block until a job has ended or a condition has come true. Event-driven:
// it reads the job's log and never polls.
#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/job_argument.h"
#include "client/cli/wait_condition.h"
#include "client/lib/scalars.h"
#include "client/lib/watch.h"
#include "engine/base/status.h"

namespace trainyard::cli {
namespace {

class ConditionHandler final : public client::WatchHandler {
 public:
  explicit ConditionHandler(std::vector<WaitCondition>& conditions) : conditions_(conditions) {}
  bool OnEvent(const v1::Event& event) override {
    for (WaitCondition& condition : conditions_) condition.Take(event);
    return conditions_.empty() || !AllMet();
  }
  bool AllMet() const {
    return std::all_of(conditions_.begin(), conditions_.end(),
                       [](const WaitCondition& c) { return c.met(); });
  }

 private:
  std::vector<WaitCondition>& conditions_;
};

class JobWait final : public Command {
 public:
  std::string name() const override { return "job wait"; }
  std::string summary() const override {
    return "Wait until a job has ended or a condition is true";
  }
  std::string details() const override {
    return "  trainyard job wait @last --for state=SUCCEEDED --for 'metric:val_accuracy>0.9' "
           "--timeout 10m\n"
           "Several conditions must all have been true at some time. Without --for: until the job "
           "has ended,\n"
           "exit code as the job's. A condition that can no longer come true ends the wait with "
           "the job's exit\n"
           "code, or 6 where that is 0.";
  }
  void Declare(Options& options) override {
    job_.Declare(options);
    options.Value("--for", "CONDITION", &conditions_,
                  "state=STATE or 'metric:SERIES>VALUE'; may be repeated.");
    options.Value("--timeout", "TIME", &timeout_, "Give up after so long, e.g. 10m (exit code 9).");
  }

  int Run(Session& session) override {
    std::vector<WaitCondition> conditions;
    for (const std::string& text : conditions_) {
      absl::StatusOr<WaitCondition> condition = WaitCondition::Parse(text);
      if (!condition.ok()) return session.Fail(condition.status());
      conditions.push_back(*std::move(condition));
    }
    client::WatchOptions options;
    if (!timeout_.empty()) {
      const auto nanoseconds = client::ParseDuration(timeout_);
      if (!nanoseconds.has_value()) {
        return session.Fail(absl::InvalidArgumentError(absl::StrCat(
            "--timeout: expected a time such as 90s, 10m or 1h30m, not '", timeout_, "'")));
      }
      options.deadline = std::chrono::steady_clock::now() + std::chrono::nanoseconds(*nanoseconds);
    }
    client::Client* client = nullptr;
    const absl::StatusOr<std::string> name = job_.Find(session, client);
    if (!name.ok()) return session.Fail(name.status());
    options.job = *name;
    ConditionHandler handler(conditions);
    const auto outcome = client::WatchJob(*client, options, handler, session.interrupt());
    if (!outcome.ok()) return session.Fail(outcome.status());
    return Conclude(session.console(), *name, *outcome, conditions, handler.AllMet());
  }

 private:
  static int Conclude(Console& console, const std::string& job, const client::WatchOutcome& outcome,
                      const std::vector<WaitCondition>& conditions, bool all_met) {
    if (!conditions.empty() && all_met) return kExitOk;
    if (outcome.interrupted) return kExitInterrupted;
    if (outcome.timed_out) {
      console.err << "trainyard: timed out; " << job << " goes on\n";
      return kExitWaitTimedOut;
    }
    const int code = ExitCodeOf(outcome.end->state(), outcome.end->reason());
    if (conditions.empty()) return code;
    console.err << "trainyard: " << job << " " << StateText(outcome.end->state(), false)
                << " before";
    for (const WaitCondition& condition : conditions) {
      if (!condition.met()) console.err << " '" << condition.text() << "'";
    }
    console.err << " came true\n";
    return code == kExitOk ? static_cast<int>(kExitWrongState) : code;
  }

  JobArgument job_;
  std::vector<std::string> conditions_;
  std::string timeout_;
};

}  // namespace

std::unique_ptr<Command> MakeJobWait() { return std::make_unique<JobWait>(); }

}  // namespace trainyard::cli
