// Kernel support vector machine (C-SVC): a machine for each pair of classes, which vote. The pairs
// are what the threads share; a single pair shares its kernel rows.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/saturated.h"
#include "engine/base/status.h"
#include "engine/learners/checks.h"
#include "engine/learners/svm_pair.h"
#include "engine/tensor/onednn.h"

namespace trainyard::learners {
namespace {

constexpr char kType[] = "kernel_svm";
// Time grows with the square of the samples, at least.
constexpr int64_t kMostSamples = 200'000;
constexpr int64_t kMostClasses = 200;
constexpr int64_t kBytesPerMebibyte = int64_t{1} << 20;
constexpr int64_t kPredictRows = 32;
constexpr int64_t kPredictColumns = 1024;

struct Pair {
  int64_t first;
  int64_t second;
};

std::vector<Pair> PairsOf(int64_t classes) {
  std::vector<Pair> pairs;
  for (int64_t i = 0; i < classes; ++i) {
    for (int64_t j = i + 1; j < classes; ++j) pairs.push_back({i, j});
  }
  return pairs;
}

class KernelSvm final : public Learner {
 public:
  KernelSvm(const Kernel& kernel, const SvmSettings& settings, bool scale, bool automatic)
      : kernel_(kernel), settings_(settings), scale_(scale), automatic_(automatic) {}

  absl::Status Check(const DataInfo& info) const override {
    RETURN_IF_ERROR(NeedsClasses(kType, info));
    if (info.classes <= kMostClasses) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(
        "kernel_svm has a machine for each pair of classes and takes at most ", kMostClasses,
        " classes, the data has ", info.classes, "; linear_svm has one a class"));
  }

  absl::StatusOr<LearnerSize> SizeFor(const LearnerProblem& problem) const override {
    if (problem.samples > kMostSamples) {
      return absl::InvalidArgumentError(absl::StrCat(
          "kernel_svm compares samples with each other and takes at most ", kMostSamples,
          " training samples, the data has ", problem.samples,
          "; fourier_svm approximates the rbf kernel for any number, data.subset.train_size takes "
          "fewer"));
    }
    LearnerSize size;
    const int64_t classes = problem.info.classes;
    const int64_t pairs = classes * (classes - 1) / 2;
    size.steps = std::max<int64_t>(1, pairs);
    const int64_t solvers = std::clamp<int64_t>(pairs, 1, problem.threads);
    const int64_t one = SvmPair::MemoryBytes(settings_, problem.features, problem.samples);
    const int64_t copy = MultiplySaturated(problem.samples, problem.features * 8 + classes * 12);
    size.memory_bytes = AddSaturated(MultiplySaturated(solvers, one), copy);
    return size;
  }

  RawComponent Loss(const DataInfo&) const override { return {"hinge", {}}; }
  bool has_probabilities() const override { return false; }

  absl::Status Fit(const LearnerSet& set, LearnerRun& run) override {
    SetShape(*set.info, set.train.features);
    if (scale_) kernel_.gamma = ScaleGamma(set.train.values, set.train.count, features_);
    if (automatic_) kernel_.gamma = 1 / static_cast<double>(features_);
    SortByClass(set.train);
    const std::vector<Pair> pairs = PairsOf(classes_);
    std::vector<SvmSolution> solutions(pairs.size());
    if (!SolvePairs(pairs, *set.pool, run, solutions)) return Stopped();
    Keep(pairs, solutions);
    run.Note(absl::StrCat(norms_.size(), " support vectors of ", set.train.count,
                          " training samples; gamma ", kernel_.gamma));
    const bool all = std::all_of(solutions.begin(), solutions.end(),
                                 [](const SvmSolution& s) { return s.converged; });
    if (!all)
      run.Note("not every pair of classes converged; standardise the data or take a smaller c");
    return absl::OkStatus();
  }

  std::vector<NamedTensor> Export() const override {
    const int64_t count = static_cast<int64_t>(norms_.size());
    std::vector<float> counts;
    for (int64_t c = 0; c < classes_; ++c)
      counts.push_back(static_cast<float>(begin_[c + 1] - begin_[c]));
    return {{"support_vectors", {count, features_}, vectors_},
            {"coefficients", {count, classes_ - 1}, coefficients_},
            {"support_counts", {classes_}, std::move(counts)},
            {"bias", {static_cast<int64_t>(bias_.size())}, bias_},
            {"gamma", {1}, {static_cast<float>(kernel_.gamma)}}};
  }

