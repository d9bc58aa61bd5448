// trainyard sweep best SWEEP: the best trial, and its specification to go on with.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/output.h"
#include "client/cli/sweep_argument.h"
#include "client/cli/sweep_view.h"
#include "client/lib/spec_to_tree.h"
#include "client/sweeps/sweep_numbers.h"
#include "trainyard/v1/job.pb.h"

namespace trainyard::cli {
namespace {

class SweepBestCommand final : public Command {
 public:
  std::string name() const override { return "sweep best"; }
  std::string summary() const override { return "Show the best trial of a sweep so far"; }
  std::string details() const override {
    return "  trainyard sweep best @last --spec > best.yaml   the specification of its job: train "
           "it "
           "again,\n"
           "                                                  longer or with more seeds\n"
           "  trainyard model get $(trainyard sweep best @last -o name)";
  }
  void Declare(Options& options) override {
    sweep_.Declare(options);
    options.Flag("--spec", &specification_, "Print the specification of its job as YAML.");
    output_.Declare(options);
  }
  int Run(Session& session) override {
    client::Client* client = nullptr;
    const absl::StatusOr<v1::Sweep> sweep = sweep_.Find(session, client);
    if (!sweep.ok()) return session.Fail(sweep.status());
    const v1::SweepTrial* best = client::BestTrial(*sweep);
    if (best == nullptr) {
      return session.Fail(
          absl::FailedPreconditionError("no trial of the sweep has been trained to the end yet"));
    }
    Console& console = session.console();
    if (specification_) {
      const absl::StatusOr<v1::Job> job = client->GetJob(best->job());
      if (!job.ok()) return session.Fail(job.status());
      console.out << client::WriteYaml(client::TreeFromMessage(job->specification()));
      return kExitOk;
    }
    PrintFormatted(console, *best, best->job(), output_);
    if (output_.table()) PrintBest(console, *sweep);
    return kExitOk;
  }

 private:
  SweepArgument sweep_;
  Output output_;
  bool specification_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeSweepBest() { return std::make_unique<SweepBestCommand>(); }

}  // namespace trainyard::cli
