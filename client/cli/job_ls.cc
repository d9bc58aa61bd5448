// trainyard job ls: what is queued, running and done.

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/listing.h"
#include "client/cli/table.h"
#include "client/lib/job_names.h"
#include "trainyard/v1/job_service.pb.h"

namespace trainyard::cli {
namespace {

// The number that people ask for first.
std::string Result(const v1::Job& job) {
  for (const char* wanted :
       {"test/accuracy", "validation/accuracy", "test/mse", "validation/mse", "test/loss"}) {
    for (const v1::MetricValue& value : job.results()) {
      if (value.series() == wanted) {
        std::string name = wanted;
        std::replace(name.begin(), name.end(), '/', ' ');
        return absl::StrCat(name, " ", Metric(value.value()));
      }
    }
  }
  return job.reason();
}

std::string Percent(const v1::Job& job) {
  const v1::Progress& progress = job.progress();
  if (progress.total_steps() == 0) return "";
  return absl::StrCat(100 * progress.step() / progress.total_steps(), "%");
}

class JobLs final : public Command {
 public:
  std::string name() const override { return "job ls"; }
  std::string summary() const override { return "List jobs, newest first"; }
  std::string details() const override {
    return "  trainyard job ls --state running,queued\n  trainyard job ls --filter 'name:lenet' "
           "--limit 10 -o name";
  }
  void Declare(Options& options) override {
    options.Value("--state", "STATES", &states_, "Only these, e.g. running,queued.");
    options.Value("--filter", "TERMS", &filter_, "For example 'state=RUNNING AND name:lenet'.");
    options.Value("--order-by", "ORDER", &order_by_,
                  "'create_time desc' (default), 'create_time' or 'priority desc'.");
    listing_.Declare(options);
  }

  int Run(Session& session) override {
    v1::ListJobsRequest request;
    request.set_filter(Filter());
    request.set_order_by(order_by_);
    const absl::StatusOr<v1::ListJobsResponse> all =
        listing_.Read(session, request, &client::Client::ListJobs,
                      [](v1::ListJobsResponse& page) { return page.mutable_jobs(); });
    if (!all.ok()) return session.Fail(all.status());
    if (listing_.Print(session.console(), *all, all->jobs(), "no jobs"))
      PrintTable(session.console(), *all);
    return kExitOk;
  }

 private:
  std::string Filter() const {
    if (states_.empty()) return filter_;
    const std::string states = "state=" + absl::AsciiStrToUpper(states_);
    return filter_.empty() ? states : absl::StrCat(states, " AND ", filter_);
  }

  static void PrintTable(Console& console, const v1::ListJobsResponse& all) {
    Table table({{"NAME", Align::kLeft, true},
                 {"STATE"},
                 {"DONE", Align::kRight},
                 {"RESULT", Align::kLeft, true},
                 {"PRIORITY", Align::kRight},
                 {"AGE", Align::kRight}});
    const auto now = std::chrono::system_clock::now();
    for (const v1::Job& job : all.jobs()) {
      table.Add({client::ShortJobName(job.name()), StateText(job.state(), false), Percent(job),
                 Result(job), absl::StrCat(job.priority()), Age(job.create_time(), now)});
    }
    table.Print(console);
  }

  std::string states_;
  std::string filter_;
  std::string order_by_;
  Listing listing_;
};

}  // namespace

std::unique_ptr<Command> MakeJobLs() { return std::make_unique<JobLs>(); }

}  // namespace trainyard::cli
