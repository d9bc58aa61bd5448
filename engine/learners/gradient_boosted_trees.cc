// Gradient-boosted trees (Friedman 2001; Chen and Guestrin 2016) by xgboost's histograms: a tree a
// round for each column of outputs, with derivatives that we compute, so that threads change no bit
// (tree_loss.h) and a stop waits for one tree.
#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/philox.h"
#include "engine/base/saturated.h"
#include "engine/base/sha256.h"
#include "engine/base/status.h"
#include "engine/learners/checks.h"
#include "engine/learners/tree_loss.h"
#include "engine/learners/xgboost.h"

namespace trainyard::learners {
namespace {

constexpr char kType[] = "gradient_boosted_trees";
constexpr char kProgress[] = "progress";
constexpr int64_t kMostRounds = 100'000;
// xgboost's histogram of a feature's value: two doubles.
constexpr int64_t kBytesPerBin = 16;
// Tells the draws apart from those of the data's subset.
constexpr uint32_t kDrawsItem = 1;
constexpr size_t kLengthBytes = sizeof(uint64_t);
constexpr size_t kDigestBytes = 64;

std::string BoosterName(size_t column) { return absl::StrCat("booster.", column); }

// Bytes as a tensor: their number, themselves, and their SHA-256: xgboost reads beyond the end of
// what it did not write.
NamedTensor PackBytes(std::string name, const std::string& bytes) {
  const uint64_t length = bytes.size();
  const size_t size = kLengthBytes + bytes.size() + kDigestBytes;
  const size_t floats = (size + sizeof(float) - 1) / sizeof(float);
  NamedTensor tensor{std::move(name), {static_cast<int64_t>(floats)}, std::vector<float>(floats)};
  char* const place = reinterpret_cast<char*>(tensor.values.data());
  std::memcpy(place, &length, kLengthBytes);
  std::memcpy(place + kLengthBytes, bytes.data(), bytes.size());
  std::memcpy(place + kLengthBytes + bytes.size(), Sha256Hex(bytes).data(), kDigestBytes);
  return tensor;
}

absl::StatusOr<std::string> UnpackBytes(const NamedTensor& tensor) {
  const size_t size = tensor.values.size() * sizeof(float);
  const char* const place = reinterpret_cast<const char*>(tensor.values.data());
  uint64_t length = 0;
  if (size >= kLengthBytes) std::memcpy(&length, place, kLengthBytes);
  constexpr size_t kAround = kLengthBytes + kDigestBytes;
  if (size < kAround || length > size - kAround)
    return BrokenModel(absl::StrCat("tensor '", tensor.name, "' is cut short"));
  std::string bytes(place + kLengthBytes, length);
  if (std::string(place + kLengthBytes + length, kDigestBytes) != Sha256Hex(bytes))
    return BrokenModel(
        absl::StrCat("the bytes of tensor '", tensor.name, "' are not what they were"));
  return bytes;
}

class GradientBoostedTrees final : public Learner {
 public:
  explicit GradientBoostedTrees(const Params& params)
      : rounds_(params.Int("rounds")),
        max_depth_(params.Int("max_depth")),
        max_bins_(params.Int("max_bins")),
        patience_(params.Int("early_stopping_rounds")),
        subsample_(static_cast<float>(params.Num("subsample"))) {
    parameters_ = {
        {"verbosity", "0"},
        {"objective", "reg:squarederror"},  // never asked: the derivatives are ours
        {"base_score", "0"},
        {"tree_method", "hist"},
        {"max_depth", absl::StrCat(max_depth_)},
        {"max_bin", absl::StrCat(max_bins_)},
        {"eta", absl::StrCat(params.Num("learning_rate"))},
        {"min_child_weight", absl::StrCat(params.Num("min_child_weight"))},
        {"lambda", absl::StrCat(params.Num("l2"))},
        {"gamma", absl::StrCat(params.Num("min_split_gain"))},
    };
  }

  absl::Status Check(const DataInfo& info) const override { return NeedsNumbers(kType, info); }

