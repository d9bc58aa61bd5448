// Checks of a loss against a slow reference: its value, and its gradient by finite differences.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "engine/base/philox.h"
#include "engine/losses/loss.h"
#include "tests/engine/component.h"
#include "tests/engine/normal.h"

namespace trainyard {

inline std::unique_ptr<Loss> MakeLoss(const std::string& type, RawMap params = {}) {
  return MakeOne(losses::MakeCatalog(), type, std::move(params));
}

inline DataInfo Classes(int64_t classes) {
  DataInfo info;
  info.classes = classes;
  return info;
}

inline DataInfo Targets(int64_t targets) {
  DataInfo info;
  info.task = Task::kRegression;
  info.targets = targets;
  return info;
}

// Rows of outputs between -range and range, with labels or targets.
struct TestRows {
  TestRows(int64_t count, int64_t width, int64_t classes, double range = 4)
      : count(count), width(width) {
    const RandomStream stream(11, RandomPurpose::kSynthetic);
    for (int64_t i = 0; i < count * width; ++i) {
      outputs.push_back(static_cast<float>((2 * stream.Uniform(0, i) - 1) * range));
      targets.push_back(static_cast<float>(Normal(stream, 1, i)));
    }
    for (int64_t i = 0; i < count; ++i)
      labels.push_back(static_cast<int32_t>(stream.Below(2, i, classes)));
  }

  LossRows view() const { return {count, width, outputs.data(), labels.data(), targets.data()}; }
  LossRows row(int64_t i) const {
    return {1, width, outputs.data() + i * width, labels.data() + i, targets.data() + i * width};
  }

  int64_t count;
  int64_t width;
  std::vector<float> outputs;
  std::vector<float> targets;
  std::vector<int32_t> labels;
};

// The loss of one row, slowly, in doubles.
using ReferenceLoss =
    std::function<double(const std::vector<double>& outputs, int32_t label, const float* targets)>;

inline void CheckAgainstReference(const Loss& loss, const TestRows& rows,
                                  const ReferenceLoss& reference) {
  constexpr float kScale = 0.25f;
  constexpr double kStep = 1e-5;
  std::vector<float> gradient(rows.outputs.size(), -1.0f);
  const double value = loss.Compute(rows.view(), kScale, gradient.data());
  double expected = 0;
  for (int64_t row = 0; row < rows.count; ++row) {
    const float* begin = rows.outputs.data() + row * rows.width;
    const float* targets = rows.targets.data() + row * rows.width;
    std::vector<double> outputs(begin, begin + rows.width);
    expected += reference(outputs, rows.labels[row], targets);
    for (int64_t i = 0; i < rows.width; ++i) {
      const double middle = outputs[i];
      outputs[i] = middle + kStep;
      const double above = reference(outputs, rows.labels[row], targets);
      outputs[i] = middle - kStep;
      const double below = reference(outputs, rows.labels[row], targets);
      outputs[i] = middle;
      const double derivative = (above - below) / (2 * kStep) * kScale;
      EXPECT_NEAR(gradient[row * rows.width + i], derivative, 1e-6 * (1 + std::abs(derivative)))
          << "row " << row << ", output " << i;
    }
  }
  EXPECT_NEAR(value, expected, 1e-6 * (1 + std::abs(expected)));
  EXPECT_EQ(loss.Compute(rows.view(), kScale, nullptr), value)
      << "the value depends on whether a gradient is asked";
}

// The bits of a row do not depend on the rows beside it.
inline void CheckRowsAreIndependent(const Loss& loss, const TestRows& rows) {
  std::vector<float> together(rows.outputs.size());
  loss.Compute(rows.view(), 0.5f, together.data());
  for (int64_t row = 0; row < rows.count; ++row) {
    std::vector<float> alone(static_cast<size_t>(rows.width));
    loss.Compute(rows.row(row), 0.5f, alone.data());
    for (int64_t i = 0; i < rows.width; ++i) EXPECT_EQ(alone[i], together[row * rows.width + i]);
  }
}

// The loss of one row of outputs.
inline double LossOf(const Loss& loss, std::vector<float> outputs, int32_t label) {
  const LossRows rows{1, static_cast<int64_t>(outputs.size()), outputs.data(), &label, nullptr};
  return loss.Compute(rows, 1.0f, nullptr);
}

inline std::vector<float> GradientOf(const Loss& loss, std::vector<float> outputs, int32_t label) {
  std::vector<float> gradient(outputs.size());
  const LossRows rows{1, static_cast<int64_t>(outputs.size()), outputs.data(), &label, nullptr};
  loss.Compute(rows, 1.0f, gradient.data());
  return gradient;
}

}  // namespace trainyard
