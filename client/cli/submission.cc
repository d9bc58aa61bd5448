#include "client/cli/submission.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/table.h"
#include "client/lib/specification_file.h"
#include "trainyard/v1/job_service.pb.h"

namespace trainyard::cli {

void Submission::Declare(Options& options) {
  options
      .Positional("SPEC", &path_, "Specification: YAML, JSON or text proto; - for standard input.")
      .Required()
      .Completes(Completion::kFile);
  options.Positional("CHANGE", &overrides_,
                     "PATH=VALUE, e.g. model.layers[0].units=256 or optimizer.learning_rate=0.01.");
  options.Value("--name", "NAME", &name_, "Name of the job; the server makes it unique.");
  options.Value("--priority", "N", &priority_, "-100 to 100, higher first (default 0).");
  options.Value("--request-id", "ID", &request_id_,
                "Repeats with the same id make one job (default: a random id).");
  options.Value(
      "--seeds", "N", &seeds_,
      "Train N runs of the net in one job, with the seeds that follow the specification's, and "
      "report their mean with its interval.");
  options.Flag("--dry-run", &dry_run_,
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
  std::vector<std::string> overrides = overrides_;
  if (!name_.empty()) overrides.push_back("name=" + name_);
  const absl::StatusOr<client::SpecificationFile> file =
      client::ReadSpecification(path_, overrides);
  if (!file.ok()) {
    exit_code = session.FailReading(file.status());
    return {};
  }
  if (priority_ < std::numeric_limits<int32_t>::min() ||
      priority_ > std::numeric_limits<int32_t>::max()) {
    exit_code = session.Fail(absl::InvalidArgumentError("--priority: must be -100 to 100"));
    return {};
  }
  const absl::StatusOr<client::Client*> client = session.Connect();
  if (!client.ok()) {
    exit_code = session.Fail(client.status());
    return {};
  }
  v1::CreateJobRequest request;
  *request.mutable_specification() = file->specification;
  if (const absl::Status added = AddSeeds(*request.mutable_specification()); !added.ok()) {
    exit_code = session.Fail(added);
    return {};
  }
  request.set_priority(static_cast<int32_t>(priority_));
  request.set_request_id(request_id_);
  request.set_validate_only(dry_run_);
  absl::StatusOr<v1::Job> job = (*client)->CreateJob(request);
  if (!job.ok()) {
    exit_code = session.Fail(job.status(), &file->sources);
    return {};
  }
  exit_code = kExitOk;
  return *std::move(job);
}

int PrintDryRun(Session& session, const v1::Job& job, const Output& output) {
  Console& console = session.console();
  if (output.json()) console.out << PrettyJson(job);
  if (output.jsonl()) console.out << JsonLine(job);
  if (output.name()) console.out << job.specification().name() << "\n";
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
