// trainyard bench [SPEC]: what the server's machine does at best, and what a step of a
// specification takes on it. A benchmark is a job like any other: this command submits it, waits,
// and prints the result that it leaves.
#include <chrono>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/output.h"
#include "client/cli/table.h"
#include "client/lib/scalars.h"
#include "client/lib/spec_to_tree.h"
#include "client/lib/specification_file.h"
#include "client/lib/watch.h"
#include "client/lib/yaml_parser.h"
#include "client/text/text.h"
#include "trainyard/v1/job_service.pb.h"

namespace trainyard::cli {
namespace {

constexpr char kName[] = "bench";
constexpr size_t kMaxNameLength = 48;  // the server adds to it
constexpr int kLabelWidth = 12;

// Says on `err` what is waited for.
class Announcer final : public client::WatchHandler {
 public:
  explicit Announcer(Console& console) : console_(console) {}
  bool OnEvent(const v1::Event& event) override {
    if (event.state().state() == v1::QUEUED) console_.err << "waiting until all cores are free\n";
    if (event.has_attempt_started()) console_.err << "measuring\n";
    console_.err << std::flush;
    return true;
  }

 private:
  Console& console_;
};

std::string Milliseconds(double seconds) { return absl::StrFormat("%.4g ms", seconds * 1e3); }

std::string Rounded(double value) {
  if (value <= 0) return "-";
  return value < 100 ? absl::StrFormat("%.1f", value) : absl::StrFormat("%.0f", value);
}

void Line(Console& console, const std::string& label, const std::string& value) {
  console.out << PadRight(label, kLabelWidth) << value << "\n";
}

void PrintMachine(Console& console, const v1::MachineCard& machine) {
  Line(console, "processor", Printable(machine.processor()));
  Line(console, "cores", absl::StrCat(machine.cores()));
  Line(console, "isa", Printable(machine.isa()));
  Table table({{"THREADS", Align::kRight},
               {"FP32 GFLOP/s", Align::kRight},
               {"BF16 GFLOP/s", Align::kRight},
               {"MEMORY GB/s", Align::kRight}});
  const auto add = [&](const v1::MachineCard::Peak& peak) {
    table.Add({absl::StrCat(peak.threads()), Rounded(peak.fp32_gflops()),
               Rounded(peak.bf16_gflops()), Rounded(peak.memory_gigabytes_per_second())});
  };
  add(machine.one_core());
  if (machine.cores() > 1) add(machine.all_cores());
  console.out << "\n";
  table.Print(console);
}

void PrintStep(Console& console, const v1::MeasuredStep& step, uint64_t total_steps) {
  console.out << "\n";
  Line(console, "step",
       absl::StrCat(Milliseconds(step.median_seconds()), " on ", step.threads(),
                    step.threads() == 1 ? " thread" : " threads", " (median of ", step.steps(),
                    "; least ", Milliseconds(step.least_seconds()), ", nine of ten within ",
                    Milliseconds(step.p90_seconds()), ")"));
  Line(console, "speed",
       absl::StrFormat("%s GFLOP/s, %.0f %% of the peak of %s", Rounded(step.gflops()),
                       100 * step.share_of_peak(), Rounded(step.peak_gflops())));
  Line(console, "memory", Bytes(step.memory_bytes()));
  Line(console, "epoch",
       absl::StrCat(ClockTime(step.epoch_seconds()), " for ", Count(step.steps_per_epoch()),
                    " steps, without evaluation"));
  Line(console, "training",
       absl::StrCat(ClockTime(step.training_seconds()), " for ", Count(total_steps), " steps"));
}

class Bench final : public Command {
 public:
  std::string name() const override { return kName; }
  std::string summary() const override { return "Measure the server's machine and a step on it"; }
  std::string details() const override {
    return "  trainyard bench                                   the machine only\n"
           "  trainyard bench client/specs/lenet.yaml resources.cores=2\n"
           "Peaks are what vector registers and memory do on one and on all cores; a step is that "
           "of the\n"
           "specification, on its resources.cores. Nothing is trained or kept but the numbers.\n"
           "A benchmark is a job that takes all cores for a few seconds: it waits in the queue "
           "until running\n"
           "jobs have left them, and others wait for it. Ctrl-C, and --timeout, cancel it.";
  }
  void Declare(Options& options) override {
    options
        .Positional("SPEC", &path_,
                    "Specification: YAML, JSON or text proto; - for standard input.")
        .Completes(Completion::kFile);
    options.Positional("CHANGE", &overrides_, "PATH=VALUE, e.g. batch_size=256.");
    options.Value("--timeout", "TIME", &timeout_, "Give up after so long, e.g. 10m (exit code 9).");
    options.Value("-o,--output", "FORMAT", &format_, "table, json, yaml or name (of the job).")
        .OneOf({"table", "json", "yaml", "name"});
  }

