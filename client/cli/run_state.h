// What is known of a running job from its events: the model behind every way of showing it. Knows
// nothing of screens. Used by one thread.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "trainyard/v1/event.pb.h"

namespace trainyard::cli {

// One evaluation of one part: "validation" {accuracy: 0.91, loss: 0.24}.
struct Evaluation {
  double epoch = 0;
  uint64_t step = 0;
  std::string part;
  // Accuracy first, then loss, then the others by name.
  std::vector<std::pair<std::string, double>> metrics;

  // "epoch 3  validation accuracy 0.9123  loss 0.2431".
  std::string Text() const;
};

class RunState {
 public:
  // Returns the evaluations that the event brought.
  std::vector<Evaluation> Apply(const v1::Event& event);

  v1::JobState state() const { return state_; }
  const std::string& reason() const { return reason_; }
  const std::string& message() const { return message_; }
  const v1::Progress& progress() const { return progress_; }
  bool has_progress() const { return has_progress_; }
  uint32_t attempt() const { return attempt_; }
  // Of the whole run; 0 where unknown.
  double total_epochs() const;
  // By the pace of the last events.
  std::optional<double> seconds_left() const;
  // Of the training batches, thinned as it grows.
  const std::vector<double>& losses() const { return losses_.values; }
  const std::vector<double>& accuracies() const { return accuracies_.values; }
  // Last value of each series, "test/accuracy".
  const std::map<std::string, double>& results() const { return results_; }
  // From the first attempt's start to the newest event.
  double seconds() const;

 private:
  // At most kMaxPoints values over the whole run: when full, neighbours are averaged and the stride
  // doubles.
  struct Curve {
    std::vector<double> values;
    double sum = 0;
    int count = 0;
    int stride = 1;
    void Add(double value);
  };
  struct Pace {
    double time;
    uint64_t step;
  };

  void ApplyProgress(const v1::Progress& progress, double time);

  v1::JobState state_ = v1::JOB_STATE_UNSPECIFIED;
  std::string reason_;
  std::string message_;
  v1::Progress progress_;
  bool has_progress_ = false;
  uint32_t attempt_ = 0;
  Curve losses_;
  Curve accuracies_;
  std::deque<Pace> pace_;
  std::map<std::string, double> results_;
  double first_time_ = 0;
  double last_time_ = 0;
};

}  // namespace trainyard::cli
