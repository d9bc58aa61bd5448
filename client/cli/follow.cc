#include "client/cli/follow.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "client/cli/detached.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/progress_view.h"
#include "client/cli/run_state.h"
#include "client/lib/job_names.h"
#include "client/lib/watch.h"
#include "client/text/text.h"
#include "engine/base/status.h"
#include "trainyard/v1/job.pb.h"

namespace trainyard::cli {
namespace {

// "run 3  test accuracy 0.8712  validation loss 0.35".
std::string RunText(const v1::RunResult& run) {
  std::string text = absl::StrCat("run ", run.run());
  if (run.state() != v1::SUCCEEDED) absl::StrAppend(&text, "  ", run.reason(), ": ", run.message());
  for (const v1::MetricValue& value : run.results()) {
    const std::vector<std::string> words = absl::StrSplit(value.series(), '/');
    if (words.size() == 2)
      absl::StrAppend(&text, "  ", words[0], " ", words[1], " ", Metric(value.value()));
  }
  return text;
}

class Screen final : public client::WatchHandler {
 public:
  Screen(Session& session, const std::string& job, const FollowOptions& options,
         const Output& output)
      : console_(session.console()),
        output_(output),
        quiet_(options.progress == "none"),
        view_(MakeProgressView(options.progress, client::ShortJobName(job), console_)) {}

  void OnFrame(const v1::WatchJobResponse& frame) override {
    if (output_.jsonl()) Print(JsonLine(frame));
  }

  bool OnEvent(const v1::Event& event) override {
    const std::vector<Evaluation> evaluations = state_.Apply(event);
    if (output_.table()) {
      for (const Evaluation& evaluation : evaluations) Print(Printable(evaluation.Text()) + "\n");
    }
    if (output_.table() && event.has_run_ended())
      Print(Printable(RunText(event.run_ended())) + "\n");
    Note(event);
    view_->Update(state_, event);
    return true;
  }

  void OnGap(const v1::WatchJobResponse::Gap& gap) override {
    Say(absl::StrCat("events ", gap.first_skipped(), " to ", gap.last_skipped(), " were skipped"));
  }
  void OnLost(const absl::Status& status) override {
    Say(absl::StrCat("lost the server (", Message(status), "); looking for it"));
  }
  void OnResumed() override { Say("found the server again; going on"); }

  void Close() { view_->Clear(); }
  const RunState& state() const { return state_; }

 private:
  // Data: the bar steps aside.
  void Print(const std::string& text) {
    view_->Clear();
    console_.out << text << std::flush;
  }
  // Everything else.
  void Say(const std::string& text) {
    view_->Clear();
    console_.err << Printable(text) << std::endl;
  }

  // What is worth a line of its own beside progress and evaluations.
  void Note(const v1::Event& event) {
    if (event.has_log() && event.log().severity() >= v1::WARNING) {
      return Say(absl::StrCat(SeverityText(event.log().severity()), ": ", event.log().text()));
    }
    if (quiet_) return;
    if (event.has_attempt_started()) {
      const v1::AttemptStarted& started = event.attempt_started();
      std::string line = absl::StrFormat(
          "%s on %d %s, %s", event.attempt() > 1 ? "going on" : "started", started.threads(),
          started.threads() == 1 ? "thread" : "threads", started.isa());
      if (event.attempt() > 1) {
        absl::StrAppend(&line, ": attempt ", event.attempt(), " from step ", started.start_step());
      }
      return Say(line);
    }
    if (event.has_state() && event.state().state() == v1::QUEUED && event.sequence() > 1) {
      Say(absl::StrCat("back in the queue", event.state().message().empty() ? "" : ": ",
                       event.state().message()));
    }
  }

