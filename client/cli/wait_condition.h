// What `job wait --for` waits for: `state=SUCCEEDED` or `metric:validation/accuracy>0.9`.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "trainyard/v1/event.pb.h"

namespace trainyard::cli {

class WaitCondition {
 public:
  // Metrics take the series' name, or `val_accuracy`, `validation_accuracy`, `test_loss`,
  // `train_loss` for "validation/accuracy" and so on; comparisons are > >= < <= ==.
  static absl::StatusOr<WaitCondition> Parse(const std::string& text);

  // True once an event has made it true; it stays so.
  bool Take(const v1::Event& event);
  bool met() const { return met_; }
  const std::string& text() const { return text_; }

 private:
  bool Compares(double value) const;

  std::string text_;
  v1::JobState state_ = v1::JOB_STATE_UNSPECIFIED;  // or a metric
  std::string series_;
  std::string comparison_;
  double bound_ = 0;
  bool met_ = false;
};

}  // namespace trainyard::cli
