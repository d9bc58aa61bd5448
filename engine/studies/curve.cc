#include "engine/studies/curve.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/studies/verdict.h"

namespace trainyard::studies {
namespace {

constexpr size_t kMostRuns = 100'000;
constexpr size_t kMostSizes = 200;
constexpr double kMostSize = 1e15;
// A loss beyond it has diverged, whether or not it overflowed.
constexpr double kMostError = 1e100;

double SampleVariance(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  double mean = 0;
  for (double value : values) mean += value / static_cast<double>(values.size());
  double squares = 0;
  for (double value : values) squares += (value - mean) * (value - mean);
  return squares / static_cast<double>(values.size() - 1);
}

absl::Status CheckRun(const MeasuredRun& run, double test_samples, size_t index) {
  const auto refuse = [&](const std::string& what) {
    return absl::InvalidArgumentError(absl::StrCat("runs[", index, "]: ", what));
  };
  if (!(run.size > 0) || run.size > kMostSize) {
    return refuse(absl::StrCat("size ", run.size, "; it is above 0 and at most ", kMostSize));
  }
  if (run.error < 0) return refuse(absl::StrCat("error ", run.error, "; it is at least 0"));
  if (test_samples > 0 && std::isfinite(run.error) && run.error > 1) {
    return refuse(absl::StrCat("error ", run.error, " of a test part of ", test_samples,
                               " samples; a share is at most 1 (for a loss give no test samples)"));
  }
  return absl::OkStatus();
}

// Groups the runs into what repeats independently.
void FindUnits(CurvePoint& point) {
  std::set<uint64_t> subsets, inits;
  for (const MeasuredRun& run : point.runs) {
    subsets.insert(run.subset_seed);
    inits.insert(run.init_seed);
  }
  const bool by_subset = subsets.size() > 1 || inits.size() == 1;
  std::map<uint64_t, std::pair<double, int>> sums;
  for (const MeasuredRun& run : point.runs) {
    auto& [sum, count] = sums[by_subset ? run.subset_seed : run.init_seed];
    sum += run.error;
    ++count;
  }
  point.unit_seeds.clear();
  point.unit_means.clear();
  point.mean = 0;
  for (const auto& [seed, total] : sums) {
    point.unit_seeds.push_back(seed);
    point.unit_means.push_back(total.first / total.second);
    point.mean += point.unit_means.back() / static_cast<double>(sums.size());
  }
}

}  // namespace

double CurvePoint::UnitVariance() const { return SampleVariance(unit_means); }

double CurvePoint::RunVariance() const {
  std::vector<double> errors;
  for (const MeasuredRun& run : runs) errors.push_back(run.error);
  return SampleVariance(errors);
}

absl::StatusOr<LearningCurve> LearningCurve::Create(std::string name, std::vector<MeasuredRun> runs,
                                                    double test_samples) {
  if (!(test_samples >= 0) || std::isinf(test_samples)) {
    return absl::InvalidArgumentError("test_samples is a number of samples, or 0");
  }
  if (runs.size() > kMostRuns) {
    return absl::InvalidArgumentError(
        absl::StrCat(runs.size(), " runs; at most ", kMostRuns, " make a curve"));
  }
  LearningCurve curve;
  curve.name = std::move(name);
  curve.test_samples = test_samples;
  std::map<double, CurvePoint> points;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (absl::Status status = CheckRun(runs[i], test_samples, i); !status.ok()) return status;
    CurvePoint& point = points[runs[i].size];
    point.size = runs[i].size;
    if (runs[i].error < kMostError) {
      point.runs.push_back(runs[i]);
    } else {
      ++point.failed;
    }
  }
  if (points.size() > kMostSizes) {
    return absl::InvalidArgumentError(
        absl::StrCat(points.size(), " sizes; at most ", kMostSizes, " make a curve"));
  }
  for (auto& [size, point] : points) {
    curve.failed_runs += point.failed;
    if (point.failed > 0) {
      curve.notes.push_back(
          absl::StrCat(point.failed, " of ", point.failed + static_cast<int>(point.runs.size()),
                       " runs at size ", Readable(size), " failed",
                       point.runs.empty() ? ": the size is left out" : " and are left out"));
    }
    if (point.runs.empty()) continue;
    FindUnits(point);
    curve.points.push_back(std::move(point));
  }
  return curve;
}

const CurvePoint* LearningCurve::At(double size) const {
  for (const CurvePoint& point : points) {
    if (point.size == size) return &point;
  }
  return nullptr;
}

LearningCurve LearningCurve::UpTo(double size) const {
  LearningCurve part = *this;
  std::erase_if(part.points, [&](const CurvePoint& point) { return point.size > size; });
  return part;
}

}  // namespace trainyard::studies
