// The only place that knows xgboost's C interface (1.7 of Debian 12, 3.0 of Debian 13) and that
// turns its errors into Status. Used by gradient_boosted_trees; by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace trainyard::learners {

// Samples as xgboost keeps them: its own copy, 8 bytes a value.
class TreeSamples {
 public:
  static absl::StatusOr<std::unique_ptr<TreeSamples>> Create(const float* values, int64_t count,
                                                             int64_t features, int threads);
  ~TreeSamples();
  TreeSamples(const TreeSamples&) = delete;
  TreeSamples& operator=(const TreeSamples&) = delete;

  int64_t count() const { return count_; }
  static int64_t BytesPerValue() { return 8; }

 private:
  friend class TreeBooster;
  TreeSamples(void* handle, int64_t count) : handle_(handle), count_(count) {}

  void* handle_;
  int64_t count_;
};

// A sum of trees, one output.
class TreeBooster {
 public:
  struct Parameter {
    std::string name;
    std::string value;
  };
  // `samples`: whose outputs are kept up to date as trees are added; they must outlive it. Empty
  // for prediction.
  static absl::StatusOr<std::unique_ptr<TreeBooster>> Create(
      const std::vector<const TreeSamples*>& samples, const std::vector<Parameter>& parameters);
  ~TreeBooster();
  TreeBooster(const TreeBooster&) = delete;
  TreeBooster& operator=(const TreeBooster&) = delete;

  absl::Status Set(const Parameter& parameter);
  // A tree that follows these derivatives of the loss, [count] each.
  absl::Status AddTree(const TreeSamples& samples, std::vector<float>& gradient,
                       std::vector<float>& curvature);
  // Drops all trees but the first ones, at least one.
  absl::Status KeepTrees(int64_t trees);
  // Of all trees, to out[i * stride].
  absl::Status Outputs(const TreeSamples& samples, float* out, int64_t stride) const;
  // Of the first `trees` trees (0: all), for samples of rows [count, features].
  absl::Status Outputs(const float* rows, int64_t count, int64_t features, int64_t trees,
                       float* out, int64_t stride) const;

  // In xgboost's own format (UBJ), which xgboost itself reads.
  absl::StatusOr<std::string> Save() const;
  absl::Status Load(const std::string& bytes);

 private:
  explicit TreeBooster(void* handle) : handle_(handle) {}

  void* handle_;
};

}  // namespace trainyard::learners