  Console& console_;
  const Output& output_;
  const bool quiet_;
  RunState state_;
  std::unique_ptr<ProgressView> view_;
};

// What stands last: accuracy of a classifier, else the first that there is.
std::string Headline(const std::map<std::string, double>& results, const std::string& part) {
  for (const char* metric : {"accuracy", "r2", "mse", "mae", "loss"}) {
    if (results.count(part + "/" + metric) > 0) return metric;
  }
  return "";
}

void PrintResults(const std::map<std::string, double>& results, const std::string& part,
                  std::ostream& out) {
  const std::string headline = Headline(results, part);
  const std::string prefix = part + "/";
  // Of several runs.
  const auto interval = [&](const std::string& metric) -> std::string {
    const auto half_width = results.find(absl::StrCat(prefix, metric, "/ci95"));
    return half_width == results.end() ? "" : absl::StrCat(" ± ", Metric(half_width->second));
  };
  for (const auto& [series, value] : results) {
    if (series.rfind(prefix, 0) != 0) continue;
    const std::string metric = series.substr(prefix.size());
    if (metric.find('/') != std::string::npos || metric == headline) continue;
    out << part << " " << Printable(metric) << " " << Metric(value) << interval(metric) << "\n";
  }
  if (!headline.empty()) {
    const double value = results.at(part + "/" + headline);
    out << part << " " << headline << " "
        << (headline == "accuracy" ? absl::StrFormat("%.4f", value) : Metric(value))
        << interval(headline) << "\n";
  }
}

// Of the job's last record, for a watch that did not see all of the log.
std::map<std::string, double> ResultsOf(client::Client& client, const std::string& job,
                                        const RunState& state) {
  std::map<std::string, double> results = state.results();
  const absl::StatusOr<v1::Job> record = client.GetJob(job);
  if (record.ok()) {
    for (const v1::MetricValue& value : record->results())
      results.emplace(value.series(), value.value());
  }
  return results;
}

int Summarise(Session& session, client::Client& client, const std::string& job,
              const RunState& state, const v1::WatchJobResponse::End& end, const Output& output) {
  Console& console = session.console();
  const int code = ExitCodeOf(end.state(), end.reason());
  if (output.json()) {
    const absl::StatusOr<v1::Job> record = client.GetJob(job);
    if (!record.ok()) return session.Fail(record.status());
    console.out << PrettyJson(*record);
  }
  std::string line = absl::StrCat(job, " ", StateText(end.state(), console.color));
  if (state.seconds() > 0) absl::StrAppend(&line, " after ", ClockTime(state.seconds()));
  if (!end.reason().empty()) absl::StrAppend(&line, ": ", Printable(end.reason()));
  if (!end.message().empty()) absl::StrAppend(&line, ": ", Printable(end.message()));
  console.err << line << std::endl;
  if (code == kExitOk && output.table()) {
    const std::map<std::string, double> results = ResultsOf(client, job, state);
    PrintResults(results, "validation", console.out);
    PrintResults(results, "test", console.out);
    console.out << std::flush;
  }
  return code;
}

}  // namespace

void FollowOptions::Declare(Options& options) {
  options.Value("--progress", "HOW", &progress, "auto, bar, plain (a line a second) or none.")
      .OneOf({"auto", "bar", "plain", "none"});
}

int FollowJob(Session& session, client::Client& client, const std::string& job,
              const FollowOptions& options, const Output& output) {
  client::WatchOptions watch;
  watch.job = job;
  watch.resume_token = options.resume_token;
  watch.from_now = options.from_now;
  Screen screen(session, job, options, output);
  const absl::StatusOr<client::WatchOutcome> outcome =
      client::WatchJob(client, watch, screen, session.interrupt());
  screen.Close();
  if (!outcome.ok()) return session.Fail(outcome.status());
  if (outcome->end.has_value()) {
    return Summarise(session, client, job, screen.state(), *outcome->end, output);
  }
  return SayDetached(session.console(), job, client::ShortJobName(job), "job watch", "job cancel");
}

}  // namespace trainyard::cli
