// trainyard job logs JOB: the lines that a job's worker has said.
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/job_argument.h"
#include "client/cli/output.h"
#include "client/lib/watch.h"
#include "client/text/text.h"
#include "trainyard/v1/metric_service.pb.h"

namespace trainyard::cli {
namespace {

constexpr int kPage = 1000;

std::string Text(const v1::ReadLogsResponse::Line& line) {
  return absl::StrCat(Date(line.time()), "  ", PadRight(SeverityText(line.severity()), 7), "  ",
                      Printable(line.text()), "\n");
}

class JobLogs final : public Command {
 public:
  std::string name() const override { return "job logs"; }
  std::string summary() const override { return "Print what a job has said"; }
  void Declare(Options& options) override {
    job_.Declare(options);
    options.Value("--severity", "LEAST", &severity_, "info, warning or error (default info).")
        .OneOf({"info", "warning", "error"});
    options.Flag("-f,--follow", &follow_, "Go on until the job ends.");
    output_.Declare(options);
  }

  int Run(Session& session) override {
    client::Client* client = nullptr;
    const absl::StatusOr<std::string> name = job_.Find(session, client);
    if (!name.ok()) return session.Fail(name.status());
    return follow_ ? Follow(session, *client, *name) : Read(session, *client, *name);
  }

 private:
  v1::Severity Least() const {
    v1::Severity severity = v1::INFO;
    v1::Severity_Parse(absl::AsciiStrToUpper(severity_), &severity);
    return severity;
  }

  void Print(Console& console, const v1::ReadLogsResponse::Line& line) const {
    if (output_.json() || output_.jsonl()) {
      console.out << JsonLine(line);
    } else {
      console.out << Text(line);
    }
  }

  int Read(Session& session, client::Client& client, const std::string& job) const {
    v1::ReadLogsRequest request;
    request.set_job(job);
    request.set_page_size(kPage);
    request.set_minimum_severity(Least());
    while (true) {
      const absl::StatusOr<v1::ReadLogsResponse> page = client.ReadLogs(request);
      if (!page.ok()) return session.Fail(page.status());
      for (const v1::ReadLogsResponse::Line& line : page->lines()) Print(session.console(), line);
      if (page->next_page_token().empty()) return kExitOk;
      request.set_page_token(page->next_page_token());
    }
  }

  int Follow(Session& session, client::Client& client, const std::string& job) const {
    class Lines final : public client::WatchHandler {
     public:
      Lines(const JobLogs& command, Console& console) : command_(command), console_(console) {}
      bool OnEvent(const v1::Event& event) override {
        if (!event.has_log() || event.log().severity() < command_.Least()) return true;
        v1::ReadLogsResponse::Line line;
        *line.mutable_time() = event.time();
        line.set_attempt(event.attempt());
        line.set_severity(event.log().severity());
        line.set_text(event.log().text());
        command_.Print(console_, line);
        console_.out << std::flush;
        return true;
      }

     private:
      const JobLogs& command_;
      Console& console_;
    };
    Lines lines(*this, session.console());
    client::WatchOptions options;
    options.job = job;
    const auto outcome = client::WatchJob(client, options, lines, session.interrupt());
    if (!outcome.ok()) return session.Fail(outcome.status());
    return outcome->interrupted ? kExitInterrupted : kExitOk;
  }

  JobArgument job_;
  std::string severity_ = "info";
  bool follow_ = false;
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeJobLogs() { return std::make_unique<JobLogs>(); }

}  // namespace trainyard::cli
