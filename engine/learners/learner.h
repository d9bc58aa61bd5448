// A classical method in place of a net: a catalogued component that takes all training samples at
// once, in memory, and afterwards gives outputs for others.
//
//   std::unique_ptr<Learner> learner = catalogs.learners.Make({"linear_svm", {}}, "learner",
//   violations); learner->Check(info);  learner->SizeFor(problem);            // before anything is
//   loaded learner->Fit(set, run);                                      // or Restore(info,
//   tensors) learner->Predict(rows, count, pool, outputs);                // as often as wanted
//   learner->Export();                                           // the model, for Restore
//
// What is learnt is a function of samples, parameters and seed: never of the number of threads.
// Used by one thread, which lends the threads of a pool.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/catalog.h"
#include "engine/data/dataset.h"
#include "engine/export/safetensors.h"
#include "engine/tensor/thread_pool.h"

namespace trainyard {

// Samples of a part, every value finite.
struct LearnerSamples {
  int64_t count = 0;
  int64_t features = 0;
  const float* values = nullptr;    // [count, features]
  const int32_t* labels = nullptr;  // [count], classification: in [0, classes)
  const float* targets = nullptr;   // [count, targets], regression
};

// What is known of a fit before the samples are loaded.
struct LearnerProblem {
  DataInfo info;
  int64_t samples = 0;
  int64_t validation_samples = 0;
  int64_t features = 0;
  int64_t threads = 1;
};

struct LearnerSize {
  // Rounds at most; a learner may need fewer.
  int64_t steps = 1;
  // Learnt numbers; 0 where only training tells.
  int64_t parameters = 0;
  // Beside the samples of LearnerProblem themselves.
  int64_t memory_bytes = 0;
};

// A round of a fit: an iteration, a tree, a pair of classes. NaN where it is not known.
struct LearnerStep {
  int64_t step = 0;
  int64_t total_steps = 0;
  double loss = std::numeric_limits<double>::quiet_NaN();  // mean over the training samples
  double accuracy = std::numeric_limits<double>::quiet_NaN();
  double validation_loss = std::numeric_limits<double>::quiet_NaN();
};

// What a fit asks of whoever runs it.
class LearnerRun {
 public:
  virtual ~LearnerRun() = default;
  // True: the fit ends at once, with CANCELLED. Thread-safe; asked every few milliseconds.
  virtual bool Stopping() const = 0;
  // After each round, from the thread that called Fit. Between rounds a resumable learner's Export
  // gives what Restore and Fit go on from.
  virtual void Step(const LearnerStep& step) = 0;
  // For people.
  virtual void Note(const std::string& text) = 0;
};

struct LearnerSet {
  LearnerSamples train;
  LearnerSamples validation;  // count 0 where there is none
  const DataInfo* info = nullptr;
  uint64_t seed = 0;
  ThreadPool* pool = nullptr;
};

class Learner {
 public:
  virtual ~Learner() = default;
  // INVALID_ARGUMENT where the learner does not fit the task.
  virtual absl::Status Check(const DataInfo& info) const = 0;
  // INVALID_ARGUMENT where so many samples or features are too many for the method.
  virtual absl::StatusOr<LearnerSize> SizeFor(const LearnerProblem& problem) const = 0;
  // What `loss` means for its outputs: a component of the losses' catalog.
  virtual RawComponent Loss(const DataInfo& info) const = 0;
  // Whether the softmax of its outputs is a probability.
  virtual bool has_probabilities() const { return true; }
  // Whether it wants the validation samples in Fit.
  virtual bool wants_validation() const { return false; }
  // Whether a fit that was stopped can go on: Restore of an Export between rounds, then Fit.
  virtual bool resumable() const { return false; }

  // CANCELLED where the run asked to stop; FAILED_PRECONDITION where the samples are none that the
  // method can learn from.
  virtual absl::Status Fit(const LearnerSet& set, LearnerRun& run) = 0;
  virtual std::vector<NamedTensor> Export() const = 0;
  // DATA_LOSS where the tensors are not those of a model of this learner for such data. `features`
  // of a sample after the transforms.
  virtual absl::Status Restore(const DataInfo& info, int64_t features,
                               const std::vector<NamedTensor>& tensors) = 0;
  // rows: [count, features]; outputs: [count, classes] (logits, log-probabilities or scores) or
  // [count, targets].
  virtual void Predict(const float* rows, int64_t count, ThreadPool& pool,
                       float* outputs) const = 0;
};

// Outputs of a sample.
inline int64_t OutputsOf(const DataInfo& info) {
  return info.task == Task::kClassification ? info.classes : info.targets;
}

namespace learners {
Catalog<Learner> MakeCatalog();
}

}  // namespace trainyard