  absl::Status Restore(const DataInfo& info, int64_t features,
                       const std::vector<NamedTensor>& tensors) override {
    SetShape(info, features);
    ASSIGN_OR_RETURN(const NamedTensor* vectors,
                     TensorOf(tensors, "support_vectors", {-1, features_}));
    const int64_t count = vectors->shape[0];
    ASSIGN_OR_RETURN(const NamedTensor* coefficients,
                     TensorOf(tensors, "coefficients", {count, classes_ - 1}));
    ASSIGN_OR_RETURN(const NamedTensor* counts, TensorOf(tensors, "support_counts", {classes_}));
    ASSIGN_OR_RETURN(const NamedTensor* bias,
                     TensorOf(tensors, "bias", {classes_ * (classes_ - 1) / 2}));
    ASSIGN_OR_RETURN(const NamedTensor* gamma, TensorOf(tensors, "gamma", {1}));
    begin_.assign(1, 0);
    for (const float n : counts->values) {
      if (!(n >= 0 && n <= static_cast<float>(count)))
        return BrokenModel("a number of support vectors is none");
      begin_.push_back(begin_.back() + static_cast<int64_t>(n));
    }
    if (begin_.back() != count) return BrokenModel("its support vectors do not add up");
    vectors_ = vectors->values;
    coefficients_ = coefficients->values;
    bias_ = bias->values;
    kernel_.gamma = gamma->values[0];
    norms_ = SquaredNorms(vectors_.data(), count, features_);
    return absl::OkStatus();
  }

  void Predict(const float* rows, int64_t count, ThreadPool& pool, float* outputs) const override {
    const int tiles = static_cast<int>((count + kPredictRows - 1) / kPredictRows);
    pool.Run(tiles, [&](int tile, int) {
      const int64_t first = tile * kPredictRows;
      const int64_t block = std::min(kPredictRows, count - first);
      PredictBlock(rows + first * features_, block, outputs + first * classes_);
    });
  }

 private:
  void SetShape(const DataInfo& info, int64_t features) {
    features_ = features;
    classes_ = info.classes;
  }

  // Samples of a class beside each other.
  void SortByClass(const LearnerSamples& samples) {
    begin_.assign(static_cast<size_t>(classes_ + 1), 0);
    for (int64_t i = 0; i < samples.count; ++i) ++begin_[samples.labels[i] + 1];
    for (int64_t c = 0; c < classes_; ++c) begin_[c + 1] += begin_[c];
    std::vector<int64_t> next(begin_.begin(), begin_.end() - 1);
    vectors_.resize(static_cast<size_t>(samples.count * features_));
    for (int64_t i = 0; i < samples.count; ++i) {
      const int64_t place = next[samples.labels[i]]++;
      std::copy_n(samples.values + i * features_, features_, &vectors_[place * features_]);
    }
    norms_ = SquaredNorms(vectors_.data(), samples.count, features_);
  }

  KernelRows RowsOf(int64_t c) const {
    return {vectors_.data() + begin_[c] * features_, norms_.data() + begin_[c],
            begin_[c + 1] - begin_[c]};
  }

  bool SolvePairs(const std::vector<Pair>& pairs, ThreadPool& pool, LearnerRun& run,
                  std::vector<SvmSolution>& solutions) const {
    int64_t largest = 0;
    for (const Pair& pair : pairs)
      largest = std::max(largest, RowsOf(pair.first).count + RowsOf(pair.second).count);
    const int64_t total = static_cast<int64_t>(pairs.size());
    const bool alone = total == 1;
    std::vector<std::unique_ptr<SvmPair>> solvers;
    for (int64_t i = 0; i < (alone ? 1 : std::min<int64_t>(total, pool.threads())); ++i)
      solvers.push_back(std::make_unique<SvmPair>(kernel_, settings_, features_, largest));
    std::atomic<int64_t> done{0};
    int64_t told = 0;
    const auto stopping = [&] { return run.Stopping(); };
    const auto solve = [&](int tile, int thread) {
      if (run.Stopping()) return;
      const KernelRows first = RowsOf(pairs[tile].first);
      const KernelRows second = RowsOf(pairs[tile].second);
      // A class without samples gets no vote (Keep).
      if (first.count > 0 && second.count > 0 &&
          !solvers[thread]->Solve(first, second, alone ? &pool : nullptr, stopping,
                                  solutions[tile])) {
        return;
      }
      const int64_t now = ++done;
      if (thread != 0 || now == total || run.Stopping()) return;
      told = now;
      run.Step({now, total});
    };
    if (alone) {
      solve(0, 0);
    } else {
      pool.Run(static_cast<int>(total), solve);
    }
    if (run.Stopping()) return false;
    run.Step({std::max<int64_t>(1, total), std::max<int64_t>(1, total)});
    return true;
  }

