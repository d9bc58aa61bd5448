#include "server/worker_process/job_runner.h"

#include <sys/resource.h>

#include <algorithm>
#include <new>
#include <optional>
#include <utility>

#include <google/protobuf/util/time_util.h>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/safe_text.h"
#include "engine/base/sha256.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

constexpr int kServerGone = 3;
// One frame of a stream; what is larger no client takes.
constexpr size_t kLargestEvent = 1 << 20;
constexpr size_t kLongestText = 16 << 10;
constexpr size_t kLongestName = 512;

// Numbers, durability and batches are the link's; form and size of what leaves the worker are
// checked here.
class LinkSink final : public JobSink {
 public:
  LinkSink(ServerLink& link, const ServerLink::Job& job, const Clock& clock)
      : link_(link), job_(job), clock_(clock) {}

  void Emit(v1::Event event) override {
    MakeSafe(event);
    if (!event.has_time()) {
      *event.mutable_time() =
          google::protobuf::util::TimeUtil::NanosecondsToTimestamp(clock_.Now().count());
    }
    link_.Emit(job_, std::move(event));
  }

  absl::StatusOr<v1::Artifact> Save(const std::string& name, uint64_t step,
                                    const std::string& bytes) override {
    v1::Artifact artifact;
    artifact.set_name(SafeText(name, kLongestName));
    artifact.set_step(step);
    artifact.set_size_bytes(bytes.size());
    artifact.set_sha256(Sha256Hex(bytes));
    RETURN_IF_ERROR(link_.Upload(job_, artifact, bytes));
    return artifact;
  }

 private:
  // Names of classes and columns come from data files: text in them may be anything.
  void MakeSafe(v1::Event& event) const {
    if (event.has_log()) event.mutable_log()->set_text(SafeText(event.log().text(), kLongestText));
    if (event.has_matrix())
      event.mutable_matrix()->set_series(SafeText(event.matrix().series(), kLongestName));
    for (int i = 0; event.has_metrics() && i < event.metrics().values_size(); ++i) {
      v1::MetricValue& value = *event.mutable_metrics()->mutable_values(i);
      value.set_series(SafeText(value.series(), kLongestName));
    }
    if (event.ByteSizeLong() <= kLargestEvent) return;
    const std::string what = event.has_matrix() ? event.matrix().series() : "an event";
    const size_t size = event.ByteSizeLong();
    event.mutable_log()->set_severity(v1::WARNING);
    event.mutable_log()->set_text(absl::StrCat(what, " was not kept: ", size,
                                               " bytes, and an event has at most ", kLargestEvent));
  }

  ServerLink& link_;
  const ServerLink::Job& job_;
  const Clock& clock_;
};

// Memory beyond what the scheduler booked makes an allocation fail, and not the machine. Twice as
// much, and what a process of this kind has anyway: estimates are no promises. 0: no limit, also
// where the job before had one.
void LimitMemory(uint64_t memory_bytes) {
  constexpr rlim_t kOwn = rlim_t{2} << 30;
  struct rlimit limit;
  if (getrlimit(RLIMIT_DATA, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (memory_bytes != 0) {
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 2 * static_cast<rlim_t>(memory_bytes) + kOwn);
  }
  setrlimit(RLIMIT_DATA, &limit);
}

// A file that the job starts from did not come. Only bytes that are not what they were are the
// file's fault; what else went wrong has a name of its own.
RunOutcome NotFetched(const absl::Status& status) {
  std::string reason = ReasonOf(status);
  if (reason.empty()) reason = absl::StatusCodeToString(status.code());
  if (absl::IsDataLoss(status)) reason = "CHECKPOINT_CORRUPT";
  return {RunOutcome::Kind::kFailed, reason, Message(status)};
}

absl::StatusOr<std::string> FetchIfNamed(ServerLink& link, const ServerLink::Job& job, bool named,
                                         const v1::Artifact& artifact) {
  return named ? link.Fetch(job, artifact) : absl::StatusOr<std::string>(std::string());
}

RunOutcome Run(ServerLink& link, Engine& engine, const ServerLink::Job& job, JobSink& sink) {
  const v1::WorkResponse::Assign& assignment = job.assignment;
  LimitMemory(assignment.memory_bytes());
  try {
    auto checkpoint = FetchIfNamed(link, job, assignment.has_checkpoint(), assignment.checkpoint());
    if (!checkpoint.ok()) return NotFetched(checkpoint.status());
    const auto model = FetchIfNamed(link, job, assignment.has_model(), assignment.model());
    if (!model.ok()) return NotFetched(model.status());
    return engine.Run(assignment, *std::move(checkpoint), *model, *job.cancel, sink);
  } catch (const std::bad_alloc&) {
    return {RunOutcome::Kind::kFailed, "OUT_OF_MEMORY",
            absl::StrCat("the job needs more memory than the ", assignment.memory_bytes(),
                         " bytes it was given")};
  } catch (const std::exception& error) {
    return {RunOutcome::Kind::kFailed, "INTERNAL", error.what()};
  }
}

// Nothing where the job is not over.
std::optional<v1::JobState> TerminalState(RunOutcome::Kind kind) {
  switch (kind) {
    case RunOutcome::Kind::kSucceeded:
      return v1::SUCCEEDED;
    case RunOutcome::Kind::kFailed:
      return v1::FAILED;
    case RunOutcome::Kind::kCancelled:
      return v1::CANCELLED;
    case RunOutcome::Kind::kPreempted:
      return std::nullopt;
  }
  return v1::FAILED;
}

}  // namespace

RunOutcome TrainingEngine::Run(const v1::WorkResponse::Assign& assignment, std::string checkpoint,
                               const std::string& model, const CancelToken& cancel, JobSink& sink) {
  RunOptions options;
  options.threads = static_cast<int>(std::max<uint32_t>(1, assignment.threads()));
  options.roots = roots_;
  options.catalogs = &catalogs_;
  options.clock = &clock_;
  options.cancel = &cancel;
  options.data_cache = &data_cache_;
  options.worker = worker_;
  options.checkpoint = std::move(checkpoint);
  if (assignment.specification().has_predict()) {
    return RunPrediction(assignment.specification(), assignment.model_specification(), model,
                         options, sink);
  }
  if (assignment.specification().has_benchmark())
    return RunBenchmark(assignment.specification(), options, sink);
  return RunTraining(assignment.specification(), std::move(options), sink);
}

int WorkForServer(ServerLink& link, Engine& engine, const Clock& clock) {
  while (const std::optional<ServerLink::Job> job = link.NextJob()) {
    LinkSink sink(link, *job, clock);
    const RunOutcome outcome = Run(link, engine, *job, sink);
    const std::optional<v1::JobState> state = TerminalState(outcome.kind);
    if (state.has_value()) {
      v1::Event event;
      event.mutable_state()->set_state(*state);
      event.mutable_state()->set_reason(SafeText(outcome.reason, kLongestName));
      event.mutable_state()->set_message(SafeText(outcome.message, kLongestText));
      sink.Emit(std::move(event));
    }
    link.Done(*job, /*preempted=*/!state.has_value());
  }
  link.Close();
  return link.gave_up() ? kServerGone : 0;
}

}  // namespace trainyard
