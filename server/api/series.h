// Long series at a resolution: min, max, mean, count and last of each bucket, so that no spike
// disappears.
//
// Two passes over the log, in constant memory: Range finds the steps and the number of values of a
// series, Buckets collects them. Used by one thread.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "trainyard/v1/metric_service.pb.h"

namespace trainyard {

// Of one series, over all attempts.
struct SeriesRange {
  uint64_t first_step = std::numeric_limits<uint64_t>::max();
  uint64_t last_step = 0;
  uint64_t count = 0;
  std::set<uint32_t> attempts;
  void Add(uint32_t attempt, uint64_t step);
};

// Values of different attempts never share a bucket: a retry that steps backwards adds, and hides
// nothing.
class SeriesBuckets {
 public:
  // One point a value where there are no more values than buckets, else at most that many buckets
  // of equal numbers of steps. Values without order (NaN) count for `last` and `count`; min, max
  // and mean are those of the others.
  SeriesBuckets(const SeriesRange& range, uint64_t buckets);
  // In the order of the log.
  void Add(uint32_t attempt, uint64_t step, double value);
  void Write(v1::ReadSeriesResponse::Series& series) const;

 private:
  struct Bucket {
    uint64_t step = 0;
    double last = 0;
    double minimum = std::numeric_limits<double>::quiet_NaN();
    double maximum = std::numeric_limits<double>::quiet_NaN();
    double sum = 0;
    uint64_t ordered = 0;
    uint64_t count = 0;
  };

  const SeriesRange range_;
  // 0: a bucket of its own for every value.
  uint64_t steps_per_bucket_ = 0;
  uint64_t next_ = 0;
  std::map<std::pair<uint32_t, uint64_t>, Bucket> buckets_;
};

}  // namespace trainyard
