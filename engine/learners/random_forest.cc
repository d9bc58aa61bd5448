// Random forest: trees grown each on its own bootstrap, whose shares of the classes are averaged.
// xgboost grows one tree a class where this grows one for all of them; see
// docs/decisions/learners.md.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/saturated.h"
#include "engine/base/status.h"
#include "engine/learners/checks.h"
#include "engine/learners/forest_tree.h"

namespace trainyard::learners {
namespace {

constexpr char kType[] = "random_forest";
constexpr int64_t kMostTrees = 10'000;
// Node numbers are kept as floats in the model file, which are exact below.
constexpr int64_t kMostSamples = int64_t{1} << 22;
constexpr int64_t kPredictRows = 64;
// Tells the draws apart from those of the data's subset.
constexpr uint32_t kFirstItem = 1u << 20;

int64_t FeaturesASplit(const Params& params, int64_t features) {
  const double count = static_cast<double>(features);
  double wanted = count;
  if (!params.IsWord("max_features")) {
    wanted = static_cast<double>(params.Ints("max_features")[0]);
  } else if (params.Str("max_features") == "sqrt") {
    wanted = std::sqrt(count);
  } else if (params.Str("max_features") == "log2") {
    wanted = std::log2(count);
  }
  return std::clamp<int64_t>(static_cast<int64_t>(wanted), 1, features);
}

class RandomForest final : public Learner {
 public:
  explicit RandomForest(const Params& params) : params_(params), trees_(params.Int("trees")) {}

  absl::Status Check(const DataInfo& info) const override { return NeedsClasses(kType, info); }

  absl::StatusOr<LearnerSize> SizeFor(const LearnerProblem& problem) const override {
    if (problem.samples > kMostSamples) {
      return absl::InvalidArgumentError(absl::StrCat("random_forest takes at most ", kMostSamples,
                                                     " training samples, the data ", "has ",
                                                     problem.samples,
                                                     "; use data.subset.train_size, or "
                                                     "gradient_boosted_trees"));
    }
    LearnerSize size;
    size.steps = trees_;
    // A fully grown tree has about a leaf for every six samples; a third is on the safe side. A
    // node or share takes 12 bytes, and as much again while the model is written.
    const int64_t leaves = problem.samples / 3 + 1;
    const int64_t model = MultiplySaturated(trees_, MultiplySaturated(leaves, 2 * 36));
    const int64_t one_thread = MultiplySaturated(problem.samples, 16);
    size.memory_bytes =
        AddSaturated(AddSaturated(model, MultiplySaturated(problem.samples, problem.features)),
                     MultiplySaturated(problem.threads, one_thread));
    return size;
  }

  RawComponent Loss(const DataInfo&) const override { return {"softmax_cross_entropy", {}}; }

  absl::Status Fit(const LearnerSet& set, LearnerRun& run) override {
    features_ = set.train.features;
    classes_ = set.info->classes;
    const BinnedSamples binned = Bin(set.train, *set.pool);
    if (run.Stopping()) return Stopped();
    ForestSettings settings;
    settings.features_a_split = FeaturesASplit(params_, features_);
    settings.max_depth = params_.Int("max_depth");
    settings.min_samples_leaf = params_.Int("min_samples_leaf");
    std::vector<std::unique_ptr<TreeGrower>> growers;
    for (int i = 0; i < set.pool->threads(); ++i) {
      growers.push_back(std::make_unique<TreeGrower>(binned, set.train.labels, classes_, settings));
    }
    forest_.assign(static_cast<size_t>(trees_), {});
    std::atomic<int64_t> done{0};
    set.pool->Run(static_cast<int>(trees_), [&](int tree, int thread) {
      const RandomStream stream(set.seed, RandomPurpose::kSubset,
                                kFirstItem + static_cast<uint32_t>(tree));
      if (!growers[thread]->Grow(
              stream, [&] { return run.Stopping(); }, forest_[tree]))
        return;
      const int64_t now = ++done;
      if (thread == 0 && now < trees_) run.Step({now, trees_});
    });
    if (run.Stopping()) return Stopped();
    run.Step({trees_, trees_});
    return absl::OkStatus();
  }

  std::vector<NamedTensor> Export() const override {
    NamedTensor sizes{"trees", {static_cast<int64_t>(forest_.size()), 2}, {}};
    NamedTensor nodes{"nodes", {0, 3}, {}};
    NamedTensor shares{"shares", {0, 2}, {}};
    for (const ForestTree& tree : forest_) {
      sizes.values.push_back(static_cast<float>(tree.nodes.size()));
      sizes.values.push_back(static_cast<float>(tree.shares.size()));
      for (const TreeNode& node : tree.nodes) {
        nodes.values.insert(nodes.values.end(), {static_cast<float>(node.feature), node.threshold,
                                                 static_cast<float>(node.left)});
      }
      for (const LeafShare& share : tree.shares)
        shares.values.insert(shares.values.end(), {static_cast<float>(share.label), share.share});
    }
    nodes.shape[0] = static_cast<int64_t>(nodes.values.size()) / 3;
    shares.shape[0] = static_cast<int64_t>(shares.values.size()) / 2;
    return {std::move(sizes), std::move(nodes), std::move(shares)};
  }

