// How well jobs share a machine and follow one another, measured through the client's own library
// against a running server with at least two cores:
//
//   packing SPEC SMALL_SPEC     (TRAINYARD_SERVER names the server; tests/bench/packing.sh starts
//   one)
//
// - two jobs of SPEC on a thread each, side by side, against one alone: throughput of the training,
//   from first to last progress, in turns;
// - many jobs of SMALL_SPEC in a row on one core: what passes between them, by the times of their
//   events.
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "client/lib/client.h"
#include "client/lib/environment.h"
#include "client/lib/interrupt.h"
#include "client/lib/specification_file.h"
#include "client/lib/watch.h"
#include "trainyard/v1/job_service.pb.h"
#include "trainyard/v1/server_service.pb.h"

namespace trainyard::client {
namespace {

constexpr int kRounds = 5;
constexpr int kSmallJobs = 100;

template <typename T>
T ValueOrExit(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::cerr << value.status() << "\n";
  std::exit(1);
}

double SecondsOf(const v1::Event& event) {
  return static_cast<double>(
             google::protobuf::util::TimeUtil::TimestampToNanoseconds(event.time())) *
         1e-9;
}

// When a job came to its stations, by its own log.
struct Times : WatchHandler {
  double running = 0, started = 0, first_progress = 0, last_progress = 0, judged = 0, saved = 0,
         ended = 0;
  uint64_t first_step = 0, last_step = 0;
  v1::JobState state = v1::JOB_STATE_UNSPECIFIED;

  bool OnEvent(const v1::Event& event) override {
    const double time = SecondsOf(event);
    if (event.has_state()) {
      state = event.state().state();
      (state == v1::RUNNING ? running : ended) = time;
    }
    if (event.has_attempt_started()) started = time;
    if (event.has_metrics()) judged = time;
    if (event.has_artifact()) saved = time;
    if (event.has_progress()) {
      last_progress = time;
      last_step = event.progress().step();
      if (first_progress == 0) first_progress = last_progress, first_step = last_step;
    }
    return true;
  }
  double step() const {
    return (last_progress - first_progress) / static_cast<double>(last_step - first_step);
  }
};

std::string Submit(Client& client, const v1::Specification& specification) {
  v1::CreateJobRequest request;
  *request.mutable_specification() = specification;
  return ValueOrExit(client.CreateJob(request)).name();
}

Times WaitFor(Client& client, const std::string& job) {
  Times times;
  Interrupt interrupt;
  WatchOptions options;
  options.job = job;
  ValueOrExit(WatchJob(client, options, times, interrupt));
  if (times.state != v1::SUCCEEDED || times.last_step == times.first_step) {
    std::cerr << job << " did not train\n";
    std::exit(1);
  }
  return times;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Steps a second of a job alone, and of two that run at the same time.
void MeasureTwo(Client& client, v1::Specification specification) {
  specification.mutable_resources()->set_cores(1);
  std::vector<double> alone, together, ratios;
  for (int round = 0; round < kRounds; ++round) {
    alone.push_back(1 / WaitFor(client, Submit(client, specification)).step());
    const std::string a = Submit(client, specification), b = Submit(client, specification);
    together.push_back(1 / WaitFor(client, a).step() + 1 / WaitFor(client, b).step());
    ratios.push_back(together.back() / alone.back());
  }
  std::printf("%-40s %8.2f steps/s\n", "one job of one thread", Median(alone));
  std::printf("%-40s %8.2f steps/s, %.3f times as many (%.3f to %.3f in %d rounds)\n",
              "two of them side by side", Median(together), Median(ratios),
              *std::min_element(ratios.begin(), ratios.end()),
              *std::max_element(ratios.begin(), ratios.end()), kRounds);
}

void Print(const char* what, std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  std::printf("  %-38s median %7.2f ms   p10 %7.2f ms   p90 %7.2f ms\n", what,
              Median(seconds) * 1e3, seconds[seconds.size() / 10] * 1e3,
              seconds[seconds.size() * 9 / 10] * 1e3);
}

// In a row: each takes all cores that there are.
void MeasureRow(Client& client, v1::Specification specification) {
  specification.mutable_resources()->set_cores(ValueOrExit(client.GetServerInfo()).cores());
  specification.mutable_monitoring()->set_every_steps(1);
  std::vector<std::string> names;
  for (int i = 0; i <= kSmallJobs; ++i) {
    specification.set_seed(static_cast<uint64_t>(i));
    names.push_back(Submit(client, specification));
  }
  std::vector<double> claim, prepare, first, save, gap;
  Times before = WaitFor(client, names[0]);
  for (int i = 1; i <= kSmallJobs; ++i) {
    const Times job = WaitFor(client, names[static_cast<size_t>(i)]);
    claim.push_back(job.running - before.ended);
    prepare.push_back(job.started - job.running);
    first.push_back(job.first_progress - job.started - job.step());
    save.push_back(job.ended - job.judged);
    gap.push_back(job.first_progress - before.ended - job.step());
    before = job;
  }
  std::printf("%d small jobs in a row\n", kSmallJobs);
  Print("end of one to claim of the next", claim);
  Print("claim to start: data, plan, weights", prepare);
  Print("start to first step, beyond a step", first);
  Print("all of these", gap);
  Print("last evaluation to end: the model file", save);
}

int Main(int argc, char** argv) {
  const char* server = std::getenv("TRAINYARD_SERVER");
  if (argc != 3 || server == nullptr) {
    std::cerr << "usage: TRAINYARD_SERVER=ADDRESS packing SPEC SMALL_SPEC\n";
    return 2;
  }
  Client client(ValueOrExit(ReadSettings(server, Environment())), CallPolicy());
  MeasureTwo(client, ValueOrExit(ReadSpecification(argv[1], {"budget={steps: 60}",
                                                             "evaluation.every_epochs=1000"}))
                         .specification);
  MeasureRow(client, ValueOrExit(ReadSpecification(argv[2], {"budget={steps: 20}"})).specification);
  return 0;
}

}  // namespace
}  // namespace trainyard::client

int main(int argc, char** argv) { return trainyard::client::Main(argc, argv); }
