// A worker with everything of trainyard-worker but the engine: what it "trains" is read from the
// name of the specification, so that tests of the server are fast and know what must be in the log.
//
// - budget.steps = N: events for steps 1 to N, a checkpoint every checkpoint.every_steps, then a
//   model
// - name "many...": 120 more series, many/120 to many/1, in each event
// - name "hold...": then waits until it is cancelled or drained
// - name "crash...": kills itself at step 5, in every attempt
// - name "fail...": fails with DIVERGED at the end
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/worker_process/job_runner.h"
#include "server/worker_process/server_link.h"

namespace trainyard {
namespace {

constexpr uint64_t kCrashStep = 5;
constexpr int kManySeries = 120;

class ScriptedEngine final : public Engine {
 public:
  RunOutcome Run(const v1::WorkResponse::Assign& assignment, std::string checkpoint,
                 const std::string& model, const CancelToken& cancel, JobSink& sink) override {
    const v1::Specification& specification = assignment.specification();
    uint64_t step = 0;
    if (!checkpoint.empty() && !absl::SimpleAtoi(checkpoint, &step))
      return Failed("CHECKPOINT_CORRUPT");
    v1::Event started;
    started.mutable_attempt_started()->set_start_step(step);
    started.mutable_attempt_started()->set_threads(assignment.threads());
    sink.Emit(started);
    while (step < specification.budget().steps()) {
      if (cancel.requested()) return Stopped(cancel, step, sink);
      ++step;
      v1::Event event;
      event.mutable_metrics()->set_step(step);
      v1::MetricValue& loss = *event.mutable_metrics()->add_values();
      loss.set_series("train/loss");
      loss.set_value(1.0 / static_cast<double>(step));
      for (int i = absl::StartsWith(specification.name(), "many") ? kManySeries : 0; i > 0; --i) {
        v1::MetricValue& value = *event.mutable_metrics()->add_values();
        value.set_series(absl::StrCat("many/", i));
        value.set_value(i);
      }
      sink.Emit(event);
      if (absl::StartsWith(specification.name(), "crash") && step == kCrashStep) raise(SIGKILL);
      const uint64_t every = specification.checkpoint().every_steps();
      if (step % every == 0 && !Keep(sink, "checkpoint", step, std::to_string(step)))
        return Failed("SAVE");
    }
    while (absl::StartsWith(specification.name(), "hold")) {
      if (cancel.requested()) return Stopped(cancel, step, sink);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    if (absl::StartsWith(specification.name(), "fail")) return Failed("DIVERGED");
    return Keep(sink, "model.safetensors", step, absl::StrCat("model of ", step, " steps"))
               ? RunOutcome{}
               : Failed("SAVE");
  }

 private:
  static RunOutcome Failed(const std::string& reason) {
    return {RunOutcome::Kind::kFailed, reason, "as scripted"};
  }

  static RunOutcome Stopped(const CancelToken& cancel, uint64_t step, JobSink& sink) {
    if (cancel.reason() != CancelToken::Reason::kDrained)
      return {RunOutcome::Kind::kCancelled, "", ""};
    Keep(sink, "checkpoint", step, std::to_string(step));
    return {RunOutcome::Kind::kPreempted, "", ""};
  }

  static bool Keep(JobSink& sink, const std::string& name, uint64_t step,
                   const std::string& bytes) {
    const absl::StatusOr<v1::Artifact> saved = sink.Save(name, step, bytes);
    if (!saved.ok()) return false;
    v1::Event event;
    *event.mutable_artifact() = *saved;
    sink.Emit(event);
    return true;
  }
};

// `--flag value` pairs.
std::string Flag(int argc, char** argv, const std::string& name) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (argv[i] == name) return argv[i + 1];
  }
  return "";
}

}  // namespace
}  // namespace trainyard

int main(int argc, char** argv) {
  trainyard::ServerLink::Options options;
  options.address = trainyard::Flag(argc, argv, "--server");
  options.worker = trainyard::Flag(argc, argv, "--name");
  // A worker that a test left behind soon goes.
  options.give_up = options.give_up_idle = std::chrono::seconds(20);
  options.heartbeat_interval = std::chrono::milliseconds(100);
  std::ifstream(trainyard::Flag(argc, argv, "--secret-file")) >> options.secret;
  trainyard::ServerLink link(options);
  trainyard::ScriptedEngine engine;
  const trainyard::RealClock clock;
  return trainyard::WorkForServer(link, engine, clock);
}
