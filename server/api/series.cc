#include "server/api/series.h"

#include <algorithm>
#include <cmath>

namespace trainyard {

void SeriesRange::Add(uint32_t attempt, uint64_t step) {
  attempts.insert(attempt);
  first_step = std::min(first_step, step);
  last_step = std::max(last_step, step);
  ++count;
}

SeriesBuckets::SeriesBuckets(const SeriesRange& range, uint64_t buckets) : range_(range) {
  if (range.count <= buckets) return;
  const uint64_t of_attempt = std::max<uint64_t>(1, buckets / range.attempts.size());
  // Rounded up, so that there are at most so many; without overflow for any range.
  steps_per_bucket_ = (range.last_step - range.first_step) / of_attempt + 1;
}

void SeriesBuckets::Add(uint32_t attempt, uint64_t step, double value) {
  const uint64_t index =
      steps_per_bucket_ == 0 ? next_++ : (step - range_.first_step) / steps_per_bucket_;
  Bucket& bucket = buckets_[{attempt, index}];
  bucket.step = step;
  bucket.last = value;
  ++bucket.count;
  if (std::isnan(value)) return;
  bucket.minimum = bucket.ordered == 0 ? value : std::min(bucket.minimum, value);
  bucket.maximum = bucket.ordered == 0 ? value : std::max(bucket.maximum, value);
  bucket.sum += value;
  ++bucket.ordered;
}

void SeriesBuckets::Write(v1::ReadSeriesResponse::Series& series) const {
  for (const auto& [key, bucket] : buckets_) {
    v1::ReadSeriesResponse::Point& point = *series.add_points();
    point.set_attempt(key.first);
    point.set_step(bucket.step);
    point.set_last(bucket.last);
    point.set_min(bucket.minimum);
    point.set_max(bucket.maximum);
    point.set_mean(bucket.sum / static_cast<double>(bucket.ordered));
    point.set_count(bucket.count);
  }
}

}  // namespace trainyard
