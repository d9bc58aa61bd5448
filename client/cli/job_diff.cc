// trainyard job diff JOB JOB...: what was asked of jobs differently.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/difference_view.h"
#include "client/cli/exit_codes.h"
#include "client/cli/output.h"
#include "client/lib/job_names.h"
#include "client/text/text.h"
#include "trainyard/v1/compare_service.pb.h"

namespace trainyard::cli {
namespace {

class JobDiff final : public Command {
 public:
  std::string name() const override { return "job diff"; }
  std::string summary() const override { return "Show what was asked of jobs differently"; }
  std::string details() const override {
    return "Defaults are filled in; names, and memory that nobody asked for, are left out. "
           "Versions "
           "of\ndata sets count. The exit code is 0 whether or not anything differs.\n"
           "  trainyard job diff narrow wide\n"
           "  optimizer.learning_rate: 0.001 -> 0.01";
  }
  void Declare(Options& options) override {
    options.Positional("JOB", &jobs_, "Names, unique prefixes, or @last; two or more.")
        .Required()
        .Completes(Completion::kJob);
    output_.Declare(options);
  }
  int Run(Session& session) override {
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    v1::DiffJobsRequest request;
    for (const std::string& text : jobs_) {
      const absl::StatusOr<std::string> job = client::ResolveJob(**client, text);
      if (!job.ok()) return session.Fail(job.status());
      request.add_jobs(*job);
    }
    const absl::StatusOr<v1::DiffJobsResponse> diff = (*client)->DiffJobs(request);
    if (!diff.ok()) return session.Fail(diff.status());
    Print(session.console(), *diff);
    return kExitOk;
  }

 private:
  void Print(Console& console, const v1::DiffJobsResponse& diff) const {
    if (output_.json()) console.out << PrettyJson(diff);
    for (const v1::SpecificationDifference& difference : diff.differences()) {
      if (output_.jsonl()) console.out << JsonLine(difference);
      if (output_.name()) console.out << Printable(difference.path()) << "\n";
    }
    std::vector<std::string> names;
    for (const std::string& job : diff.jobs()) names.push_back(client::ShortJobName(job));
    if (output_.table()) PrintDifferences(console, names, diff.differences());
    if (diff.differences().empty()) {
      console.err << Printable(absl::StrJoin(names, " and ")) << " ask for the same" << std::endl;
    }
  }

  std::vector<std::string> jobs_;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeJobDiff() { return std::make_unique<JobDiff>(); }

}  // namespace trainyard::cli
