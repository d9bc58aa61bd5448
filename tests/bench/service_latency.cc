// What a user waits for, measured through the client's own library against a running server:
//
//   service_latency SPEC      (TRAINYARD_SERVER names the server; tests/bench/service.sh starts
//   one)
//
// - from submit to the first metric that the client receives, of a small job on a warm server;
// - submitting 1,000 jobs to a server whose cores are taken; a page of 50 of them.
#include <algorithm>
#include <chrono>
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

using Clock = std::chrono::steady_clock;

constexpr int kRuns = 20;
constexpr int kQueued = 1000;
constexpr int kPages = 20;

double MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

void Print(const std::string& what, std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) {
    return times[static_cast<size_t>(share * (times.size() - 1))];
  };
  std::printf("%-32s median %7.2f ms   p99 %7.2f ms   max %7.2f ms   (%zu times)\n", what.c_str(),
              at(0.5), at(0.99), times.back(), times.size());
}

template <typename T>
T ValueOrExit(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::cerr << value.status() << "\n";
  std::exit(1);
}

// Stops at the first progress.
class FirstMetric : public WatchHandler {
 public:
  bool OnEvent(const v1::Event& event) override { return !event.has_progress(); }
};

v1::CreateJobRequest Request(const v1::Specification& specification, const std::string& name) {
  v1::CreateJobRequest request;
  *request.mutable_specification() = specification;
  request.mutable_specification()->set_name(name);
  return request;
}

void WaitForEnd(Client& client, const std::string& job) {
  class Everything : public WatchHandler {
    bool OnEvent(const v1::Event&) override { return true; }
  } everything;
  Interrupt interrupt;
  WatchOptions options;
  options.job = job;
  ValueOrExit(WatchJob(client, options, everything, interrupt));
}

void MeasureFirstMetric(Client& client, const v1::Specification& specification) {
  std::vector<double> times;
  for (int run = -1; run < kRuns; ++run) {  // the first one warms worker and data
    const Clock::time_point start = Clock::now();
    const v1::Job job = ValueOrExit(client.CreateJob(Request(specification, "first-metric")));
    FirstMetric first_metric;
    Interrupt interrupt;
    WatchOptions options;
    options.job = job.name();
    ValueOrExit(WatchJob(client, options, first_metric, interrupt));
    if (run >= 0) times.push_back(MillisecondsSince(start));
    WaitForEnd(client, job.name());
  }
  Print("submit to first metric", times);
}

void MeasureQueue(Client& client, const v1::Specification& specification) {
  v1::CreateJobRequest blocker = Request(specification, "blocker");
  blocker.mutable_specification()->mutable_budget()->set_epochs(1'000'000);
  blocker.mutable_specification()->mutable_resources()->set_cores(
      ValueOrExit(client.GetServerInfo()).cores());
  const std::string blocking = ValueOrExit(client.CreateJob(blocker)).name();

  std::vector<double> submits;
  std::vector<std::string> queued;
  for (int i = 0; i < kQueued; ++i) {
    const Clock::time_point start = Clock::now();
    queued.push_back(ValueOrExit(client.CreateJob(Request(specification, "queued"))).name());
    submits.push_back(MillisecondsSince(start));
  }
  Print("submit, cores taken", submits);

  std::vector<double> pages;
  v1::ListJobsRequest request;
  for (int i = 0; i < kPages; ++i) {
    const Clock::time_point start = Clock::now();
    request.set_page_token(ValueOrExit(client.ListJobs(request)).next_page_token());
    pages.push_back(MillisecondsSince(start));
  }
  Print("page of 50 jobs", pages);

  for (const std::string& job : queued) ValueOrExit(client.CancelJob(job));
  ValueOrExit(client.CancelJob(blocking));
}

int Main(int argc, char** argv) {
  const char* server = std::getenv("TRAINYARD_SERVER");
  if (argc != 2 || server == nullptr) {
    std::cerr << "usage: TRAINYARD_SERVER=ADDRESS service_latency SPEC\n";
    return 2;
  }
  Client client(ValueOrExit(ReadSettings(server, Environment())), CallPolicy());
  const v1::Specification specification = ValueOrExit(ReadSpecification(argv[1], {})).specification;
  MeasureFirstMetric(client, specification);
  MeasureQueue(client, specification);
  return 0;
}

}  // namespace
}  // namespace trainyard::client

int main(int argc, char** argv) { return trainyard::client::Main(argc, argv); }
