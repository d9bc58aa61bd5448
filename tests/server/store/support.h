// What tests of the store and of the jobs share: a data folder that goes away, and short ways to
// make jobs.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "server/store/event_log.h"
#include "server/store/jobs_table.h"
#include "server/store/lease.h"
#include "server/store/leases.h"
#include "server/store/store.h"

namespace trainyard {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "trainyard-XXXXXX").string();
    path_ = mkdtemp(pattern.data()) == nullptr ? "" : pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline v1::Specification Named(const std::string& name) {
  v1::Specification specification;
  specification.set_name(name);
  specification.mutable_resources()->set_cores(1);
  return specification;
}

inline v1::Event ProgressEvent(uint64_t step) {
  v1::Event event;
  event.mutable_progress()->set_step(step);
  return event;
}

inline v1::Event MetricEvent(uint64_t step, const std::string& series, double value) {
  v1::Event event;
  event.mutable_metrics()->set_step(step);
  v1::MetricValue* metric = event.mutable_metrics()->add_values();
  metric->set_series(series);
  metric->set_value(value);
  return event;
}

inline v1::Event ArtifactEvent(const v1::Artifact& artifact) {
  v1::Event event;
  *event.mutable_artifact() = artifact;
  return event;
}

#define ASSERT_OK(expression)                                  \
  do {                                                         \
    const absl::Status& status_of_it = (expression);           \
    ASSERT_TRUE(status_of_it.ok()) << status_of_it.ToString(); \
  } while (false)
#define EXPECT_OK(expression)                                  \
  do {                                                         \
    const absl::Status& status_of_it = (expression);           \
    EXPECT_TRUE(status_of_it.ok()) << status_of_it.ToString(); \
  } while (false)

// A store on a folder of its own.
class StoreTest : public testing::Test {
 protected:
  StoreTest() { Reopen(); }

  void Reopen() {
    store_.reset();
    StoreOptions options;
    options.folder = folder_.path();
    options.free_bytes = [this](const std::string&) -> absl::StatusOr<uint64_t> {
      return free_bytes_;
    };
    auto store = Store::Open(options);
    ASSERT_OK(store.status());
    store_ = *std::move(store);
  }

  // Names end in 2222, 3222, 4222 ...
  std::function<uint64_t()> Counter() {
    return [this] { return next_name_++; };
  }

  absl::Status Write(Store::Work work) { return store_->WriteAndWait(std::move(work)); }

  // A queued job.
  std::string AddJob(const std::string& label, int32_t priority = 0, uint32_t keep = 0) {
    std::string name;
    EXPECT_OK(Write([&](Connection& connection) -> absl::Status {
      v1::Specification specification = Named(label);
      specification.mutable_checkpoint()->set_keep(keep);
      ASSIGN_OR_RETURN(JobRow row, InsertJob(connection, specification, v1::ModelSummary(),
                                             priority, clock_.Now(), Counter()));
      name = row.summary.name();
      return AppendEvents(connection, row, {StateEvent(v1::QUEUED)}, clock_.Now());
    }));
    return name;
  }

  absl::Status Append(const std::string& job, std::vector<v1::Event> events) {
    return Write([&](Connection& connection) -> absl::Status {
      ASSIGN_OR_RETURN(JobRow row, FindJob(connection, job));
      return AppendEvents(connection, row, std::move(events), clock_.Now());
    });
  }

  // RUNNING, under a lease.
  Lease Claim(const std::string& job) {
    Lease lease;
    EXPECT_OK(Write([&](Connection& connection) -> absl::Status {
      ASSIGN_OR_RETURN(JobRow row, FindJob(connection, job));
      ASSIGN_OR_RETURN(lease, ClaimLease(connection, row, {"worker-1", 42, 7}));
      v1::Event running = StateEvent(v1::RUNNING);
      running.set_attempt(lease.attempt);
      return AppendEvents(connection, row, {running}, clock_.Now());
    }));
    return lease;
  }

  JobRow Row(const std::string& job) {
    JobRow row;
    EXPECT_OK(store_->Read([&](Connection& connection) -> absl::Status {
      ASSIGN_OR_RETURN(row, FindJob(connection, job));
      return absl::OkStatus();
    }));
    return row;
  }

  TemporaryFolder folder_;
  FakeClock clock_;
  uint64_t free_bytes_ = uint64_t{1} << 40;
  uint64_t next_name_ = 0;
  std::unique_ptr<Store> store_;
};

}  // namespace trainyard