  absl::StatusOr<LearnerSize> SizeFor(const LearnerProblem& problem) const override {
    LearnerSize size;
    size.steps = rounds_;
    const int64_t columns = TreeColumns(problem.info);
    const int64_t samples = AddSaturated(problem.samples, problem.validation_samples);
    // xgboost's copy and its bins, outputs kept by us and by it, derivatives; histograms of the
    // nodes of a level.
    const int64_t per_sample = AddSaturated(
        MultiplySaturated(problem.features, TreeSamples::BytesPerValue() + 2), 12 * columns + 32);
    const int64_t nodes = int64_t{2} << std::min<int64_t>(max_depth_, 12);
    const int64_t histograms =
        MultiplySaturated(MultiplySaturated(problem.features, max_bins_ * kBytesPerBin), nodes);
    size.memory_bytes = AddSaturated(MultiplySaturated(samples, per_sample), histograms);
    return size;
  }

  RawComponent Loss(const DataInfo& info) const override {
    return {info.task == Task::kRegression ? "mean_squared_error" : "softmax_cross_entropy", {}};
  }
  bool wants_validation() const override { return true; }
  bool resumable() const override { return true; }

  absl::Status Fit(const LearnerSet& set, LearnerRun& run) override {
    std::vector<std::string> earlier;
    for (const auto& booster : boosters_) {
      ASSIGN_OR_RETURN(earlier.emplace_back(), booster->Save());
    }
    SetShape(*set.info, set.train.features);
    Rounds rounds{set, run};
    RETURN_IF_ERROR(Prepare(earlier, rounds));
    const absl::Status fitted = Boost(rounds);
    threads_ = 0;
    // What the boosters hold on to ends with this call.
    RETURN_IF_ERROR(LetGoOfSamples());
    return fitted;
  }

  std::vector<NamedTensor> Export() const override {
    std::vector<NamedTensor> tensors;
    for (size_t i = 0; i < boosters_.size(); ++i) {
      auto bytes = boosters_[i]->Save();
      tensors.push_back(PackBytes(BoosterName(i), bytes.ok() ? *bytes : std::string()));
    }
    tensors.push_back(
        {kProgress, {3}, {static_cast<float>(done_), static_cast<float>(best_), best_loss_}});
    return tensors;
  }

  absl::Status Restore(const DataInfo& info, int64_t features,
                       const std::vector<NamedTensor>& tensors) override {
    SetShape(info, features);
    ASSIGN_OR_RETURN(const NamedTensor* progress, TensorOf(tensors, kProgress, {3}));
    done_ = static_cast<int64_t>(progress->values[0]);
    best_ = static_cast<int64_t>(progress->values[1]);
    best_loss_ = progress->values[2];
    std::vector<std::string> saved;
    for (int64_t i = 0; i < columns_; ++i) {
      ASSIGN_OR_RETURN(const NamedTensor* packed,
                       TensorOf(tensors, BoosterName(static_cast<size_t>(i)), {-1}));
      ASSIGN_OR_RETURN(saved.emplace_back(), UnpackBytes(*packed));
    }
    const absl::Status loaded = LoadBoosters({}, saved);
    return loaded.ok() ? loaded : BrokenModel(Message(loaded));
  }

  void Predict(const float* rows, int64_t count, ThreadPool& pool, float* outputs) const override {
    const int64_t width = classes_ == 2 ? 2 : columns_;
    const bool other_threads = std::exchange(threads_, pool.threads()) != pool.threads();
    for (int64_t column = 0; column < columns_; ++column) {
      TreeBooster& booster = *boosters_[static_cast<size_t>(column)];
      absl::Status status;
      if (other_threads) status = booster.Set({"nthread", absl::StrCat(threads_)});
      if (status.ok())
        status = booster.Outputs(rows, count, features_, best_,
                                 outputs + (width - columns_) + column, width);
      TRAINYARD_CHECK(status.ok(), Message(status));
    }
    if (width == columns_) return;
    for (int64_t i = 0; i < count; ++i) {  // a score, half of it for each class
      outputs[2 * i + 1] *= 0.5f;
      outputs[2 * i] = -outputs[2 * i + 1];
    }
  }

 private:
  // What one fit works with.
  struct Rounds {
    const LearnerSet& set;
    LearnerRun& run;
    std::unique_ptr<TreeSamples> train{};
    std::unique_ptr<TreeSamples> validation{};  // null where there is none
    std::vector<float> outputs{};               // [train, columns]
    std::vector<float> validation_outputs{};
  };

