// One tree of a random forest (Breiman 2001): grown on a bootstrap of the samples, each split the
// best by Gini's impurity among some features drawn for it.
//
// Values are told apart by bins: exactly where a feature has few values (bytes of images), else by
// its quantiles. A tree is a function of bins, labels, settings and its stream of random numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/base/philox.h"
#include "engine/learners/learner.h"

namespace trainyard::learners {

struct BinnedSamples {
  int64_t count = 0;
  int64_t features = 0;
  std::vector<uint8_t> bins;  // [features, count]
  std::vector<std::vector<float>>
      cuts;  // of each feature: bin b is above cuts[b - 1], up to cuts[b]
};
BinnedSamples Bin(const LearnerSamples& samples, ThreadPool& pool);

struct ForestSettings {
  int64_t features_a_split = 1;
  int64_t max_depth = 0;  // 0: no bound
  int64_t min_samples_leaf = 1;
};

// A node: x[feature] <= threshold goes to `left`, else to left + 1. A leaf (feature -1) has
// `threshold` shares from `left` on.
struct TreeNode {
  int32_t feature = -1;
  float threshold = 0;
  int32_t left = 0;
};
struct LeafShare {
  int32_t label = 0;
  float share = 0;
};
struct ForestTree {
  std::vector<TreeNode> nodes;
  std::vector<LeafShare> shares;

  // Adds the shares of a sample's leaf to `sums`, [classes].
  void AddShares(const float* row, double* sums) const;
};

// Work space of one thread.
class TreeGrower {
 public:
  TreeGrower(const BinnedSamples& samples, const int32_t* labels, int64_t classes,
             const ForestSettings& settings);

  // False where `stopping` said so.
  bool Grow(const RandomStream& stream, const std::function<bool()>& stopping, ForestTree& tree);

 private:
  struct Range {
    int32_t node;
    int64_t begin;
    int64_t end;
    int64_t depth;
  };
  struct Split {
    double score = -1;
    int64_t feature = -1;
    int cut = 0;
  };

  uint32_t Draw(uint32_t bound);
  // Counts of the range's classes; true where it is to become a leaf.
  bool CountClasses(const Range& range);
  Split BestSplit(const Range& range);
  // False where the feature has one value only.
  bool TryFeature(const Range& range, int64_t feature, Split& best);
  // Scores the cut between two bins that are next to each other here.
  void Consider(int64_t left_count, int64_t total, int64_t feature, int bin, int next_bin,
                Split& best);
  void MoveLeft(int32_t label, int64_t count);
  void BeginSweep();
  void MakeLeaf(const Range& range, ForestTree& tree) const;

  const BinnedSamples& samples_;
  const int32_t* const labels_;
  const int64_t classes_;
  const ForestSettings settings_;
  const RandomStream* stream_ = nullptr;
  uint64_t drawn_ = 0;
  std::vector<int32_t> order_;     // samples of the tree, by node
  std::vector<int32_t> features_;  // a permutation
  std::vector<int64_t> totals_;    // [classes] of the node
  // Of a sweep from the lowest bin up: what lies left and right of the cut.
  std::vector<int64_t> left_;
  int64_t left_squares_ = 0;
  int64_t right_squares_ = 0;
  int64_t total_squares_ = 0;
  std::vector<int32_t> histogram_;   // [bins, classes]
  std::vector<int64_t> bin_counts_;  // [bins]
};

}  // namespace trainyard::learners
