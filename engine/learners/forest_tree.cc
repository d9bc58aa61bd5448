#include "engine/learners/forest_tree.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

namespace trainyard::learners {
namespace {

constexpr int kMostBins = 256;
// Of a feature with more values than bins: from so many samples the quantiles are known well.
constexpr int64_t kQuantileSamples = 32768;
constexpr int kWordBits = 64;

// The values of a column in order; empty where there are more than bins.
std::vector<float> FewValues(const std::vector<float>& column) {
  std::vector<float> values;
  for (const float value : column) {
    const auto place = std::lower_bound(values.begin(), values.end(), value);
    if (place != values.end() && *place == value) continue;
    if (values.size() == kMostBins) return {};
    values.insert(place, value);
  }
  return values;
}

// Between two values; never the upper one, whatever rounding does.
float Between(float low, float high) {
  const float middle = low + (high - low) / 2;
  return middle >= low && middle < high ? middle : low;
}

std::vector<float> CutsOf(const std::vector<float>& column) {
  std::vector<float> cuts;
  const std::vector<float> values = FewValues(column);
  for (size_t i = 1; i < values.size(); ++i) cuts.push_back(Between(values[i - 1], values[i]));
  if (!values.empty()) return cuts;
  const int64_t count = static_cast<int64_t>(column.size());
  const int64_t taken = std::min(count, kQuantileSamples);
  std::vector<float> sorted(static_cast<size_t>(taken));
  for (int64_t i = 0; i < taken; ++i) sorted[i] = column[i * count / taken];
  std::sort(sorted.begin(), sorted.end());
  for (int64_t b = 1; b < kMostBins; ++b) {
    const int64_t at = b * taken / kMostBins;
    if (at == 0 || sorted[at - 1] == sorted[at]) continue;
    const float cut = Between(sorted[at - 1], sorted[at]);
    if (cuts.empty() || cut > cuts.back()) cuts.push_back(cut);
  }
  return cuts;
}

}  // namespace

BinnedSamples Bin(const LearnerSamples& samples, ThreadPool& pool) {
  BinnedSamples binned;
  binned.count = samples.count;
  binned.features = samples.features;
  binned.bins.resize(static_cast<size_t>(samples.count * samples.features));
  binned.cuts.resize(static_cast<size_t>(samples.features));
  pool.Run(static_cast<int>(samples.features), [&](int feature, int) {
    std::vector<float> column(static_cast<size_t>(samples.count));
    for (int64_t i = 0; i < samples.count; ++i)
      column[i] = samples.values[i * samples.features + feature];
    const std::vector<float> cuts = CutsOf(column);
    uint8_t* const bins = &binned.bins[static_cast<size_t>(feature * samples.count)];
    for (int64_t i = 0; i < samples.count; ++i) {
      bins[i] = static_cast<uint8_t>(std::lower_bound(cuts.begin(), cuts.end(), column[i]) -
                                     cuts.begin());
    }
    binned.cuts[static_cast<size_t>(feature)] = cuts;
  });
  return binned;
}

void ForestTree::AddShares(const float* row, double* sums) const {
  const TreeNode* node = nodes.data();
  while (node->feature >= 0)
    node = &nodes[node->left + (row[node->feature] <= node->threshold ? 0 : 1)];
  const int64_t count = static_cast<int64_t>(node->threshold);
  for (int64_t i = 0; i < count; ++i) {
    const LeafShare& share = shares[node->left + i];
    sums[share.label] += share.share;
  }
}

TreeGrower::TreeGrower(const BinnedSamples& samples, const int32_t* labels, int64_t classes,
                       const ForestSettings& settings)
    : samples_(samples),
      labels_(labels),
      classes_(classes),
      settings_(settings),
      order_(static_cast<size_t>(samples.count)),
      features_(static_cast<size_t>(samples.features)),
      totals_(static_cast<size_t>(classes)),
      left_(static_cast<size_t>(classes)),
      histogram_(static_cast<size_t>(kMostBins * classes)),
      bin_counts_(kMostBins) {}

uint32_t TreeGrower::Draw(uint32_t bound) {
  const auto words = stream_->Words(drawn_ >> 2 >> 32, drawn_ >> 2);
  const uint32_t word = words[drawn_ & 3];
  ++drawn_;
  return static_cast<uint32_t>((uint64_t{word} * bound) >> 32);
}

bool TreeGrower::Grow(const RandomStream& stream, const std::function<bool()>& stopping,
                      ForestTree& tree) {
  if (stopping()) return false;
  stream_ = &stream;
  drawn_ = 0;
  for (int32_t& sample : order_) sample = Draw(static_cast<uint32_t>(samples_.count));
  // In ascending order columns are read as they lie.
  std::sort(order_.begin(), order_.end());
  std::iota(features_.begin(), features_.end(), 0);
  tree.nodes.assign(1, {});
  std::vector<Range> waiting = {{0, 0, samples_.count, 0}};
  while (!waiting.empty()) {
    if (stopping()) return false;
    const Range range = waiting.back();
    waiting.pop_back();
    Split split;
    if (!CountClasses(range)) split = BestSplit(range);
    if (split.feature < 0) {
      MakeLeaf(range, tree);
      continue;
    }
    const uint8_t* const bins = &samples_.bins[split.feature * samples_.count];
    const auto middle =
        std::stable_partition(order_.begin() + range.begin, order_.begin() + range.end,
                              [&](int32_t sample) { return bins[sample] <= split.cut; });
    const int32_t left = static_cast<int32_t>(tree.nodes.size());
    tree.nodes[range.node] = {static_cast<int32_t>(split.feature),
                              samples_.cuts[split.feature][split.cut], left};
    tree.nodes.resize(tree.nodes.size() + 2);
    const int64_t cut = middle - order_.begin();
    waiting.push_back({left + 1, cut, range.end, range.depth + 1});
    waiting.push_back({left, range.begin, cut, range.depth + 1});
  }
  return true;
}

bool TreeGrower::CountClasses(const Range& range) {
  std::fill(totals_.begin(), totals_.end(), 0);
  for (int64_t i = range.begin; i < range.end; ++i) ++totals_[labels_[order_[i]]];
  total_squares_ = 0;
  int64_t largest = 0;
  for (const int64_t total : totals_) {
    total_squares_ += total * total;
    largest = std::max(largest, total);
  }
  const int64_t size = range.end - range.begin;
  return largest == size || size < 2 * settings_.min_samples_leaf ||
         (settings_.max_depth > 0 && range.depth >= settings_.max_depth);
}

// As scikit-learn: goes on beyond the number of features where all so far had one value only.
TreeGrower::Split TreeGrower::BestSplit(const Range& range) {
  Split best;
  bool varies = false;
  const int64_t count = samples_.features;
  for (int64_t tried = 0; tried < count && (tried < settings_.features_a_split || !varies);
       ++tried) {
    const int64_t other = tried + Draw(static_cast<uint32_t>(count - tried));
    std::swap(features_[tried], features_[other]);
    if (samples_.cuts[features_[tried]].empty()) continue;
    varies |= TryFeature(range, features_[tried], best);
  }
  return best;
}

void TreeGrower::BeginSweep() {
  std::fill(left_.begin(), left_.end(), 0);
  left_squares_ = 0;
  right_squares_ = total_squares_;
}

void TreeGrower::MoveLeft(int32_t label, int64_t count) {
  const int64_t left = left_[label];
  const int64_t right = totals_[label] - left;
  left_squares_ += count * (2 * left + count);
  right_squares_ -= count * (2 * right - count);
  left_[label] += count;
}

// The larger the sum of squared counts over the size of each side, the purer they are.
void TreeGrower::Consider(int64_t left_count, int64_t total, int64_t feature, int bin, int next_bin,
                          Split& best) {
  const int64_t right_count = total - left_count;
  if (left_count < settings_.min_samples_leaf || right_count < settings_.min_samples_leaf) return;
  const double score = static_cast<double>(left_squares_) / static_cast<double>(left_count) +
                       static_cast<double>(right_squares_) / static_cast<double>(right_count);
  if (score > best.score) best = {score, feature, (bin + next_bin - 1) / 2};
}

// Only bins that occur are cleared, and visited: most nodes have few samples.
bool TreeGrower::TryFeature(const Range& range, int64_t feature, Split& best) {
  std::array<uint64_t, kMostBins / kWordBits> occurs{};
  const uint8_t* const column = &samples_.bins[feature * samples_.count];
  for (int64_t i = range.begin; i < range.end; ++i) {
    const int32_t sample = order_[i];
    const int bin = column[sample];
    int32_t* const counts = &histogram_[bin * classes_];
    const uint64_t bit = uint64_t{1} << (bin % kWordBits);
    if ((occurs[bin / kWordBits] & bit) == 0) {
      occurs[bin / kWordBits] |= bit;
      std::fill_n(counts, classes_, 0);
      bin_counts_[bin] = 0;
    }
    ++counts[labels_[sample]];
    ++bin_counts_[bin];
  }
  BeginSweep();
  const int64_t total = range.end - range.begin;
  int64_t left_count = 0;
  int last = -1;
  for (size_t word = 0; word < occurs.size(); ++word) {
    for (uint64_t bits = occurs[word]; bits != 0; bits &= bits - 1) {
      const int bin = static_cast<int>(word) * kWordBits + std::countr_zero(bits);
      if (last >= 0) Consider(left_count, total, feature, last, bin, best);
      left_count += bin_counts_[bin];
      if (left_count == total) return last >= 0;
      const int32_t* const counts = &histogram_[bin * classes_];
      for (int64_t label = 0; label < classes_; ++label) {
        if (counts[label] > 0) MoveLeft(static_cast<int32_t>(label), counts[label]);
      }
      last = bin;
    }
  }
  return false;
}

void TreeGrower::MakeLeaf(const Range& range, ForestTree& tree) const {
  TreeNode& leaf = tree.nodes[range.node];
  leaf.left = static_cast<int32_t>(tree.shares.size());
  const float size = static_cast<float>(range.end - range.begin);
  for (int64_t label = 0; label < classes_; ++label) {
    if (totals_[label] == 0) continue;
    tree.shares.push_back({static_cast<int32_t>(label), static_cast<float>(totals_[label]) / size});
    leaf.threshold += 1;
  }
}

}  // namespace trainyard::learners