  void SetShape(const DataInfo& info, int64_t features) {
    features_ = features;
    classes_ = info.classes;
    columns_ = TreeColumns(info);
  }

  absl::Status LoadBoosters(const std::vector<const TreeSamples*>& samples,
                            const std::vector<std::string>& saved) {
    boosters_.clear();
    for (int64_t i = 0; i < columns_; ++i) {
      ASSIGN_OR_RETURN(auto booster, TreeBooster::Create(samples, parameters_));
      if (!saved.empty()) {
        RETURN_IF_ERROR(booster->Load(saved[static_cast<size_t>(i)]));
        for (const auto& parameter : parameters_) RETURN_IF_ERROR(booster->Set(parameter));
      }
      boosters_.push_back(std::move(booster));
    }
    return absl::OkStatus();
  }

  absl::Status LetGoOfSamples() {
    std::vector<std::string> saved;
    for (const auto& booster : boosters_) {
      ASSIGN_OR_RETURN(saved.emplace_back(), booster->Save());
    }
    return LoadBoosters({}, saved);
  }

  absl::Status Prepare(const std::vector<std::string>& earlier, Rounds& rounds) {
    const LearnerSet& set = rounds.set;
    const int threads = set.pool->threads();
    parameters_.push_back({"nthread", absl::StrCat(threads)});
    ASSIGN_OR_RETURN(rounds.train,
                     TreeSamples::Create(set.train.values, set.train.count, features_, threads));
    std::vector<const TreeSamples*> kept = {rounds.train.get()};
    if (set.validation.count > 0) {
      ASSIGN_OR_RETURN(
          rounds.validation,
          TreeSamples::Create(set.validation.values, set.validation.count, features_, threads));
      kept.push_back(rounds.validation.get());
    }
    RETURN_IF_ERROR(LoadBoosters(kept, earlier));
    rounds.outputs.resize(static_cast<size_t>(set.train.count * columns_));
    rounds.validation_outputs.resize(static_cast<size_t>(set.validation.count * columns_));
    return UpdateOutputs(rounds);
  }

  absl::Status UpdateOutputs(Rounds& rounds) const {
    for (int64_t column = 0; column < columns_; ++column) {
      const TreeBooster& booster = *boosters_[static_cast<size_t>(column)];
      if (done_ == 0) continue;  // xgboost knows no outputs of no trees: they are 0
      RETURN_IF_ERROR(booster.Outputs(*rounds.train, rounds.outputs.data() + column, columns_));
      if (rounds.validation == nullptr) continue;
      RETURN_IF_ERROR(
          booster.Outputs(*rounds.validation, rounds.validation_outputs.data() + column, columns_));
    }
    return absl::OkStatus();
  }

  absl::Status Boost(Rounds& rounds) {
    const bool stops_early = patience_ > 0 && rounds.validation != nullptr;
    while (done_ < rounds_ && !(stops_early && done_ - best_ >= patience_ && done_ > 0)) {
      RETURN_IF_ERROR(AddRound(rounds));
      LearnerStep step{done_, rounds_};
      const LearnerSet& set = rounds.set;
      const TreeLoss loss = MeasureOutputs(set.train, *set.info, rounds.outputs.data(), *set.pool);
      step.loss = loss.mean_loss;
      step.accuracy = loss.accuracy;
      best_ = stops_early ? best_ : done_;
      if (rounds.validation != nullptr) {
        step.validation_loss =
            MeasureOutputs(set.validation, *set.info, rounds.validation_outputs.data(), *set.pool)
                .mean_loss;
        const float now = static_cast<float>(step.validation_loss);
        if (stops_early && (best_ == 0 || now < best_loss_)) {
          best_ = done_;
          best_loss_ = now;
        }
      }
      rounds.run.Step(step);
    }
    if (stops_early && best_ < done_) {
      rounds.run.Note(absl::StrCat("stopped early: the validation loss was lowest after round ",
                                   best_, " of ", done_, ", whose trees are kept"));
    }
    return absl::OkStatus();
  }