  absl::Status Restore(const DataInfo& info, int64_t features,
                       const std::vector<NamedTensor>& tensors) override {
    features_ = features;
    classes_ = info.classes;
    ASSIGN_OR_RETURN(const NamedTensor* sizes, TensorOf(tensors, "trees", {-1, 2}));
    ASSIGN_OR_RETURN(const NamedTensor* nodes, TensorOf(tensors, "nodes", {-1, 3}));
    ASSIGN_OR_RETURN(const NamedTensor* shares, TensorOf(tensors, "shares", {-1, 2}));
    forest_.clear();
    int64_t node = 0;
    int64_t share = 0;
    for (int64_t i = 0; i < sizes->shape[0]; ++i) {
      const float own_nodes = sizes->values[2 * i];
      const float own_shares = sizes->values[2 * i + 1];
      if (!(own_nodes >= 1 && own_nodes <= static_cast<float>(nodes->shape[0] - node) &&
            own_shares >= 1 && own_shares <= static_cast<float>(shares->shape[0] - share))) {
        return BrokenModel(absl::StrCat("tree ", i, " is larger than what is left"));
      }
      ForestTree& tree = forest_.emplace_back();
      for (const int64_t end = node + static_cast<int64_t>(own_nodes); node < end; ++node) {
        const float* const v = &nodes->values[3 * node];
        tree.nodes.push_back({static_cast<int32_t>(v[0]), v[1], static_cast<int32_t>(v[2])});
      }
      for (const int64_t end = share + static_cast<int64_t>(own_shares); share < end; ++share) {
        const float* const v = &shares->values[2 * share];
        tree.shares.push_back({static_cast<int32_t>(v[0]), v[1]});
      }
      RETURN_IF_ERROR(CheckTree(tree));
    }
    return forest_.empty() ? BrokenModel("it has no trees") : absl::OkStatus();
  }

  void Predict(const float* rows, int64_t count, ThreadPool& pool, float* outputs) const override {
    const int tiles = static_cast<int>((count + kPredictRows - 1) / kPredictRows);
    pool.Run(tiles, [&](int tile, int) {
      std::vector<double> sums(static_cast<size_t>(classes_));
      const int64_t end = std::min(count, (tile + 1) * kPredictRows);
      for (int64_t row = tile * kPredictRows; row < end; ++row) {
        std::fill(sums.begin(), sums.end(), 0.0);
        for (const ForestTree& tree : forest_) tree.AddShares(rows + row * features_, sums.data());
        for (int64_t c = 0; c < classes_; ++c) {
          outputs[row * classes_ + c] =
              LogProbability(sums[c] / static_cast<double>(forest_.size()));
        }
      }
    });
  }

 private:
  // Children come after their parents: every walk ends.
  absl::Status CheckTree(const ForestTree& tree) const {
    const int64_t nodes = static_cast<int64_t>(tree.nodes.size());
    const double shares = static_cast<double>(tree.shares.size());
    for (int64_t i = 0; i < nodes; ++i) {
      const TreeNode& node = tree.nodes[i];
      const bool leaf = node.feature == -1;
      const bool good = leaf ? node.left >= 0 && node.threshold >= 0 &&
                                   static_cast<double>(node.left) + node.threshold <= shares
                             : node.feature >= 0 && node.feature < features_ && node.left > i &&
                                   node.left + int64_t{1} < nodes;
      if (!good) return BrokenModel(absl::StrCat("node ", i, " of a tree leads nowhere"));
    }
    for (const LeafShare& share : tree.shares) {
      if (share.label < 0 || share.label >= classes_)
        return BrokenModel("a leaf has a class that the data does not have");
    }
    return absl::OkStatus();
  }

  const Params params_;
  const int64_t trees_;
  int64_t features_ = 0;
  int64_t classes_ = 0;
  std::vector<ForestTree> forest_;
};

}  // namespace

CatalogEntry<Learner> RandomForestEntry() {
  return {
      Schema(
          kType,
          "Random forest: decision trees, each grown on its own draw of the samples and choosing "
          "among few features at each split; they vote with probabilities.")
          .Add(Integer("trees", "How many.")
                   .Default(100)
                   .AtLeast(1)
                   .AtMost(static_cast<double>(kMostTrees)))
          .Add(Integers("max_features",
                        "Features drawn for a split: a number, or the square root "
                        "or the logarithm of all, or all.")
                   .Default("sqrt")
                   .AtLeast(1)
                   .Size(1, 1)
                   .OneOf({"sqrt", "log2", "all"}))
          .Add(Integer("max_depth", "Levels of a tree; 0: until its leaves are pure.")
                   .Default(0)
                   .AtLeast(0)
                   .AtMost(1000))
          .Add(Integer("min_samples_leaf", "Least samples in a leaf.")
                   .Default(1)
                   .AtLeast(1)
                   .AtMost(1e6))
          .Example("{type: random_forest, trees: 20}"),
      [](const Params& params, Violations&) { return std::make_unique<RandomForest>(params); }};
}

}  // namespace trainyard::learners
