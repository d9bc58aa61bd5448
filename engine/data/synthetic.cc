#include "engine/data/synthetic.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "absl/strings/str_cat.h"

namespace trainyard {
namespace {

constexpr int64_t kMostSamples = 100'000'000;
constexpr int64_t kMostValues = int64_t{1} << 30;
constexpr double kLargestSeed =
    9007199254740992.0;  // 2^53, the last exact integer of YAML's numbers
// A sample has 2^26 blocks of four words for each item.
constexpr int kBlockBits = 26;

double StandardNormalBelow(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

class SyntheticSource final : public DataSource {
 public:
  SyntheticSource(DataInfo info, SyntheticSizes sizes, DrawSample draw)
      : info_(std::move(info)), sizes_(sizes), draw_(std::move(draw)) {}

  absl::StatusOr<SourceDescription> Describe(const DataRoots&) const override {
    const int64_t values = sizes_.count() * info_.input_shape.elements();
    return SourceDescription{info_, sizes_.count(), sizes_.samples,
                             values * static_cast<int64_t>(sizeof(float))};
  }

  absl::StatusOr<std::string> Version(const DataRoots&) const override { return std::string(); }

  absl::StatusOr<Samples> Load(const DataRoots&) const override {
    const int64_t features = info_.input_shape.elements();
    const bool classification = info_.task == Task::kClassification;
    std::vector<float> values(static_cast<size_t>(sizes_.count() * features));
    std::vector<int32_t> labels(classification ? static_cast<size_t>(sizes_.count()) : 0);
    std::vector<float> targets(static_cast<size_t>(sizes_.count() * info_.targets));
    for (int64_t i = 0; i < sizes_.count(); ++i) {
      const SampleRandom random(sizes_, i);
      draw_(random, values.data() + i * features,
            classification ? &labels[static_cast<size_t>(i)] : nullptr,
            targets.data() + i * info_.targets);
    }
    Samples samples;
    samples.info = info_;
    samples.count = sizes_.count();
    samples.train_count = sizes_.samples;
    samples.features = SharedArray<float>(std::move(values));
    samples.labels = std::move(labels);
    samples.targets = std::move(targets);
    return samples;
  }

 private:
  const DataInfo info_;
  const SyntheticSizes sizes_;
  const DrawSample draw_;
};

}  // namespace

std::unique_ptr<DataSource> MakeSynthetic(DataInfo info, const SyntheticSizes& sizes,
                                          DrawSample draw) {
  return std::make_unique<SyntheticSource>(std::move(info), sizes, std::move(draw));
}

Schema WithSizes(Schema schema) {
  return std::move(schema)
      .Add(Integer("samples", "Number of training samples, before any split.")
               .Default(1000)
               .AtLeast(2)
               .AtMost(kMostSamples))
      .Add(Integer("test_samples", "Number of samples of its own test part.")
               .Default(0)
               .AtLeast(0)
               .AtMost(kMostSamples))
      .Add(Integer("seed", "Decides every sample.").Default(0).AtLeast(0).AtMost(kLargestSeed));
}

SyntheticSizes ReadSizes(const Params& params) {
  return {params.Int("samples"), params.Int("test_samples"),
          static_cast<uint64_t>(params.Int("seed"))};
}

bool CheckSize(const Params& params, int64_t features, Violations& violations) {
  int64_t values = 0;
  if (!__builtin_mul_overflow(ReadSizes(params).count(), features, &values) &&
      values <= kMostValues)
    return true;
  violations.Add(params.PathOf("samples"),
                 absl::StrCat(ReadSizes(params).count(), " samples of ", features,
                              " features are more than ", kMostValues, " values; ask for fewer"));
  return false;
}

SampleRandom::SampleRandom(const SyntheticSizes& sizes, int64_t sample)
    : seed_(sizes.seed),
      part_(sample < sizes.samples ? 0 : 1),
      number_(static_cast<uint64_t>(part_ == 0 ? sample : sample - sizes.samples)) {}

std::array<uint32_t, 4> SampleRandom::Words(Item item, int64_t block) const {
  const RandomStream stream(seed_, RandomPurpose::kSynthetic, item);
  return stream.Words(part_, number_ << kBlockBits | static_cast<uint64_t>(block));
}

void SampleRandom::Normals(Item item, int64_t count, float* out) const {
  // Box and Muller: two uniforms of 32 bits give two normals, a block of four words gives four.
  for (int64_t first = 0; first < count; first += 4) {
    const auto words = Words(item, first / 4);
    float normals[4];
    for (int pair = 0; pair < 2; ++pair) {
      const double radius =
          std::sqrt(-2 * std::log((static_cast<double>(words[2 * pair]) + 1) * 0x1p-32));
      const double angle =
          static_cast<double>(words[2 * pair + 1]) * (2 * std::numbers::pi * 0x1p-32);
      normals[2 * pair] = static_cast<float>(radius * std::cos(angle));
      normals[2 * pair + 1] = static_cast<float>(radius * std::sin(angle));
    }
    std::copy(normals, normals + std::min<int64_t>(4, count - first), out + first);
  }
}

void SampleRandom::Uniforms(Item item, int64_t count, float* out) const {
  for (int64_t first = 0; first < count; first += 4) {
    const auto words = Words(item, first / 4);
    for (int64_t i = first; i < std::min(count, first + 4); ++i) {
      out[i] = 2 * RandomStream::ToUniform(words[static_cast<size_t>(i - first)]) - 1;
    }
  }
}

float SampleRandom::Uniform(Item item) const { return RandomStream::ToUniform(Words(item, 0)[0]); }

uint64_t SampleRandom::Below(Item item, uint64_t bound) const {
  return uint64_t{Words(item, 0)[1]} * bound >> 32;
}

double SimplexBayesError(int64_t classes, double separation) {
  if (classes == 2) return StandardNormalBelow(-separation / 2);
  // The error 1 - Phi^(k-1) under the integral, so that small errors keep their digits; Simpson's
  // rule.
  constexpr int kIntervals = 4000;
  constexpr double kReach = 12;  // beyond it phi is below 1e-31
  const double gap = separation / std::numbers::sqrt2;
  const double step = 2 * kReach / kIntervals;
  double sum = 0;
  for (int i = 0; i <= kIntervals; ++i) {
    const double t = -kReach + i * step;
    const double density = std::exp(-t * t / 2) / std::sqrt(2 * std::numbers::pi);
    const double others_below =
        static_cast<double>(classes - 1) * std::log1p(-StandardNormalBelow(-(t + gap)));
    const double weight = i == 0 || i == kIntervals ? 1 : (i % 2 == 1 ? 4 : 2);
    sum += weight * density * -std::expm1(others_below);
  }
  return sum * step / 3;
}

double WithLabelNoise(double error, int64_t classes, double noise) {
  const double others = static_cast<double>(classes - 1);
  return error * (1 - noise) + (1 - error) * noise + error * noise * (others - 1) / others;
}

int32_t NoisyLabel(const SampleRandom& random, int64_t label, int64_t classes, double noise) {
  if (!(random.Uniform(SampleRandom::kLabelNoise) < noise)) return static_cast<int32_t>(label);
  const int64_t step = 1 + static_cast<int64_t>(random.Below(SampleRandom::kLabelNoise,
                                                             static_cast<uint64_t>(classes - 1)));
  return static_cast<int32_t>((label + step) % classes);
}

}  // namespace trainyard