  // All trees of a round follow the outputs before it. A round that is stopped leaves whole ones
  // only.
  absl::Status AddRound(Rounds& rounds) {
    const LearnerSet& set = rounds.set;
    std::vector<float> gradient(static_cast<size_t>(set.train.count));
    std::vector<float> curvature(gradient.size());
    for (int64_t column = 0; column < columns_; ++column) {
      if (rounds.run.Stopping()) return Undo(column);
      Derivatives(set.train, *set.info, rounds.outputs.data(), column, *set.pool, gradient,
                  curvature);
      TreeBooster& booster = *boosters_[static_cast<size_t>(column)];
      if (subsample_ < 1) LeaveOut(set.seed, gradient, curvature);
      RETURN_IF_ERROR(booster.AddTree(*rounds.train, gradient, curvature));
    }
    ++done_;
    return UpdateOutputs(rounds);
  }

  // Drops the trees of a round that was stopped, one for each of these columns.
  absl::Status Undo(int64_t columns) {
    for (int64_t column = 0; column < columns && done_ > 0; ++column)
      RETURN_IF_ERROR(boosters_[static_cast<size_t>(column)]->KeepTrees(done_));
    return Stopped();
  }

  // A sample that a tree does not see pulls at nothing. A round's own draws, whatever came before:
  // a resumed fit draws the same.
  void LeaveOut(uint64_t seed, std::vector<float>& gradient, std::vector<float>& curvature) const {
    const RandomStream stream(seed, RandomPurpose::kSubset, kDrawsItem);
    for (size_t i = 0; i < gradient.size(); ++i) {
      if (stream.Uniform(static_cast<uint64_t>(done_), i) < subsample_) continue;
      gradient[i] = curvature[i] = 0;
    }
  }

  const int64_t rounds_;
  const int64_t max_depth_;
  const int64_t max_bins_;
  const int64_t patience_;
  const float subsample_;
  std::vector<TreeBooster::Parameter> parameters_;
  int64_t features_ = 0;
  int64_t classes_ = 0;
  int64_t columns_ = 0;
  std::vector<std::unique_ptr<TreeBooster>> boosters_;  // one a column
  int64_t done_ = 0;                                    // rounds
  int64_t best_ = 0;                                    // rounds that predictions use
  float best_loss_ = 0;
  mutable int threads_ = 0;  // that the boosters were told of
};

}  // namespace

CatalogEntry<Learner> GradientBoostedTreesEntry() {
  return {
      Schema(kType,
             "Gradient-boosted decision trees (xgboost): each round adds a tree for each class "
             "or target that corrects the trees before it.")
          .Add(Integer("rounds", "Trees for each class or target.")
                   .Default(100)
                   .AtLeast(1)
                   .AtMost(static_cast<double>(kMostRounds)))
          .Add(Number("learning_rate", "Share of each tree's correction that is kept.")
                   .Default(0.3)
                   .Above(0)
                   .AtMost(1))
          .Add(Integer("max_depth", "Levels of a tree.").Default(6).AtLeast(1).AtMost(20))
          .Add(Number("min_child_weight", "Least sum of curvatures in a leaf.")
                   .Default(1.0)
                   .AtLeast(0)
                   .AtMost(1e9))
          .Add(Number("l2", "Penalty of the leaves' values.").Default(1.0).AtLeast(0).AtMost(1e9))
          .Add(Number("min_split_gain", "Least gain of a split.")
                   .Default(0.0)
                   .AtLeast(0)
                   .AtMost(1e9))
          .Add(Number("subsample", "Share of the samples that the trees of a round see.")
                   .Default(1.0)
                   .Above(0)
                   .AtMost(1))
          .Add(Integer("max_bins", "Values of a feature that a split tells apart.")
                   .Default(256)
                   .AtLeast(2)
                   .AtMost(4096))
          .Add(Integer("early_stopping_rounds",
                       "Ends where the validation loss has not improved for so many rounds, "
                       "and keeps the best; 0: never.")
                   .Default(0)
                   .AtLeast(0)
                   .AtMost(static_cast<double>(kMostRounds)))
          .Example("{type: gradient_boosted_trees, rounds: 20}"),
      [](const Params& params, Violations&) {
        return std::make_unique<GradientBoostedTrees>(params);
      }};
}

}  // namespace trainyard::learners