  // Keeps the samples that are support vectors of any pair.
  void Keep(const std::vector<Pair>& pairs, const std::vector<SvmSolution>& solutions) {
    const int64_t count = static_cast<int64_t>(norms_.size());
    const int64_t width = classes_ - 1;
    std::vector<float> all(static_cast<size_t>(count * width));
    bias_.clear();
    for (size_t p = 0; p < pairs.size(); ++p) {
      const auto [i, j] = pairs[p];
      const int64_t first = begin_[i + 1] - begin_[i];
      const std::vector<float>& solved = solutions[p].coefficients;
      for (size_t k = 0; k < solved.size(); ++k) {
        const int64_t at = static_cast<int64_t>(k);
        if (at < first) {
          all[(begin_[i] + at) * width + j - 1] = solved[k];
        } else {
          all[(begin_[j] + at - first) * width + i] = solved[k];
        }
      }
      // Where one of the two has no samples the other has its vote.
      const bool empty_first = first == 0;
      const bool empty_second = begin_[j + 1] == begin_[j];
      bias_.push_back(empty_second && !empty_first   ? 1.0f
                      : empty_first && !empty_second ? -1.0f
                                                     : solutions[p].bias);
    }
    std::vector<int64_t> begin(1, 0);
    int64_t kept = 0;
    coefficients_.clear();
    for (int64_t c = 0; c < classes_; ++c) {
      for (int64_t i = begin_[c]; i < begin_[c + 1]; ++i) {
        const float* const own = all.data() + i * width;
        if (std::all_of(own, own + width, [](float v) { return v == 0; })) continue;
        std::copy_n(vectors_.data() + i * features_, features_, vectors_.data() + kept * features_);
        norms_[kept++] = norms_[i];
        coefficients_.insert(coefficients_.end(), own, own + width);
      }
      begin.push_back(kept);
    }
    begin_ = std::move(begin);
    norms_.resize(static_cast<size_t>(kept));
    vectors_.resize(static_cast<size_t>(kept * features_));
    vectors_.shrink_to_fit();
  }

  // Decisions of all pairs by products of kernel values and coefficients, class by class, then
  // votes.
  void PredictBlock(const float* rows, int64_t count, float* outputs) const {
    const int64_t width = classes_ - 1;
    const std::vector<float> norms = SquaredNorms(rows, count, features_);
    std::vector<float> values(static_cast<size_t>(count * kPredictColumns));
    std::vector<float> sums(static_cast<size_t>(count * classes_ * width));
    for (int64_t c = 0; c < classes_; ++c) {
      for (int64_t at = begin_[c]; at < begin_[c + 1]; at += kPredictColumns) {
        const int64_t columns = std::min(kPredictColumns, begin_[c + 1] - at);
        KernelBlock(kernel_, {rows, norms.data(), count},
                    {vectors_.data() + at * features_, norms_.data() + at, columns}, features_,
                    nullptr, values.data(), columns);
        onednn::Gemm(count, width, columns, 1, {values.data(), columns, false},
                     {coefficients_.data() + at * width, width, false}, 1, sums.data() + c * width,
                     classes_ * width);
      }
    }
    for (int64_t row = 0; row < count; ++row)
      Vote(sums.data() + row * classes_ * width, outputs + row * classes_);
  }