  int Run(Session& session) override {
    client::WatchOptions watch;
    if (!timeout_.empty()) {
      const auto nanoseconds = client::ParseDuration(timeout_);
      if (!nanoseconds.has_value()) {
        return session.Fail(absl::InvalidArgumentError(absl::StrCat(
            "--timeout: expected a time such as 90s, 10m or 1h30m, not '", timeout_, "'")));
      }
      watch.deadline = std::chrono::steady_clock::now() + std::chrono::nanoseconds(*nanoseconds);
    }
    client::SpecificationFile file;
    if (!path_.empty()) {
      absl::StatusOr<client::SpecificationFile> read = client::ReadSpecification(path_, overrides_);
      if (!read.ok()) return session.FailReading(read.status());
      file = *std::move(read);
    }
    v1::CreateJobRequest request;
    v1::Specification& specification = *request.mutable_specification();
    specification = std::move(file.specification);
    specification.set_name(JobName(specification.name()));
    specification.mutable_benchmark();
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    const absl::StatusOr<v1::Job> job = (*client)->CreateJob(request);
    if (!job.ok()) return session.Fail(job.status(), &file.sources);
    watch.job = job->name();
    if (format_ == "name") session.console().out << job->name() << std::endl;
    return Follow(session, **client, watch);
  }

 private:
  static std::string JobName(const std::string& specification) {
    std::string name = specification.empty() ? kName : absl::StrCat(kName, "-", specification);
    name = name.substr(0, kMaxNameLength);
    while (name.back() == '-') name.pop_back();
    return name;
  }

  int Follow(Session& session, client::Client& client, const client::WatchOptions& watch) const {
    Console& console = session.console();
    Announcer announcer(console);
    const auto outcome = client::WatchJob(client, watch, announcer, session.interrupt());
    if (!outcome.ok()) return session.Fail(outcome.status());
    if (!outcome->end.has_value()) return GiveUp(session, client, watch.job, outcome->timed_out);
    const int code = ExitCodeOf(outcome->end->state(), outcome->end->reason());
    if (code != kExitOk) {
      console.err << "trainyard: " << watch.job << " " << StateText(outcome->end->state(), false)
                  << ": " << Printable(outcome->end->reason()) << ": "
                  << Printable(outcome->end->message()) << "\n";
      return code;
    }
    const absl::StatusOr<v1::Job> ended = client.GetJob(watch.job);
    if (!ended.ok()) return session.Fail(ended.status());
    return Print(session, *ended);
  }

  // Numbers that nobody waits for need no machine.
  static int GiveUp(Session& session, client::Client& client, const std::string& job,
                    bool timed_out) {
    const absl::StatusOr<v1::Job> cancelled = client.CancelJob(job);
    if (!cancelled.ok() && !absl::IsFailedPrecondition(cancelled.status()))
      return session.Fail(cancelled.status());
    session.console().err << "trainyard: " << (timed_out ? "timed out; " : "interrupted; ") << job
                          << " is cancelled\n";
    return timed_out ? kExitWaitTimedOut : kExitInterrupted;
  }

  int Print(Session& session, const v1::Job& job) const {
    Console& console = session.console();
    if (format_ == "json") console.out << PrettyJson(job.benchmark());
    if (format_ == "yaml") {
      const absl::StatusOr<client::Node> tree =
          client::ParseYaml(PrettyJson(job.benchmark()), job.name());
      if (!tree.ok()) return session.Fail(tree.status());
      console.out << client::WriteYaml(*tree);
    }
    if (format_ == "table") {
      PrintMachine(console, job.benchmark().machine());
      if (job.benchmark().has_step())
        PrintStep(console, job.benchmark().step(), job.model().steps());
    }
    return kExitOk;
  }

  std::string path_;
  std::vector<std::string> overrides_;
  std::string timeout_;
  std::string format_ = "table";
};

}  // namespace

std::unique_ptr<Command> MakeBench() { return std::make_unique<Bench>(); }

}  // namespace trainyard::cli
