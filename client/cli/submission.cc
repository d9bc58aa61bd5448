#include "client/cli/submission.h"

#include "absl/strings/str_cat.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/table.h"
#include "client/lib/job_names.h"
#include "client/lib/spec_to_tree.h"
#include "client/lib/specification_file.h"

namespace trainyard::cli {

void Submission::Declare(Options& options) {
  options
      .Positional("SPEC", &options_.path,
                  "Specification: YAML, JSON or text proto; - for standard input.")
      .Required()
      .Completes(Completion::kFile);
  DeclareChanges(options);
}

void Submission::DeclareFork(Options& options) {
  fork_ = true;
  options.Positional("JOB", &options_.path, "Name, unique prefix of one, or @last.")
      .Required()
      .Completes(Completion::kJob);
  DeclareChanges(options);
}

void Submission::DeclareChanges(Options& options) {
  options.Positional("CHANGE", &options_.overrides,
                     "PATH=VALUE, e.g. model.layers[0].units=256 or optimizer.learning_rate=0.01.");
  options.Value("--name", "NAME", &options_.name, "Name of the job; the server makes it unique.");
  options.Value("--priority", "N", &options_.priority, "-100 to 100, higher first (default 0).");
  options.Value("--request-id", "ID", &options_.request_id,
                "Repeats with the same id make one job (default: a random id).");
  options.Value(
      "--seeds", "N", &seeds_,
      "Train N runs of the net in one job, with the seeds that follow the specification's, and "
      "report their mean with its interval.");
  options.Flag("--reuse", &reuse_,
               "Where a job with the same specification, data and seed has succeeded, it is the "
               "answer.");
  options.Flag("--dry-run", &options_.dry_run,
               "Check only: print layers, shapes, parameters, FLOPs and memory.");
}

absl::Status Submission::AddSeeds(v1::Specification& specification) const {
  if (seeds_ == 0) return absl::OkStatus();
  constexpr int64_t kMostRuns = 1024;
  if (seeds_ < 0 || seeds_ > kMostRuns)
    return absl::InvalidArgumentError(absl::StrCat("--seeds: must be 1 to ", kMostRuns));
  if (specification.runs_size() > 0)
    return absl::InvalidArgumentError("--seeds: the specification has runs of its own");
  for (int64_t i = 0; i < seeds_; ++i)
    specification.add_runs()->set_seed(specification.seed() + static_cast<uint64_t>(i));
  return absl::OkStatus();
}

v1::Job Submission::Send(Session& session, int& exit_code) const {
  return fork_ ? SendFork(session, exit_code) : SendFile(session, exit_code);
}

absl::Status Submission::Prepare(v1::CreateJobRequest& request) const {
  request.set_reuse(reuse_);
  return AddSeeds(*request.mutable_specification());
}

v1::Job Submission::SendFile(Session& session, int& exit_code) const {
  return SendSubmission<v1::CreateJobRequest>(
      options_, session, exit_code, client::ReadSpecification,
      [this](v1::CreateJobRequest& request) { return Prepare(request); },
      [](client::Client& client, const v1::CreateJobRequest& request) {
        return client.CreateJob(request);
      });
}

v1::Job Submission::SendFork(Session& session, int& exit_code) const {
  const auto fail = [&](const absl::Status& status) {
    exit_code = session.Fail(status);
    return v1::Job();
  };
  const absl::StatusOr<client::Client*> client = session.Connect();
  if (!client.ok()) return fail(client.status());
  const absl::StatusOr<std::string> name = client::ResolveJob(**client, options_.path);
  if (!name.ok()) return fail(name.status());
  absl::StatusOr<v1::Job> old = (*client)->GetJob(*name);
  if (!old.ok()) return fail(old.status());
  v1::Specification& specification = *old->mutable_specification();
  // What the estimate gave is no wish of the user: another model takes another memory.
  if (specification.resources().memory_bytes() == old->model().memory_bytes())
    specification.mutable_resources()->clear_memory_bytes();
  // As 'job get --spec' prints it: violations name its lines.
  const std::string text = client::WriteYaml(client::TreeFromMessage(specification));
  return SendSubmission<v1::CreateJobRequest>(
      options_, session, exit_code,
      [&](const std::string&, const std::vector<std::string>& changes) {
        return client::ParseSpecification(text, *name, changes);
      },
      [&](v1::CreateJobRequest& request) {
        request.set_forked_from(*name);
        return Prepare(request);
      },
      [](client::Client& sender, const v1::CreateJobRequest& request) {
        return sender.CreateJob(request);
      });
}

void SayReused(Console& console, const v1::Job& job) {
  console.err << job.name() << " did the same on " << Date(job.end_time())
              << ": its result (run it again without --reuse)" << std::endl;
}

int PrintDryRun(Session& session, const v1::Job& job, const Output& output) {
  Console& console = session.console();
  PrintFormatted(console, job, job.specification().name(), output);
  if (!output.table()) return kExitOk;
  const v1::ModelSummary& model = job.model();
  if (!model.layers().empty()) {
    Table table({{"LAYER", Align::kLeft, true},
                 {"TYPE"},
                 {"OUTPUT", Align::kRight},
                 {"PARAMETERS", Align::kRight},
                 {"FORWARD/SAMPLE", Align::kRight}});
    for (const v1::ModelSummary::Layer& layer : model.layers()) {
      table.Add({layer.name(), layer.type(),
                 Shape({layer.output_shape().begin(), layer.output_shape().end()}),
                 Count(layer.parameters()), Flops(layer.forward_flops())});
    }
    table.Print(console);
    console.out << "\n";
  }
  const bool learner = job.specification().has_learner();
  const bool unknown = learner && model.parameters() == 0;
  console.out << "parameters      "
              << (unknown ? "known after training" : Count(model.parameters())) << "\n";
  if (learner) {
    console.out << "features        " << Count(model.features()) << "\n";
  } else {
    console.out << "FLOPs a step    " << Flops(model.flops_per_step()) << "\n";
  }
  console.out << "steps           " << (learner ? "at most " : "") << Count(model.steps()) << "\n"
              << "memory          " << Bytes(model.memory_bytes()) << "\n"
              << "samples         " << Count(model.train_samples()) << " train, "
              << Count(model.validation_samples()) << " validation, " << Count(model.test_samples())
              << " test\n";
  return kExitOk;
}

}  // namespace trainyard::cli