  // A vote for each pair won, and less than half a vote more by how clearly (scikit-learn's
  // decision function).
  void Vote(const float* sums, float* outputs) const {
    const int64_t width = classes_ - 1;
    std::vector<double> votes(static_cast<size_t>(classes_));
    std::vector<double> confidence(static_cast<size_t>(classes_));
    size_t pair = 0;
    for (int64_t i = 0; i < classes_; ++i) {
      for (int64_t j = i + 1; j < classes_; ++j, ++pair) {
        const double decision =
            static_cast<double>(sums[i * width + j - 1]) + sums[j * width + i] + bias_[pair];
        confidence[i] += decision;
        confidence[j] -= decision;
        votes[decision > 0 ? i : j] += 1;
      }
    }
    for (int64_t c = 0; c < classes_; ++c) {
      const double sure = confidence[c];
      outputs[c] =
          static_cast<float>(classes_ == 2 ? sure : votes[c] + sure / (3 * (std::abs(sure) + 1)));
    }
  }

  Kernel kernel_;
  const SvmSettings settings_;
  const bool scale_;
  const bool automatic_;
  int64_t features_ = 0;
  int64_t classes_ = 0;
  std::vector<float> vectors_;       // [support, features], by class
  std::vector<float> norms_;         // [support]
  std::vector<int64_t> begin_;       // of each class, and the end
  std::vector<float> coefficients_;  // [support, classes - 1]: against each other class, in order
  std::vector<float> bias_;          // of each pair
};

std::unique_ptr<Learner> MakeKernelSvm(const Params& params, Violations& violations) {
  Kernel kernel;
  const std::string& kind = params.Str("kernel");
  kernel.kind = kind == "rbf"    ? KernelKind::kRbf
                : kind == "poly" ? KernelKind::kPolynomial
                                 : KernelKind::kLinear;
  kernel.coef0 = params.Num("coef0");
  kernel.degree = params.Int("degree");
  const bool given = params.Has("gamma");
  if (given) kernel.gamma = params.Num("gamma");
  if (given && params.Has("gamma_rule"))
    violations.Add(params.PathOf("gamma_rule"), "not allowed beside gamma, which is a number");
  const bool automatic = params.Has("gamma_rule") && params.Str("gamma_rule") == "auto";
  SvmSettings settings;
  settings.c = params.Num("c");
  settings.tolerance = params.Num("tolerance");
  settings.cache_bytes = params.Int("cache_mebibytes") * kBytesPerMebibyte;
  return std::make_unique<KernelSvm>(kernel, settings, !given && !automatic, automatic);
}

}  // namespace

CatalogEntry<Learner> KernelSvmEntry() {
  return {Schema(kType,
                 "Support vector machine with a kernel: a machine for each pair of classes, which "
                 "vote. Time grows with the square of the samples. Its outputs are votes, not "
                 "probabilities.")
              .Add(Number("c", "Weight of the errors; smaller regularises more.")
                       .Default(1.0)
                       .Above(0)
                       .AtMost(1e9))
              .Add(String("kernel", "What two samples are compared by.")
                       .Default("rbf")
                       .OneOf({"rbf", "poly", "linear"}))
              .Add(Number("gamma",
                          "rbf: exp(-gamma * squared distance); poly: (gamma * product + "
                          "coef0)^degree. Absent: see gamma_rule.")
                       .Above(0)
                       .AtMost(1e9))
              .Add(String("gamma_rule",
                          "gamma from the training samples: scale (the default) is 1 / (features * "
                          "variance of their values), auto is 1 / features.")
                       .OneOf({"scale", "auto"}))
              .Add(Integer("degree", "Of the poly kernel.").Default(3).AtLeast(1).AtMost(10))
              .Add(Number("coef0", "Of the poly kernel.").Default(0.0).AtLeast(-1e6).AtMost(1e6))
              .Add(Number("tolerance", "How far the optimality conditions may be missed.")
                       .Default(1e-3)
                       .AtLeast(1e-5)
                       .AtMost(1))
              .Add(Integer("cache_mebibytes", "For kernel values that are kept, on each core.")
                       .Default(512)
                       .AtLeast(16)
                       .AtMost(65536))
              .Example("{type: kernel_svm, c: 10}"),
          MakeKernelSvm};
}

}  // namespace trainyard::learners
