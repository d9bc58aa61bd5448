#include "client/cli/submit_flow.h"

#include "client/cli/exit_codes.h"

namespace trainyard::cli {

void SubmitFlow::Declare(Options& options) {
  options.Flag("--detach", &detach_,
               "Return as soon as the job is queued (what happens without --watch).");
  options.Flag("--watch", &watch_, "Go on as 'trainyard run' does.");
  follow_.Declare(options);
  output_.Declare(options);
}

int SubmitFlow::Run(Session& session, const Submission& submission) const {
  if (detach_ && watch_)
    return session.Fail(absl::InvalidArgumentError("--detach and --watch exclude each other"));
  int code = kExitOk;
  const v1::Job job = submission.Send(session, code);
  if (code != kExitOk) return code;
  if (submission.dry_run()) return PrintDryRun(session, job, output_);
  Console& console = session.console();
  if (output_.json() && !watch_) console.out << PrettyJson(job);
  if (output_.jsonl() && !watch_) console.out << JsonLine(job);
  if (output_.name() || output_.table()) console.out << job.name() << std::endl;
  if (job.reused()) SayReused(console, job);
  if (!watch_) return kExitOk;
  const absl::StatusOr<client::Client*> client = session.Connect();
  if (!client.ok()) return session.Fail(client.status());
  return FollowJob(session, **client, job.name(), follow_, output_);
}

}  // namespace trainyard::cli
