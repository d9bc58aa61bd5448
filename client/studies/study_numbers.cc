#include "client/studies/study_numbers.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace trainyard::client {
namespace {

bool IsOfRegressions(const std::string& type) {
  for (const char* known : {"mse", "mae", "r2", "mean_squared_error"}) {
    if (type == known) return true;
  }
  return false;
}

std::string Plural(int count, const std::string& what) {
  return absl::StrCat(count, " ", what, count == 1 ? "" : "s");
}

}  // namespace

bool IsRegression(const v1::Study& study) {
  bool said = false;
  for (const v1::Contender& contender : study.specification().contenders()) {
    if (IsOfRegressions(contender.specification().loss().type())) return true;
    for (const v1::Component& metric : contender.specification().metrics()) {
      if (IsOfRegressions(metric.type())) return true;
      said = said || metric.type() == "accuracy";
    }
  }
  if (said) return false;
  return std::any_of(study.points().begin(), study.points().end(), [](const auto& point) {
    return IsMeasured(point) && point.mean().value() > 1;
  });
}

std::string ErrorLabel(const v1::Study& study) {
  return IsRegression(study) ? "test error (mean squared)" : "test error";
}

bool HasEnded(v1::JobState state) {
  return state == v1::SUCCEEDED || state == v1::FAILED || state == v1::CANCELLED;
}

bool IsMeasured(const v1::StudyPoint& point) {
  return point.state() == v1::SUCCEEDED && point.has_mean() && std::isfinite(point.mean().value());
}

std::vector<const v1::StudyPoint*> MeasuredPoints(const v1::Study& study,
                                                  const std::string& contender) {
  std::vector<const v1::StudyPoint*> points;
  for (const v1::StudyPoint& point : study.points()) {
    if (point.contender() == contender && IsMeasured(point)) points.push_back(&point);
  }
  std::stable_sort(points.begin(), points.end(),
                   [](const auto* a, const auto* b) { return a->size() < b->size(); });
  return points;
}

const v1::StudyLaw* LawOf(const v1::Study& study, const std::string& contender) {
  for (const v1::StudyLaw& law : study.analysis().laws()) {
    if (law.contender() == contender) return &law;
  }
  return nullptr;
}

const v1::Contender* ContenderOf(const v1::Study& study, const std::string& name) {
  for (const v1::Contender& contender : study.specification().contenders()) {
    if (contender.name() == name) return &contender;
  }
  return nullptr;
}

int SeedsMeasured(const v1::StudyPoint& point) {
  return static_cast<int>(
      std::count_if(point.seeds().begin(), point.seeds().end(),
                    [](const auto& seed) { return std::isfinite(seed.error()); }));
}

double SeedDeviation(const v1::StudyPoint& point) {
  const int count = SeedsMeasured(point);
  if (count < 2) return std::numeric_limits<double>::quiet_NaN();
  double mean = 0;
  for (const v1::StudyPoint::Seed& seed : point.seeds()) {
    if (std::isfinite(seed.error())) mean += seed.error() / count;
  }
  double squares = 0;
  for (const v1::StudyPoint::Seed& seed : point.seeds()) {
    if (std::isfinite(seed.error())) squares += (seed.error() - mean) * (seed.error() - mean);
  }
  return std::sqrt(squares / (count - 1));
}

uint64_t RunsOfAPoint(const v1::Study& study, const v1::Contender& contender) {
  return static_cast<uint64_t>(std::max(1, contender.candidates_size())) *
         std::max(1u, study.specification().seeds());
}

Progress ProgressOf(const v1::Study& study) {
  Progress progress;
  progress.points = study.points_size();
  for (const v1::StudyPoint& point : study.points()) {
    if (IsMeasured(point)) {
      ++progress.measured;
    } else if (point.state() == v1::CANCELLED) {
      ++progress.cancelled;
    } else if (HasEnded(point.state())) {
      ++progress.failed;
    } else if (point.state() == v1::RUNNING || point.state() == v1::CANCELLING) {
      ++progress.running;
    } else {
      ++progress.waiting;
    }
  }
  return progress;
}

std::string WhatIsMissing(const v1::Study& study) {
  const Progress progress = ProgressOf(study);
  const int open = progress.running + progress.waiting;
  std::vector<std::string> parts;
  if (progress.failed > 0) parts.push_back(Plural(progress.failed, "point") + " failed");
  if (progress.cancelled > 0) {
    parts.push_back(absl::StrCat(Plural(progress.cancelled, "point"),
                                 progress.cancelled == 1 ? " was" : " were", " cancelled"));
  }
  if (open > 0) {
    parts.push_back(
        absl::StrCat(Plural(open, "point"), open == 1 ? " has" : " have", " not ended"));
  }
  if (parts.empty()) return "";
  const bool one = progress.failed + progress.cancelled + open == 1;
  return absl::StrCat("Of ", Plural(progress.points, "point"), " ", absl::StrJoin(parts, ", "),
                      one ? "; it is in no figure." : "; they are in no figure.");
}

double LargestSize(const v1::Study& study) {
  double largest = 0;
  for (const uint64_t size : study.specification().sizes()) {
    largest = std::max(largest, static_cast<double>(size));
  }
  for (const v1::StudyPoint& point : study.points()) {
    largest = std::max(largest, static_cast<double>(point.size()));
  }
  return largest;
}

}  // namespace trainyard::client
