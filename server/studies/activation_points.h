// What the log of a job says of its point of an activation study: training curves, gradients by
// layer, and what each seed took to the threshold.
//
//   TrainingCurves curves;
//   for each event of the job's metrics, in order: curves.Add(event);
//   FillActivationPoint(study, job, curves, point);
//
// Used by one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "trainyard/v1/event.pb.h"
#include "trainyard/v1/job.pb.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard {

class TrainingCurves {
 public:
  // Of the steps since the point before.
  struct Point {
    uint64_t step = 0;
    double epoch = 0;  // since the start, with fraction
    double error = 0;  // share of its samples
    double samples_per_second = 0;
  };
  struct Measured {
    uint64_t step = 0;
    double value = 0;
  };
  struct Run {
    std::vector<Point> points;
    // By "<layer>/<what>".
    std::map<std::string, std::vector<Measured>> health;
  };

  // Series "runs/<index>/progress/..." and "runs/<index>/health/..."; others are passed over.
  void Add(const v1::Event& event);
  // Empty where nothing was told.
  const Run& Of(int run) const;
  // Of health, in the order in which they were told, which is that of the layers.
  const std::vector<std::string>& layers() const { return layers_; }

 private:
  std::map<int, Run> runs_;
  std::vector<std::string> layers_;
};

// The training error of a run, smoothed: over as many steps as have 4,096 samples (at the start,
// and where a step has more, over those that there are), and told of the middle of them. One tenth
// of wrong answers is then known to half a point, and not later than it was.
struct SmoothedPoint {
  double step = 0;
  double samples = 0;
  double seconds = 0;
  double error = 0;
};
std::vector<SmoothedPoint> Smooth(const TrainingCurves::Run& run, double train_samples);

// Fills in `point.activation`, and the candidate and the seeds of the point by it: the fastest to
// the threshold.
void FillActivationPoint(const v1::StudySpecification& study, const v1::Job& job,
                         const TrainingCurves& curves, v1::StudyPoint& point);

}  // namespace trainyard
