// Runs of the engine without a server: a sink that remembers, and a fixture around RunTraining.
#pragma once

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/error_info.h"
#include "engine/base/sha256.h"
#include "engine/training/run.h"

namespace trainyard {

class RecordingSink final : public JobSink {
 public:
  void Emit(v1::Event event) override {
    if (on_event) on_event(event);
    events.push_back(std::move(event));
  }
  absl::StatusOr<v1::Artifact> Save(const std::string& name, uint64_t step,
                                    const std::string& bytes) override {
    if (full) return WithReason(absl::ResourceExhaustedError("no room"), "DISK_FULL");
    files[name] = bytes;
    v1::Artifact artifact;
    artifact.set_name(name);
    artifact.set_step(step);
    artifact.set_sha256(Sha256Hex(bytes));
    return artifact;
  }
  // The last value of a series; NaN where there is none.
  double Last(const std::string& series) const {
    double value = std::numeric_limits<double>::quiet_NaN();
    for (const v1::Event& event : events) {
      for (const v1::MetricValue& one : event.metrics().values()) {
        if (one.series() == series) value = one.value();
      }
    }
    return value;
  }

  bool full = false;  // the disk, where files go
  std::function<void(const v1::Event&)> on_event;
  std::vector<v1::Event> events;
  std::map<std::string, std::string> files;
};

class RunTest : public ::testing::Test {
 protected:
  static v1::Specification Parse(const std::string& text) {
    v1::Specification specification;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &specification));
    return specification;
  }

  RunOutcome Run(const v1::Specification& specification, RecordingSink& sink, int threads = 1,
                 const std::string& checkpoint = "") {
    RunOptions options;
    options.threads = threads;
    options.catalogs = &catalogs_;
    options.clock = &clock_;
    options.cancel = &cancel_;
    options.worker = "worker";
    options.checkpoint = checkpoint;
    options.roots = roots_;
    return RunTraining(specification, std::move(options), sink);
  }

  // Stopped after each of these steps, and going on from the checkpoint, it trains the same bits.
  void ExpectSameBitsAfterStops(const v1::Specification& specification,
                                const std::vector<uint64_t>& stops) {
    RecordingSink through;
    ASSERT_EQ(Run(specification, through).kind, RunOutcome::Kind::kSucceeded);
    for (const uint64_t stop : stops) {
      RecordingSink first;
      CancelToken drain;
      first.on_event = [&](const v1::Event& event) {
        if (event.progress().step() == stop) drain.Cancel(CancelToken::Reason::kDrained);
      };
      RunOptions options;
      options.threads = 2;
      options.catalogs = &catalogs_;
      options.clock = &clock_;
      options.cancel = &drain;
      ASSERT_EQ(RunTraining(specification, options, first).kind, RunOutcome::Kind::kPreempted);
      RecordingSink rest;
      ASSERT_EQ(Run(specification, rest, 1, first.files["checkpoint"]).kind,
                RunOutcome::Kind::kSucceeded);
      EXPECT_EQ(rest.events.front().attempt_started().start_step(), stop);
      EXPECT_EQ(rest.files["model.safetensors"], through.files["model.safetensors"])
          << "stopped at " << stop;
      EXPECT_EQ(rest.Last("train/loss"), through.Last("train/loss")) << "stopped at " << stop;
    }
  }

  Catalogs catalogs_;
  DataRoots roots_;
  FakeClock clock_;
  CancelToken cancel_;
};

}  // namespace trainyard
