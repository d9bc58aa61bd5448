// Learners without a server: small sets of samples, a run that counts and may stop, and fits from
// YAML-like parameters.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/philox.h"
#include "engine/base/status.h"
#include "engine/learners/learner.h"

namespace trainyard::learners {

// Samples that own their memory.
struct Table {
  int64_t features = 0;
  std::vector<float> values;
  std::vector<int32_t> labels;
  std::vector<float> targets;
  DataInfo info;

  int64_t count() const { return static_cast<int64_t>(values.size()) / features; }
  LearnerSamples view() const {
    return {count(), features, values.data(), labels.data(), targets.data()};
  }
  void Add(std::vector<float> row, int32_t label) {
    values.insert(values.end(), row.begin(), row.end());
    labels.push_back(label);
  }
};

inline Table ClassTable(int64_t features, int64_t classes) {
  Table table;
  table.features = features;
  table.info.task = Task::kClassification;
  table.info.classes = classes;
  table.info.input_shape = Shape{features};
  return table;
}

inline RawValue Value(double value) { return {value}; }
inline RawValue Text(const char* text) { return {std::string(text)}; }

// Clouds around one corner a class; `spread` 1 overlaps a little.
inline Table Clouds(int64_t count, int64_t features, int64_t classes, uint64_t seed,
                    float spread = 1) {
  Table table = ClassTable(features, classes);
  const RandomStream stream(seed, RandomPurpose::kSynthetic, 77);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t label = i % classes;
    std::vector<float> row;
    for (int64_t f = 0; f < features; ++f) {
      const float noise = stream.Uniform(i, 2 * f) + stream.Uniform(i, 2 * f + 1) - 1;
      row.push_back(2 * spread * noise + (f % classes == label ? 1.5f : 0.0f));
    }
    table.Add(std::move(row), static_cast<int32_t>(label));
  }
  return table;
}

// target = 2 x0 - x1 + 0.5, and noise.
inline Table Plane(int64_t count, int64_t features, float noise = 0) {
  Table table;
  table.features = features;
  table.info.task = Task::kRegression;
  table.info.targets = 1;
  table.info.input_shape = Shape{features};
  const RandomStream stream(5, RandomPurpose::kSynthetic, 78);
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t f = 0; f < features; ++f) table.values.push_back(2 * stream.Uniform(i, f) - 1);
    const float* row = &table.values[table.values.size() - static_cast<size_t>(features)];
    const float error = noise * (stream.Uniform(i, features) - 0.5f);
    table.targets.push_back(2 * row[0] - (features > 1 ? row[1] : 0) + 0.5f + error);
  }
  return table;
}

class CountingRun final : public LearnerRun {
 public:
  bool Stopping() const override { return stopping; }
  void Step(const LearnerStep& step) override {
    steps.push_back(step);
    if (on_step) on_step(step);
  }
  void Note(const std::string& text) override { notes.push_back(text); }

  bool stopping = false;
  std::function<void(const LearnerStep&)> on_step;
  std::vector<LearnerStep> steps;
  std::vector<std::string> notes;
};

class LearnerTest : public ::testing::Test {
 protected:
  static std::unique_ptr<Learner> Make(const std::string& type, RawMap params = {}) {
    Violations violations;
    std::unique_ptr<Learner> learner =
        MakeCatalog().Make({type, std::move(params)}, "learner", violations);
    EXPECT_TRUE(violations.empty()) << violations.ToStatus();
    return learner;
  }
  // What is wrong with these parameters; "" where nothing is.
  static std::string Wrong(const std::string& type, RawMap params) {
    Violations violations;
    MakeCatalog().Make({type, std::move(params)}, "learner", violations);
    return violations.empty() ? "" : Message(violations.ToStatus());
  }

  absl::Status Fit(Learner& learner, const Table& table, int threads = 1,
                   const Table* validation = nullptr) {
    ThreadPool pool(threads);
    LearnerSet set;
    set.train = table.view();
    if (validation != nullptr) set.validation = validation->view();
    set.info = &table.info;
    set.seed = 3;
    set.pool = &pool;
    return learner.Fit(set, run_);
  }
  static std::vector<float> Predict(const Learner& learner, const Table& table, int threads = 1) {
    ThreadPool pool(threads);
    std::vector<float> outputs(static_cast<size_t>(table.count() * OutputsOf(table.info)));
    learner.Predict(table.values.data(), table.count(), pool, outputs.data());
    return outputs;
  }
  static double Accuracy(const Learner& learner, const Table& table) {
    const std::vector<float> outputs = Predict(learner, table);
    const int64_t classes = table.info.classes;
    int64_t right = 0;
    for (int64_t i = 0; i < table.count(); ++i) {
      const auto row = outputs.begin() + i * classes;
      right += std::max_element(row, row + classes) - row == table.labels[i];
    }
    return static_cast<double>(right) / static_cast<double>(table.count());
  }
  static const NamedTensor& TensorNamed(const std::vector<NamedTensor>& tensors,
                                        const std::string& name) {
    for (const NamedTensor& tensor : tensors) {
      if (tensor.name == name) return tensor;
    }
    ADD_FAILURE() << "no tensor " << name;
    static const NamedTensor none;
    return none;
  }

  CountingRun run_;
};

}  // namespace trainyard::learners
