#include "server/store/projection.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "engine/base/error_info.h"
#include "server/store/job_state.h"

namespace trainyard {
namespace {

bool IsResult(const v1::MetricValue& value) {
  return value.series().rfind("test/", 0) == 0 || value.series().rfind("validation/", 0) == 0;
}

absl::Status ApplyState(const v1::Event& event, v1::Job& job) {
  const v1::JobState next = event.state().state();
  const bool first = job.state() == v1::JOB_STATE_UNSPECIFIED && next == v1::QUEUED;
  if (!first && !CanFollow(job.state(), next)) {
    return WithReason(absl::FailedPreconditionError(job.name() + " is " + StateName(job.state()) +
                                                    ": it cannot become " + std::to_string(next)),
                      "WRONG_STATE", {{"state", StateName(job.state())}});
  }
  job.set_state(next);
  job.set_reason(event.state().reason());
  job.set_message(event.state().message());
  if (next == v1::RUNNING) {
    job.set_attempts(event.attempt());
    if (!job.has_start_time()) *job.mutable_start_time() = event.time();
  }
  if (IsTerminal(next)) *job.mutable_end_time() = event.time();
  return absl::OkStatus();
}

// The models of single runs are in their results: lists of jobs do not carry hundreds of them.
void ApplyArtifact(const v1::Artifact& artifact, v1::Job& job) {
  if (artifact.name().rfind("runs/", 0) == 0) return;
  auto* artifacts = job.mutable_artifacts();
  const auto same =
      std::find_if(artifacts->begin(), artifacts->end(),
                   [&](const v1::Artifact& known) { return known.name() == artifact.name(); });
  *(same == artifacts->end() ? artifacts->Add() : &*same) = artifact;
}

// A run that ended after the last checkpoint ends again in the next attempt.
void ApplyRun(const v1::RunResult& result, v1::Job& job) {
  auto* runs = job.mutable_runs();
  const auto place =
      std::lower_bound(runs->begin(), runs->end(), result.run(),
                       [](const v1::RunResult& known, uint32_t run) { return known.run() < run; });
  if (place != runs->end() && place->run() == result.run()) {
    *place = result;
    return;
  }
  const int index = static_cast<int>(place - runs->begin());
  *runs->Add() = result;
  for (int i = runs->size() - 1; i > index; --i) runs->SwapElements(i, i - 1);
}

}  // namespace

absl::Status ApplyEvent(const v1::Event& event, v1::Job& job) {
  if (IsTerminal(job.state())) return HasEnded(job.name(), job.state(), "JOB_TERMINAL");
  switch (event.kind_case()) {
    case v1::Event::kState:
      if (absl::Status status = ApplyState(event, job); !status.ok()) return status;
      break;
    case v1::Event::kAttemptStarted:
      job.mutable_progress()->set_step(event.attempt_started().start_step());
      job.mutable_progress()->set_total_steps(event.attempt_started().total_steps());
      break;
    case v1::Event::kProgress:
      *job.mutable_progress() = event.progress();
      break;
    case v1::Event::kArtifact:
      ApplyArtifact(event.artifact(), job);
      break;
    case v1::Event::kBenchmark:
      *job.mutable_benchmark() = event.benchmark();
      break;
    case v1::Event::kMetrics:
    case v1::Event::kMatrix:
    case v1::Event::kLog:
    case v1::Event::kRunEnded:
      break;
    case v1::Event::KIND_NOT_SET:
      return absl::InvalidArgumentError(
          "an event without content, or of a kind that this server does not know");
  }
  job.set_last_sequence(event.sequence());
  return absl::OkStatus();
}

bool HasResults(const v1::Event& event) {
  if (event.has_run_ended()) return true;
  const auto& values = event.metrics().values();
  return std::any_of(values.begin(), values.end(), IsResult);
}

void ApplyResults(const v1::Event& event, v1::Job& job) {
  if (event.has_run_ended()) ApplyRun(event.run_ended(), job);
  std::unordered_map<std::string, v1::MetricValue*> by_series;
  for (v1::MetricValue& known : *job.mutable_results()) by_series[known.series()] = &known;
  for (const v1::MetricValue& value : event.metrics().values()) {
    if (!IsResult(value)) continue;
    v1::MetricValue*& slot = by_series[value.series()];
    if (slot == nullptr) slot = job.add_results();
    *slot = value;
  }
}

}  // namespace trainyard
