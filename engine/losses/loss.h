// What training minimises. A loss is a pure function of rows of model output, so that it is tested
// by finite differences without a plan, and runs on any group of rows on any thread.
//
// The loss of a batch is the mean over its rows; the loss of a row of several targets or yes-no
// questions is the mean over them. These are the meanings of PyTorch's losses with their default
// reduction.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/base/catalog.h"
#include "engine/data/dataset.h"

namespace trainyard {

// A group of rows. Thread-compatible view.
struct LossRows {
  int64_t count = 0;
  // Values a row: classes, or targets; 1 for two classes told apart by one logit (Accepts).
  int64_t width = 0;
  const float* outputs = nullptr;   // [count, width]
  const int32_t* labels = nullptr;  // [count], classification: in [0, classes)
  const float* targets = nullptr;   // [count, width], regression
};

class Loss {
 public:
  virtual ~Loss() = default;
  // INVALID_ARGUMENT where the loss does not fit the task, for example hinge for a regression.
  virtual absl::Status Check(const DataInfo& data) const = 0;
  // Whether a model of `width` outputs fits, for data that passed Check: one output a class or a
  // target. Some losses also take one output for two classes: the logit of class 1.
  virtual bool Accepts(const DataInfo& data, int64_t width) const {
    return width == (data.task == Task::kClassification ? data.classes : data.targets);
  }
  // Sum over the rows of the loss of each row. Where gradient is not null, writes [count, width]:
  // the derivative of that sum times `scale`. Outputs that are not finite give a loss that is not
  // finite.
  virtual double Compute(const LossRows& rows, float scale, float* gradient) const = 0;
};

namespace losses {
Catalog<Loss> MakeCatalog();
}

}  // namespace trainyard
