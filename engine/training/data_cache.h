// The data of the job before: jobs in a row (seeds, a sweep) mostly read the same, and to load,
// divide and fit it takes longer than small jobs train. Owned by the worker. Thread-safe: who comes
// while data is loaded waits for it.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/base/mutex.h"
#include "engine/data/load.h"
#include "trainyard/v1/spec.pb.h"

namespace trainyard {

class DataCache {
 public:
  // What LoadData gives for the plan, which was made of `data`. Another job's data is let go
  // before; this job's is kept where it is not too large for a worker that does nothing. Shared:
  // the next job may use it while the cache already holds another.
  absl::StatusOr<std::shared_ptr<const LoadedData>> Load(const v1::Data& data, DataPlan plan,
                                                         const DataRoots& roots, int threads = 1);

 private:
  Mutex mutex_;
  std::string key_ TRAINYARD_GUARDED_BY(mutex_);
  std::shared_ptr<const LoadedData> data_ TRAINYARD_GUARDED_BY(mutex_);
};

}  // namespace trainyard
